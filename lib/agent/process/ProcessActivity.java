package lib.agent.process;

import module java.base;
import lib.core.os.ProcFs;

/**
 * What an agent's processes have used up to a moment. Two of these tell whether they did something in between that is
 * worth the name: a loop that only waits does not count.
 *
 * @param processes by process id
 * @param connected whether one of them has a TCP connection to a process that is none of them
 */
public record ProcessActivity(Map<Long, Used> processes, boolean connected) {
  /**
   * Of one core. Measured: an OpenCode that waits to try again uses 0.5 %, a shell that starts {@code sleep} twenty times a
   * second 2 %; a compiler, a test or a search takes a whole core.
   */
  private static final double LEAST_CPU = 0.05;
  /** Of reads and writes, to programs and terminals too. Measured as above: 12 KB and 135 KB a second; a copy moves megabytes. */
  private static final long LEAST_BYTES = 256 << 10;
  private static final double TICKS = 100; // a second, in whatever Linux tells to programs

  private static final Pattern SOCKET = Pattern.compile("socket:\\[(\\d+)]");
  private static final String ESTABLISHED = "01";
  private static final String IPV4_IN_IPV6 = "0000000000000000FFFF0000"; // as /proc/net/tcp6 writes ::ffff:0:0

  /**
   * What one process and its ended children have used.
   *
   * @param ticks of CPU time
   * @param bytes read and written; 0 where that is not ours to see
   */
  public record Used(long ticks, long bytes) {}

  /** What could not be looked at: it is taken for activity, since nobody is ended for what he was not seen to do. */
  public static final ProcessActivity UNSEEN = new ProcessActivity(Map.of(), true);

  /**
   * Looks at these processes; {@link #UNSEEN} on systems without {@code /proc}.
   *
   * @param pids those of one attempt
   */
  public static ProcessActivity of(Set<Long> pids) {
    if (!ProcFs.exists()) {
      return UNSEEN;
    }
    var processes = new HashMap<Long, Used>();
    var sockets = new HashSet<String>();
    for (var pid : pids) {
      ProcFs.stat(pid).ifPresent(stat -> {
        processes.put(pid, new Used(stat.ticks(), bytes(ProcFs.read(ProcFs.of(pid).resolve("io")))));
        sockets(ProcFs.of(pid).resolve("fd"), sockets);
      });
    }
    return new ProcessActivity(processes, !sockets.isEmpty() && connected(pids, sockets));
  }

  /** Whether they did something since, in so much time. */
  public boolean differs(ProcessActivity before, Duration between) {
    var ticks = 0L;
    var bytes = 0L;
    for (var process : processes.entrySet()) {
      var was = before.processes.getOrDefault(process.getKey(), new Used(0, 0));
      ticks += Math.max(0, process.getValue().ticks - was.ticks);
      bytes += Math.max(0, process.getValue().bytes - was.bytes);
    }
    var seconds = between.toNanos() / 1e9;
    return connected || ticks / TICKS >= LEAST_CPU * seconds || bytes >= LEAST_BYTES * seconds;
  }

  private static long bytes(String io) {
    return io.lines().filter(line -> line.startsWith("rchar: ") || line.startsWith("wchar: "))
        .mapToLong(line -> Long.parseLong(line.substring(7).strip())).sum();
  }

  private static void sockets(Path fds, Set<String> found) {
    try (var all = Files.newDirectoryStream(fds)) {
      for (var fd : all) {
        var socket = SOCKET.matcher(Files.readSymbolicLink(fd).toString());
        if (socket.matches()) {
          found.add(socket.group(1));
        }
      }
    } catch (IOException | DirectoryIteratorException e) {
      return; // another user's process, or one that ended, or closed something, while we looked
    }
  }

  /** A connection between two of the processes does not count: both ends may wait for each other for ever. */
  private static boolean connected(Set<Long> pids, Set<String> sockets) {
    var networks = new HashSet<String>();
    var ends = new HashSet<String>();
    for (var pid : pids) {
      var proc = ProcFs.of(pid);
      if (networks.add(link(proc.resolve("ns/net")))) { // most share one, and its table can be long
        for (var table : new String[] {"net/tcp", "net/tcp6"}) {
          ProcFs.read(proc.resolve(table)).lines().map(line -> line.strip().split("\\s+"))
              .filter(row -> row.length > 9 && row[3].equals(ESTABLISHED) && sockets.contains(row[9]))
              .forEach(row -> ends.add(end(row[1]) + " " + end(row[2])));
        }
      }
    }
    return ends.stream().anyMatch(end -> !ends.contains(end.substring(end.indexOf(' ') + 1) + " " + end.substring(0, end.indexOf(' '))));
  }

  private static String end(String address) {
    return address.startsWith(IPV4_IN_IPV6) ? address.substring(IPV4_IN_IPV6.length()) : address;
  }

  private static String link(Path link) {
    try {
      return Files.readSymbolicLink(link).toString();
    } catch (IOException e) {
      return ""; // it ended while we looked, or this is not ours to see
    }
  }
}
