package lib.agent.process;

import module java.base;
import lib.core.Environment;
import lib.core.os.ProcFs;
import lib.core.os.SystemCalls;

/**
 * The lock by which the workers of a machine, also of different users, keep one writer per directory: {@code flock} on the
 * directory itself, opened for reading. A supervisor holds it for its agent's life, so it stays held when the worker dies. It
 * leaves no file behind. Asking takes some microseconds; a directory on a mount that hangs makes it hang. Thread-safe.
 *
 * @param program flock of util-linux; empty where the machine has none
 */
public record DirectoryLock(Optional<Path> program) {
  private static final int SHARED = 1;
  private static final int EXCLUSIVE = 2;
  private static final int AT_ONCE = 4;
  private static final Path TABLE = Path.of("/proc/locks");
  private static final int GAVE_UP = 75; // EX_TEMPFAIL of sysexits(3)

  /** The lock with the {@code flock} of this environment's path. */
  public static DirectoryLock of(Environment env) {
    return new DirectoryLock(env.program("flock").filter(path -> !Supervisor.isBusybox(path)));
  }

  /**
   * Whether another process holds a directory, whichever user's.
   *
   * @return false where nothing can be locked
   */
  public boolean isHeld(Path directory) {
    return !canLock(directory, SHARED) && holder(directory).isPresent();
  }

  /** Which of these directories others hold. */
  public Set<Path> held(Collection<Path> directories) {
    var held = new HashSet<>(directories);
    held.removeIf(directory -> !isHeld(directory));
    return held;
  }

  /**
   * The process that holds a directory, for people: the supervisor of an agent. Empty when nobody holds it, and where the system
   * does not tell. The kernel takes some 15 ms for this table.
   */
  public OptionalLong holder(Path directory) {
    try {
      var inode = ":" + Files.getAttribute(directory, "unix:ino");
      return ProcFs.read(TABLE).lines().map(line -> line.strip().split("\\s+"))
          .filter(row -> row.length > 5 && row[1].equals("FLOCK") && row[5].endsWith(inode))
          .mapToLong(row -> Long.parseLong(row[4])).findFirst();
    } catch (IOException | UnsupportedOperationException e) {
      return OptionalLong.empty();
    }
  }

  /** Why workers do not see each other's agents in this directory, so that only this worker's own order holds; empty when they do. */
  public Optional<String> weakness(Path directory) {
    return program.isEmpty() ? Optional.of("this machine has no flock of util-linux")
        : canLock(directory, EXCLUSIVE) || holder(directory).isPresent() ? Optional.empty()
        : Optional.of("the file system of " + directory + " locks no directories");
  }

  /** The words before a command that has it hold the directory from its start; empty when nothing can be locked. */
  List<String> command(Path directory, Duration patience) {
    return directory == null || weakness(directory).isPresent() ? List.of() : List.of(program.orElseThrow().toString(), "--no-fork",
        "--timeout", Long.toString(Math.max(1, patience.toSeconds())), "--conflict-exit-code", Integer.toString(GAVE_UP),
        directory.toString());
  }

  /** Whether a supervisor that ended so has waited in vain for the directory. */
  static boolean gaveUp(int exitCode) {
    return exitCode == GAVE_UP;
  }

  private static boolean canLock(Path directory, int kind) {
    var file = SystemCalls.open(directory);
    if (file < 0) {
      return false;
    }
    try {
      return SystemCalls.flock(file, kind | AT_ONCE) == 0;
    } finally {
      SystemCalls.close(file); // which gives it back
    }
  }
}
