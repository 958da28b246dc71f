package lib.agent.process;

import module java.base;
import lib.core.os.ProcFs;
import lib.core.os.SystemCalls;

/**
 * Processes whose own parent has ended, and which became this process's children: it is their subreaper, or the machine's first
 * process. Java waits for the children that it started itself, so those are known here and left alone. The state is the
 * kernel's, one per process of the machine, hence static. Thread-safe.
 */
public final class Orphans {
  private static final long SELF = ProcessHandle.current().pid();
  private static final Map<Long, Process> OWN = new ConcurrentHashMap<>();
  private static volatile boolean adopting;

  private Orphans() {}

  /** From now on every orphan among this process's descendants becomes its child. False where the system cannot do that. */
  public static boolean adopt() {
    adopting = SystemCalls.becomeSubreaper() == 0 || SELF == 1;
    return adopting;
  }

  /** Starts a process that is not mistaken for an orphan. */
  public static Process spawn(ProcessBuilder builder) throws IOException {
    synchronized (OWN) { // a child that is not noted yet would look like an orphan
      OWN.values().removeIf(process -> !process.isAlive());
      var process = builder.start();
      OWN.put(process.pid(), process);
      return process;
    }
  }

  /** Whether this process started a process that has ended or will be noticed when it ends. */
  static boolean hasStarted(long pid) {
    return OWN.containsKey(pid);
  }

  /** Whether every process that loses its parent is found here. */
  static boolean isAdopting() {
    return adopting;
  }

  /**
   * The orphans that live. Those that have ended are removed from the kernel's table.
   *
   * @throws IOException when the machine's processes cannot be listed
   */
  static Set<Long> living() throws IOException {
    if (!adopting) {
      return Set.of();
    }
    synchronized (OWN) {
      while (true) {
        var orphans = children().stream().filter(pid -> !OWN.containsKey(pid)).flatMap(pid -> ProcFs.stat(pid).stream())
            .filter(stat -> stat.parent() == SELF).toList();
        var living = orphans.stream().filter(stat -> !isReaped(stat)).map(ProcFs.Stat::pid).collect(Collectors.toSet());
        if (living.size() == orphans.size()) { // one that ended since the list was made may have left another one
          return living;
        }
      }
    }
  }

  /** The kernel gives orphans to a process's first thread; Java starts processes on other threads. */
  private static Set<Long> children() throws IOException {
    var list = ProcFs.of(SELF).resolve("task/" + SELF + "/children");
    return Files.exists(list) ? Stream.of(ProcFs.read(list).strip().split(" ")).filter(word -> !word.isEmpty())
        .map(Long::parseLong).collect(Collectors.toSet())
        : ProcFs.all().stream().filter(stat -> stat.parent() == SELF).map(ProcFs.Stat::pid).collect(Collectors.toSet());
  }

  private static boolean isReaped(ProcFs.Stat stat) {
    return stat.isZombie() && SystemCalls.reap(stat.pid()) == stat.pid();
  }
}
