package scripts.measure;

import module java.base;
import lib.client.ApiClient;
import lib.protocol.NewTask;
import lib.protocol.TaskStatus;

/**
 * How long after its start a worker has settled every attempt that a killed worker left, each in a folder of its own: agents that ended
 * or vanished meanwhile, and claims whose answer never came.
 */
public final class RecoveryTime {
  private static final double BOUND = 2000; // ms, as docs/promises.md has it
  private static final int VANISHED = 4; // of so many agents one is killed with its supervisor

  private final Testbed bed;
  private final int attempts;

  public RecoveryTime(Testbed bed) {
    this.bed = bed;
    this.attempts = bed.size(64, 4); // 64 is the most that one worker runs at once
  }

  public void run() throws Exception {
    ended();
    inDoubt();
  }

  /** The agents read a pipe, so that they end when there is no worker. */
  private void ended() throws Exception {
    var pipe = bed.file("pipe");
    new ProcessBuilder("mkfifo", pipe.toString()).inheritIO().start().waitFor();
    var options = options("ended", bed.agent("#!/bin/sh\n: >started\nread -r line <" + pipe + "\necho done\n"));
    var worker = bed.worker(bed.url(), "state-ended", options);
    var tasks = create("ended");
    for (var i = 0; i < attempts; i++) {
      var started = bed.file("ended" + i).resolve("started");
      bed.await("agent " + i, () -> Files.exists(started));
    }
    bed.kill(worker);
    for (var i = 0; i < attempts; i += VANISHED) {
      vanish(bed.file("ended" + i));
    }
    try (var end = new RandomAccessFile(pipe.toFile(), "rw")) { // also for reading, so that opening it waits for nobody
      end.write("\n".repeat(attempts).getBytes(StandardCharsets.US_ASCII));
      bed.await("the end of the agents", () -> bed.processes().stream().allMatch(p -> p.pid() == bed.server().pid()));
    }
    measure("unfinished attempts reported", "state-ended", options);
    var completed = 0;
    for (var task : tasks) {
      completed += bed.client().task(task).status() == TaskStatus.COMPLETED ? 1 : 0;
    }
    if (completed != attempts - attempts / VANISHED) {
      throw new IllegalStateException(completed + " of " + attempts + " attempts completed");
    }
  }

  /** Kills whatever runs in a folder, the supervisor first. */
  private void vanish(Path folder) {
    bed.processes().stream().filter(p -> isIn(folder, p)).sorted().forEach(ProcessHandle::destroyForcibly);
  }

  private static boolean isIn(Path folder, ProcessHandle process) {
    try {
      return Files.readSymbolicLink(Path.of("/proc/" + process.pid() + "/cwd")).equals(folder);
    } catch (IOException e) {
      return false; // it has ended
    }
  }

  /** A relay keeps the answers of the claims. The next worker takes no task, so it has only the old ones to decide. */
  private void inDoubt() throws Exception {
    var options = options("doubt", bed.agent("#!/bin/sh\necho done\n"));
    List<String> tasks;
    try (var relay = new ClaimRelay(bed.url())) {
      var worker = bed.worker(relay.url(), "state-doubt", options);
      tasks = create("doubt");
      bed.await("the claims", () -> running() == attempts);
      bed.kill(worker);
    }
    var holding = new ArrayList<>(List.of(options));
    holding.addAll(List.of("--min-free-disk", "1024GiB"));
    measure("attempts whose claim was in doubt decided", "state-doubt", holding.toArray(String[]::new));
    for (var task : tasks) {
      bed.client().cancel(task, "measured"); // it is pending again, which other rows wait for
    }
  }

  /** Times a worker until no task of its predecessor is running at the server. */
  private void measure(String what, String state, String... options) throws Exception {
    var begin = System.nanoTime();
    var worker = bed.worker(bed.url(), state, options);
    bed.await("the last attempt", () -> running() == 0);
    var took = (System.nanoTime() - begin) / 1e6;
    bed.stop(worker);
    bed.print("%d %s, ms after the start of the process: %.0f (target <= %.0f: %s)", attempts, what, took, BOUND,
        Testbed.met(took <= BOUND));
  }

  private String[] options(String lane, Path agent) throws IOException {
    var options = new ArrayList<>(List.of("--agent-bin", agent.toString(), "--max-concurrent-tasks", Integer.toString(attempts),
        "--min-free-memory", "0"));
    for (var i = 0; i < attempts; i++) {
      options.addAll(List.of("-b", lane + i + ":" + bed.folder(lane + i)));
    }
    return options.toArray(String[]::new);
  }

  private List<String> create(String lane) throws Exception {
    var tasks = new ArrayList<String>();
    for (var i = 0; i < attempts; i++) {
      tasks.add(bed.client().create(new NewTask(bed.awaitCodebase(bed.file(lane + i)), "recover", "x", "build", 0, null, null)).id());
    }
    return tasks;
  }

  private int running() throws Exception {
    return bed.client().tasks(new ApiClient.Query(TaskStatus.RUNNING, null, null, null)).size();
  }

  /** Passes everything on to a server and back, except what the server answers once a connection has carried a claim. */
  private static final class ClaimRelay implements AutoCloseable {
    private final URI server;
    private final ServerSocket listening = new ServerSocket(0, 200, InetAddress.getLoopbackAddress());

    ClaimRelay(URI server) throws IOException {
      this.server = server;
      Thread.startVirtualThread(this::accept);
    }

    URI url() {
      return URI.create("http://127.0.0.1:" + listening.getLocalPort());
    }

    private void accept() {
      while (!listening.isClosed()) {
        try {
          var client = listening.accept();
          var upstream = new Socket(server.getHost(), server.getPort());
          var claimed = new AtomicBoolean();
          Thread.startVirtualThread(() -> pass(client, upstream, text -> {
            claimed.compareAndSet(false, text.contains("/tasks/claim"));
            return true;
          }));
          Thread.startVirtualThread(() -> pass(upstream, client, text -> !claimed.get()));
        } catch (IOException e) {
          continue; // closed, which the loop sees; or a client that is gone already
        }
      }
    }

    /** @param passes whether this piece is passed on */
    private static void pass(Socket from, Socket to, Predicate<String> passes) {
      try (from; to) {
        var buffer = new byte[64 << 10];
        for (var n = from.getInputStream().read(buffer); n >= 0; n = from.getInputStream().read(buffer)) {
          if (passes.test(new String(buffer, 0, n, StandardCharsets.ISO_8859_1))) {
            to.getOutputStream().write(buffer, 0, n);
          }
        }
      } catch (IOException e) {
        return; // one side is gone, so the other one goes, too
      }
    }

    @Override
    public void close() throws IOException {
      listening.close();
    }
  }
}
