package scripts.measure;

import module java.base;
import lib.client.ApiClient;
import lib.protocol.Claim;
import lib.protocol.NewTask;
import lib.protocol.Registration;
import lib.protocol.TaskReport;
import lib.protocol.TaskStatus;

/** Tasks that need no agent, as many at once as there are slots. */
public final class TaskThroughput {
  private static final int SLOTS = 16;

  private final Testbed bed;
  private final ApiClient client;
  private final int noops;
  private final int warmUp;

  public TaskThroughput(Testbed bed) {
    this.bed = bed;
    this.client = bed.client();
    this.noops = bed.size(3_000, 60);
    this.warmUp = bed.size(1_000, 20);
  }

  public void run() throws Exception {
    var ids = create();
    var worker = bed.worker(bed.url(), "state-noops", "--max-concurrent-tasks", Integer.toString(SLOTS));
    bed.await("the last noop", () -> client.task(ids.getLast()).status().terminal()
        && client.tasks(new ApiClient.Query(TaskStatus.PENDING, null, null, null)).isEmpty()
        && client.tasks(new ApiClient.Query(TaskStatus.RUNNING, null, null, null)).isEmpty());
    var ended = new ArrayList<Instant>();
    for (var id : ids) {
      ended.add(Testbed.time(client.task(id).raw().path("completed_at")));
    }
    ended.sort(Comparator.naturalOrder());
    bed.stop(worker);
    bed.figure("noop tasks per second, " + SLOTS + " slots", rate(ended.get(warmUp), ended.getLast()), bare(), ">=", 0.7);
  }

  /** Of the tasks after the warm-up. */
  private double rate(Instant first, Instant last) {
    return (noops - warmUp) / (Duration.between(first, last).toNanos() / 1e9);
  }

  private List<String> create() throws Exception {
    try (var pool = Executors.newFixedThreadPool(8)) {
      var created = new ArrayList<Future<String>>();
      for (var i = 0; i < noops; i++) {
        created.add(pool.submit(() -> client.create(new NewTask(null, "noop", "x", "noop", 0, null, null)).id()));
      }
      var ids = new ArrayList<String>();
      for (var id : created) {
        ids.add(id.get());
      }
      return ids;
    }
  }

  /** What the same calls and syncs cost: each slot a thread that makes them one after the other. */
  private double bare() throws Exception {
    var ids = new ConcurrentLinkedQueue<>(create());
    client.register(new Registration("bare3", "bare3", List.of(), "bench", List.of(), null));
    var ended = new ConcurrentLinkedQueue<Instant>();
    var slots = new ArrayList<Future<Void>>();
    try (var pool = Executors.newFixedThreadPool(SLOTS)) {
      for (var slot = 0; slot < SLOTS; slot++) {
        var record = bed.file("slot" + slot);
        slots.add(pool.submit(() -> {
          for (var id = ids.poll(); id != null; id = ids.poll()) {
            BareWorker.sync(record);
            var won = (Claim.Won) client.claim(id, "bare3");
            BareWorker.sync(record);
            BareWorker.sync(record);
            var report = new TaskReport(id, "bare3", TaskStatus.COMPLETED, null, "ok", null, won.attempt());
            client.status(report);
            client.release(report);
            ended.add(Instant.now());
          }
          return null;
        }));
      }
      for (var slot : slots) {
        slot.get();
      }
    }
    client.unregister("bare3");
    var all = ended.stream().sorted().toList();
    return rate(all.get(warmUp), all.getLast());
  }
}
