package scripts.measure;

import module java.base;
import lib.client.ApiClient;
import lib.protocol.Claim;
import lib.protocol.NewTask;
import lib.protocol.Registration;
import lib.protocol.TaskReport;
import lib.protocol.TaskStatus;

/** Lines per second of one task's output. */
public final class OutputThroughput {
  private final Testbed bed;
  private final ApiClient client;
  private final int lines;
  private final int floods;

  public OutputThroughput(Testbed bed) {
    this.bed = bed;
    this.client = bed.client();
    this.lines = bed.size(4_000_000, 50_000);
    this.floods = bed.size(4, 2); // the first is a warm-up, and the median of an odd number is a measured value
  }

  public void run() throws Exception {
    var folder = bed.folder("output-code");
    var agent = bed.agent("#!/bin/sh\ncat >/dev/null\nseq -f 'line %.0f of a flood of output' " + lines + "\n");
    var worker = bed.worker(bed.url(), "state-output", "-b", "code:" + folder, "--agent-bin", agent.toString());
    var codebase = bed.awaitCodebase(folder);
    var ours = new ArrayList<Double>();
    var floor = new ArrayList<Double>();
    for (var i = 0; i < floods; i++) {
      var id = bed.complete(new NewTask(codebase, "flood", "x", "build", 0, null, null));
      var row = client.task(id).raw();
      var took = Duration.between(Testbed.time(row.path("started_at")), Testbed.time(row.path("completed_at")));
      ours.add(lines / (took.toNanos() / 1e9));
      floor.add(lines / bareOutput(chunks(id)));
    }
    bed.stop(worker);
    bed.figure("lines of one task's output per second", Testbed.median(ours.subList(1, floods)), Testbed.median(floor.subList(1, floods)),
        ">=", 0.7);
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
    var codebase = client.registerCodebase("bare2", bed.file("bare2").toString(), "", "bare2").id(); // so that no worker takes it
    var bare = client.create(new NewTask(codebase, "bare", "x", "build", 0, null, null));
    var won = (Claim.Won) client.claim(bare.id(), "bare2");
    var begin = System.nanoTime();
    for (var i = 0; i < chunks.size(); i++) {
      client.output(bare.id(), "bare2", chunks.get(i), Instant.now(), won.attempt(), i + 1);
    }
    var took = (System.nanoTime() - begin) / 1e9;
    var report = new TaskReport(bare.id(), "bare2", TaskStatus.COMPLETED, null, "x", null, won.attempt());
    client.status(report);
    client.release(report);
    client.unregister("bare2");
    return took;
  }
}
