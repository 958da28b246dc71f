package scripts.measure;

import java.nio.file.Files;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import lib.wire.Claim;
import lib.wire.Client;
import lib.wire.NewTask;
import lib.wire.Registration;
import lib.wire.Report;
import lib.wire.TaskStatus;

/** Lines per second of one task's output. */
public final class Floods {
  private static final int LINES = 4_000_000;
  private static final int FLOODS = 4; // the first is a warm-up, and the median of an odd number is a measured value

  private final Rig rig;
  private final Client client;

  public Floods(Rig rig) {
    this.rig = rig;
    this.client = rig.client();
  }

  public void run() throws Exception {
    var folder = Files.createDirectories(rig.file("code"));
    var agent = rig.agent("#!/bin/sh\ncat >/dev/null\nseq -f 'line %.0f of a flood of output' " + LINES + "\n");
    var worker = rig.worker("-b", "code:" + folder, "--agent-bin", agent.toString());
    var codebase = rig.awaitCodebase(folder);
    var ours = new ArrayList<Double>();
    var floor = new ArrayList<Double>();
    for (var i = 0; i < FLOODS; i++) {
      var task = client.create(new NewTask(codebase, "flood", "x", "build", 0, null, null));
      Rig.await("the end", () -> client.task(task.id()).status().terminal());
      var row = client.task(task.id()).raw();
      var took = Duration.between(Instant.parse(Rig.iso(row.path("started_at").asText())),
          Instant.parse(Rig.iso(row.path("completed_at").asText())));
      ours.add(LINES / (took.toNanos() / 1e9));
      floor.add(LINES / bareOutput(chunks(task.id())));
    }
    rig.stop(worker);
    rig.figure("lines of one task's output per second", Rig.median(ours.subList(1, FLOODS)), Rig.median(floor.subList(1, FLOODS)),
        "higher", 0.7);
  }

  private List<String> chunks(String task) throws Exception {
    var chunks = new ArrayList<String>();
    for (var page = client.output(task, 0); !page.chunks().isEmpty(); page = client.output(task, chunks.size())) {
      chunks.addAll(page.chunks());
    }
    return chunks;
  }

  /** Seconds that it takes to send the same chunks one after the other. */
  private double bareOutput(List<String> chunks) throws Exception {
    client.register(new Registration("bare2", "bare2", List.of(), "bench", List.of(), null));
    var codebase = client.registerCodebase("bare2", rig.file("bare2").toString(), "", "bare2").id(); // so that no worker takes it
    var bare = client.create(new NewTask(codebase, "bare", "x", "build", 0, null, null));
    var won = (Claim.Won) client.claim(bare.id(), "bare2");
    var begin = System.nanoTime();
    for (var i = 0; i < chunks.size(); i++) {
      client.output(bare.id(), "bare2", chunks.get(i), Instant.now(), won.attempt(), i + 1);
    }
    var took = (System.nanoTime() - begin) / 1e9;
    var report = new Report(bare.id(), "bare2", TaskStatus.COMPLETED, null, "x", null, won.attempt());
    client.status(report);
    client.release(report);
    client.unregister("bare2");
    return took;
  }
}
