///usr/bin/env jbang "$0" "$@" ; exit $?
//SOURCES measure/*.java
//SOURCES ../lib/**.java
//SOURCES ../worker.java
package scripts;

import module java.base;
import scripts.measure.CommandLatency;
import scripts.measure.OutputThroughput;
import scripts.measure.QueueGrowth;
import scripts.measure.RecoveryTime;
import scripts.measure.RedactionThroughput;
import scripts.measure.SessionSyncTime;
import scripts.measure.TaskLatency;
import scripts.measure.TaskThroughput;
import scripts.measure.Testbed;
import scripts.measure.WorkerUsage;

/**
 * Measures the worker against what the machine allows: {@code ./jbang scripts/bench.java [--quick] [row …]}. Each figure stands beside
 * its floor, measured in the same run by a bare client that makes the same calls and syncs, so the ratios hold on any machine.
 * {@code --quick} runs the rows in a short form, whose figures mean nothing, to see that they work. Exit 1 when a row cannot be measured.
 */
public final class bench {
  private static final List<String> ROWS = List.of("starts", "v16", "output", "noops", "settling", "idle", "commands", "masks", "sync", "growth", "claims");
  private static final String LONG_ROW = "soak"; // ten minutes, so only on request
  private static final int LOG_TAIL = 20; // lines of each log that explain a failure

  private bench() {}

  public static void main(String[] args) throws Exception {
    var rows = new ArrayList<>(List.of(args));
    var quick = rows.remove("--quick");
    for (var row : rows) {
      if (!ROWS.contains(row) && !row.equals(LONG_ROW)) {
        System.err.println(row + " is no row: use --quick, " + String.join(", ", ROWS) + ", " + LONG_ROW);
        System.exit(2);
      }
    }
    System.out.printf("machine: %d cores, load %s, Java %s, %s%n", Runtime.getRuntime().availableProcessors(),
        first("/proc/loadavg", "").split(" ")[0], System.getProperty("java.version"), first("/proc/cpuinfo", "model name"));
    try (var bed = new Testbed(System.out, quick)) {
      for (var row : rows.isEmpty() ? ROWS : rows) {
        try {
          measure(row, bed);
        } catch (Exception e) {
          printLogs(bed);
          throw new IllegalStateException("the row " + row + " cannot be measured: " + e.getMessage(), e);
        }
      }
    }
  }

  private static void measure(String row, Testbed bed) throws Exception {
    switch (row) {
      case "starts" -> new TaskLatency(bed).own();
      case "v16" -> new TaskLatency(bed).v16();
      case "output" -> new OutputThroughput(bed).run();
      case "noops" -> new TaskThroughput(bed).run();
      case "settling" -> new RecoveryTime(bed).run();
      case "idle" -> new WorkerUsage(bed).idle();
      case "commands" -> new CommandLatency(bed).run();
      case "masks" -> new RedactionThroughput(bed).run();
      case "growth" -> new QueueGrowth(bed).calls();
      case "claims" -> new QueueGrowth(bed).claims();
      case "sync" -> new SessionSyncTime(bed).run();
      default -> new WorkerUsage(bed).soak();
    }
  }

  private static void printLogs(Testbed bed) throws IOException {
    try (var files = Files.list(bed.file("."))) {
      for (var file : files.filter(f -> f.toString().endsWith(".log")).sorted().toList()) {
        var lines = Files.readAllLines(file);
        System.err.println("--- " + file.normalize());
        lines.subList(Math.max(0, lines.size() - LOG_TAIL), lines.size()).forEach(System.err::println);
      }
    }
  }

  /** The value of the first line of a system file that begins so; empty on other systems. */
  private static String first(String file, String begin) throws IOException {
    return !Files.exists(Path.of(file)) ? "" : Files.readAllLines(Path.of(file)).stream().filter(l -> l.startsWith(begin)).findFirst()
        .map(l -> l.replaceFirst("^" + begin + "\\s*:?\\s*", "")).orElse("");
  }
}
