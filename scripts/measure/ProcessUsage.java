package scripts.measure;

import module java.base;

/**
 * What a process holds, and has used since its start.
 *
 * @param rss resident memory, MB
 * @param anonymous the part of it that no file backs, MB
 * @param files open file handles
 * @param cpu seconds of the process and of the children that it has waited for
 */
public record ProcessUsage(double rss, double anonymous, long threads, long files, double cpu) {
  private static final double TICK = 100; // ticks of the process clock per second, on every Linux

  public static ProcessUsage of(Process process) throws IOException {
    var proc = Path.of("/proc/" + process.pid());
    var stat = Files.readString(proc.resolve("stat"));
    var fields = stat.substring(stat.lastIndexOf(')') + 2).split(" ");
    var ticks = 0L;
    for (var i = 11; i < 15; i++) { // utime, stime, cutime, cstime
      ticks += Long.parseLong(fields[i]);
    }
    try (var files = Files.list(proc.resolve("fd"))) {
      return new ProcessUsage(field(proc, "VmRSS") / 1024.0, field(proc, "RssAnon") / 1024.0, field(proc, "Threads"), files.count(),
          ticks / TICK);
    }
  }

  private static long field(Path proc, String name) throws IOException {
    return Files.readAllLines(proc.resolve("status")).stream().filter(l -> l.startsWith(name + ":"))
        .mapToLong(l -> Long.parseLong(l.replaceAll("\\D", ""))).findFirst().orElse(0);
  }
}
