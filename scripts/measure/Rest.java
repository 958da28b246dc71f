package scripts.measure;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/** What the worker costs at rest, and how soon its commands answer. */
public final class Rest {
  private static final Duration REST = Duration.ofSeconds(10); // the figure is of rest, so there must be some

  private final Rig rig;

  public Rest(Rig rig) {
    this.rig = rig;
  }

  public void run() throws Exception {
    var worker = rig.worker();
    Rig.await("the worker", () -> Files.readString(rig.file("worker.log")).contains("stream open"));
    Thread.sleep(REST);
    rig.out().printf(Locale.ROOT, "idle RSS, MB: worker %.0f, server %.0f%n", rss(worker), rss(rig.server()));
    rig.stop(worker);
  }

  private static double rss(Process process) throws IOException {
    return Files.readAllLines(Path.of("/proc/" + process.pid() + "/status")).stream().filter(l -> l.startsWith("VmRSS"))
        .mapToDouble(l -> Double.parseDouble(l.replaceAll("\\D", "")) / 1024).findFirst().orElse(0);
  }

  public void commands() throws Exception {
    for (var arguments : List.of(List.of("--version"), List.of("--help"), List.of("config", "show"),
        List.of("tasks", "list", "--server", rig.url()), List.of("serve", "--port", "0", "--data", rig.file("data2").toString()))) {
      var times = new ArrayList<Double>();
      for (var i = 0; i < 5; i++) {
        var command = rig.command(arguments.toArray(String[]::new));
        var begin = System.nanoTime();
        var process = new ProcessBuilder(command).redirectError(ProcessBuilder.Redirect.DISCARD).start();
        process.getInputStream().read();
        times.add((System.nanoTime() - begin) / 1e6);
        rig.stop(process);
      }
      rig.out().printf(Locale.ROOT, "first byte of '%s', ms: %.0f%n",
          String.join(" ", arguments.subList(0, Math.min(2, arguments.size()))), Rig.median(times));
    }
  }
}
