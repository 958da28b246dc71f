package scripts.measure;

import module java.base;

/** How soon commands answer: from the start of the JVM to the first byte that they print. */
public final class CommandLatency {
  private final Testbed bed;

  public CommandLatency(Testbed bed) {
    this.bed = bed;
  }

  public void run() throws Exception {
    var list = List.of("tasks", "list", "--server", bed.url().toString());
    var serve = List.of("serve", "--port", "0", "--data", bed.file("data2").toString());
    for (var arguments : List.of(List.of("--version"), List.of("--help"), List.of("config", "show"), list, serve)) {
      var times = new ArrayList<Double>();
      for (var i = 0; i < bed.size(5, 1); i++) {
        var begin = System.nanoTime();
        var process = bed.start(null, "worker", arguments.toArray(String[]::new));
        process.getInputStream().read();
        times.add((System.nanoTime() - begin) / 1e6);
        bed.stop(process);
      }
      var command = String.join(" ", arguments.subList(0, Math.min(2, arguments.size())));
      bed.print("first byte of '%s', ms: %.0f", command, Testbed.median(times));
    }
  }
}
