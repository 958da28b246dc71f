package lib.core.os;

import module java.base;

/**
 * The few calls of the C library that Java lacks. The first call costs some 60 ms and 6 MB, so commands make none. Every
 * method returns what the call returns, -1 when it fails or when the system has no such call. Thread-safe.
 */
public final class SystemCalls {
  private static final int PR_SET_CHILD_SUBREAPER = 36;
  private static final int WNOHANG = 1;
  private static final int O_RDONLY = 0;

  // one shape for all, since each new shape costs memory: a register holds an int as well as a long
  private static final FunctionDescriptor SHAPE = FunctionDescriptor.of(ValueLayout.JAVA_LONG, ValueLayout.JAVA_LONG,
      ValueLayout.JAVA_LONG, ValueLayout.JAVA_LONG);

  private SystemCalls() {}

  /** The functions, found when the first of them is called. */
  private static final class Functions {
    private static final Optional<MethodHandle> KILL = find("kill");
    private static final Optional<MethodHandle> PRCTL = find("prctl");
    private static final Optional<MethodHandle> WAITPID = find("waitpid");
    private static final Optional<MethodHandle> OPEN = find("open");
    private static final Optional<MethodHandle> FLOCK = find("flock");
    private static final Optional<MethodHandle> CLOSE = find("close");

    private static Optional<MethodHandle> find(String name) {
      return Linker.nativeLinker().defaultLookup().find(name).map(function -> Linker.nativeLinker().downcallHandle(function, SHAPE));
    }
  }

  /** Sends a signal to a process, or to the group of a negated id. */
  public static int kill(long pid, int signal) {
    return call(Functions.KILL, pid, signal, 0);
  }

  /** Makes this process the parent of every descendant whose own parent ends. Linux only. */
  public static int becomeSubreaper() {
    return call(Functions.PRCTL, PR_SET_CHILD_SUBREAPER, 1, 0);
  }

  /** Removes the entry of a child that has ended; never waits. Java waits for the children that it started itself. */
  public static int reap(long pid) {
    return call(Functions.WAITPID, pid, 0, WNOHANG);
  }

  /** Opens a file or a directory for reading. */
  public static int open(Path path) {
    try (var arena = Arena.ofConfined()) {
      return call(Functions.OPEN, arena.allocateFrom(path.toString()).address(), O_RDONLY, 0);
    }
  }

  /** Locks or unlocks an open file; see flock(2). */
  public static int flock(int file, int operation) {
    return call(Functions.FLOCK, file, operation, 0);
  }

  /** Closes an open file. */
  public static int close(int file) {
    return call(Functions.CLOSE, file, 0, 0);
  }

  private static int call(Optional<MethodHandle> function, long first, long second, long third) {
    if (function.isEmpty()) {
      return -1;
    }
    try {
      return (int) (long) function.get().invokeExact(first, second, third);
    } catch (Throwable e) { // a call of the C library throws nothing
      throw new IllegalStateException(e);
    }
  }
}
