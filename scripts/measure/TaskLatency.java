package scripts.measure;

import module java.base;
import lib.protocol.NewTask;

/** How long a short task takes to start and to settle, and its CPU, by turns with a {@link BareWorker}. */
public final class TaskLatency {
  private static final int RECORDS_BEFORE = 4; // before an agent of our own server's: intent, claim, prompt, description

  private final Testbed bed;
  private final int tasks;
  private final int warmUp;
  private final List<Double> starts = new ArrayList<>();
  private final List<Double> bareStarts = new ArrayList<>();

  public TaskLatency(Testbed bed) {
    this.bed = bed;
    this.tasks = bed.size(51, 1); // odd, so that the median is a measured value
    this.warmUp = bed.size(50, 1); // a daemon is not measured while it is still being compiled
  }

  /** With the embedded server. */
  public void own() throws Exception {
    var folder = bed.folder("own-code");
    var bareFolder = bed.folder("own-bare");
    var agent = stampingAgent();
    var worker = bed.worker(bed.url(), "state-own", "-b", "code:" + folder, "--agent-bin", agent.toString());
    var bare = bed.start("bare", BareWorker.class.getName(), bed.url().toString(), bareFolder.toString(), agent.toString(),
        Integer.toString(RECORDS_BEFORE));
    var codebase = bed.awaitCodebase(folder);
    var bareCodebase = bed.awaitCodebase(bareFolder);
    for (var i = -warmUp; i < tasks; i++) { // by turns, so that both see the same machine
      var times = List.of(start(codebase), start(bareCodebase));
      if (i >= 0) {
        starts.add(times.getFirst());
        bareStarts.add(times.getLast());
      }
    }
    bed.stop(worker);
    bed.stop(bare);
    bed.figure("task created -> agent started, ms", Testbed.median(starts), Testbed.median(bareStarts), "<=", 1.5);
  }

  private double start(String codebase) throws Exception {
    var created = Instant.now();
    bed.complete(new NewTask(codebase, "start", "x", "build", 0, null, null));
    return stamp(0) - millis(created);
  }

  /** With a server that behaves like V16. */
  public void v16() throws Exception {
    var ends = new ArrayList<Double>();
    var bareEnds = new ArrayList<Double>();
    var folder = bed.folder("v16-code");
    var bareFolder = bed.folder("v16-bare");
    var agent = stampingAgent();
    try (var server = new V16Server()) {
      var worker = bed.worker(server.url(), "state-v16", "-b", "code:" + folder, "--agent-bin", agent.toString());
      var bare = bed.start("bare", BareWorker.class.getName(), server.url().toString(), bareFolder.toString(), agent.toString(), "1");
      bed.await("both workers", () -> server.codebase(folder) != null && server.codebase(bareFolder) != null);
      var codebase = server.codebase(folder);
      var bareCodebase = server.codebase(bareFolder);
      var cpu = 0.0;
      var bareCpu = 0.0;
      for (var i = -warmUp; i < tasks; i++) {
        if (i == 0) {
          cpu = ProcessUsage.of(worker).cpu();
          bareCpu = ProcessUsage.of(bare).cpu();
        }
        var times = server.run(codebase);
        var start = stamp(0) - millis(times.created());
        var end = millis(times.settled()) - stamp(1);
        var bareTimes = server.run(bareCodebase);
        if (i >= 0) {
          starts.add(start);
          ends.add(end);
          bareStarts.add(stamp(0) - millis(bareTimes.created()));
          bareEnds.add(millis(bareTimes.settled()) - stamp(1));
        }
      }
      cpu = ProcessUsage.of(worker).cpu() - cpu;
      bareCpu = ProcessUsage.of(bare).cpu() - bareCpu;
      bed.stop(worker);
      bed.stop(bare);
      bed.figure("V16: task created -> agent started, ms", Testbed.median(starts), Testbed.median(bareStarts), "<=", 1.2);
      bed.figure("V16: agent ended -> task settled, ms", Testbed.median(ends), Testbed.median(bareEnds), "<=", 1.3);
      bed.figure("V16: CPU of a short task, worker and supervisor, ms", cpu / tasks * 1000, bareCpu / tasks * 1000, "<=", 1.5);
    }
  }

  /** An agent that stamps when it starts and when it ends, and starts no other program for it. */
  private Path stampingAgent() throws Exception {
    return bed.agent("""
        #!/bin/bash
        start=${EPOCHREALTIME//[!0-9]/}
        echo done
        echo "$start ${EPOCHREALTIME//[!0-9]/}" >%s
        """.formatted(bed.file("stamp")));
  }

  /** The last agent's start (0) or end (1), in ms since 1970. */
  private double stamp(int which) throws Exception {
    return Long.parseLong(Files.readString(bed.file("stamp")).strip().split(" ")[which]) / 1000.0;
  }

  private static double millis(Instant time) {
    return time.getEpochSecond() * 1000.0 + time.getNano() / 1e6;
  }
}
