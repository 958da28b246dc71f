package scripts.measure;

import module java.base;
import lib.client.ApiClient;
import lib.protocol.NewTask;
import lib.protocol.TaskStatus;

/** What a worker holds and uses at rest: after a few tasks, and after many. */
public final class WorkerUsage {
  private static final int LANES = 8;
  private static final double IDLE_RSS = 80; // MB
  private static final double IDLE_CPU = 0.1; // percent of one core

  private final Testbed bed;

  public WorkerUsage(Testbed bed) {
    this.bed = bed;
  }

  /** A JVM that does nothing but keep one connection open: the floor of any daemon in Java. */
  public static final class OpenConnection {
    private OpenConnection() {}

    public static void main(String[] args) throws IOException {
      try (var socket = new Socket(args[0], Integer.parseInt(args[1]))) {
        socket.getOutputStream().write(("GET /v1/worker/tasks/stream?worker_id=floor&agent_name=floor HTTP/1.1\r\nHost: " + args[0]
            + "\r\n\r\n").getBytes(StandardCharsets.US_ASCII));
        var buffer = new byte[1024];
        while (socket.getInputStream().read(buffer) >= 0) {
          // what comes means nothing here
        }
      }
    }
  }

  /** A worker at rest with a server that behaves like V16, after five tasks. */
  public void idle() throws Exception {
    var quiet = Duration.ofSeconds(bed.size(60, 1)); // the daemon's last work after a task is done by then
    var rest = Duration.ofSeconds(bed.size(120, 2)); // eight heartbeats and four polls
    var folder = bed.folder("idle-code");
    try (var server = new V16Server()) {
      var worker = bed.worker(server.url(), "state-idle", "-b", "code:" + folder, "--agent-bin",
          bed.agent("#!/bin/sh\ncat >/dev/null\necho done\n").toString());
      var floor = bed.start("floor", OpenConnection.class.getName(), server.url().getHost(), Integer.toString(server.url().getPort()));
      bed.await("the worker", () -> server.codebase(folder) != null);
      for (var i = 0; i < 5; i++) {
        server.run(server.codebase(folder));
      }
      Thread.sleep(quiet);
      var before = ProcessUsage.of(worker);
      var floorBefore = ProcessUsage.of(floor);
      Thread.sleep(rest);
      var after = ProcessUsage.of(worker);
      var floorAfter = ProcessUsage.of(floor);
      target("idle RSS, MB", after.rss(), floorAfter.rss(), IDLE_RSS);
      bed.print("idle anonymous memory, MB: %.1f, floor %.1f; threads: %d, floor %d", after.anonymous(), floorAfter.anonymous(),
          after.threads(), floorAfter.threads());
      target("idle CPU, % of one core", percent(before, after, rest), percent(floorBefore, floorAfter, rest), IDLE_CPU);
      bed.print("RSS of the embedded server, MB: %.1f", ProcessUsage.of(bed.server()).rss());
      bed.stop(worker);
      bed.kill(floor);
    }
  }

  private void target(String name, double ours, double floor, double target) {
    bed.print("%s: %.2f, floor %.2f (target <= %.1f: %s)", name, ours, floor, target, Testbed.met(ours <= target));
  }

  private static double percent(ProcessUsage before, ProcessUsage after, Duration time) {
    return (after.cpu() - before.cpu()) / time.toSeconds() * 100;
  }

  /** What stays behind after thousands of tasks and a long rest. */
  public void soak() throws Exception {
    var warm = bed.size(200, 8);
    var many = bed.size(2_000, 8);
    var rest = Duration.ofSeconds(bed.size(600, 2));
    var settling = Duration.ofSeconds(bed.size(5, 1));
    var arguments = new ArrayList<>(List.of("--agent-bin", bed.agent("#!/bin/sh\ncat >/dev/null\necho done\n").toString(),
        "--max-concurrent-tasks", Integer.toString(LANES), "--log-level", "warn"));
    var folders = new ArrayList<Path>();
    for (var i = 0; i < LANES; i++) {
      folders.add(bed.folder("lane" + i));
      arguments.addAll(List.of("-b", "lane" + i + ":" + folders.getLast()));
    }
    var worker = bed.worker(bed.url(), "state-soak", arguments.toArray(String[]::new));
    var codebases = new ArrayList<String>();
    for (var folder : folders) {
      codebases.add(bed.awaitCodebase(folder));
    }
    tasks(codebases, warm);
    print("after " + warm + " tasks", worker, settling);
    tasks(codebases, many);
    var after = print("after " + many + " more", worker, settling);
    var rested = print("after " + rest.toSeconds() + " s of rest", worker, rest);
    bed.print("idle CPU after that, %% of one core: %.3f", percent(after, rested, rest));
    bed.stop(worker);
  }

  private void tasks(List<String> codebases, int count) throws Exception {
    var last = new ArrayList<String>();
    for (var i = 0; i < count; i++) {
      var task = bed.client().create(new NewTask(codebases.get(i % LANES), "t", "do it", "build", 0, null, null));
      if (i >= count - LANES) {
        last.add(task.id());
      }
    }
    bed.await("the tasks", () -> bed.client().tasks(new ApiClient.Query(TaskStatus.PENDING, null, null, null)).isEmpty()
        && bed.client().tasks(new ApiClient.Query(TaskStatus.RUNNING, null, null, null)).isEmpty());
    for (var id : last) {
      var task = bed.client().task(id);
      if (task.status() != TaskStatus.COMPLETED) {
        throw new IllegalStateException(id + " is " + task.status() + ": " + task.error());
      }
    }
  }

  private ProcessUsage print(String when, Process worker, Duration pause) throws Exception {
    Thread.sleep(pause);
    var usage = ProcessUsage.of(worker);
    bed.print("%s: %.0f MB, %d threads, %d file handles", when, usage.rss(), usage.threads(), usage.files());
    return usage;
  }
}
