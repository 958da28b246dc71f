package scripts.measure;

import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import lib.wire.Claim;
import lib.wire.Client;
import lib.wire.NewTask;
import lib.wire.Registration;
import lib.wire.Report;
import lib.wire.TaskStatus;

/** Tasks that need no agent, as many at once as there are slots. */
public final class Noops {
  private static final int NOOPS = 3_000;
  private static final int WARM_UP = 1_000;
  private static final int SLOTS = 16;

  private final Rig rig;
  private final Client client;

  public Noops(Rig rig) {
    this.rig = rig;
    this.client = rig.client();
  }

  public void run() throws Exception {
    var ids = create();
    var worker = rig.worker("--max-concurrent-tasks", Integer.toString(SLOTS));
    Rig.await("the last noop", () -> client.task(ids.getLast()).status().terminal()
        && client.tasks(new Client.Query(TaskStatus.PENDING, null, null, null)).isEmpty()
        && client.tasks(new Client.Query(TaskStatus.RUNNING, null, null, null)).isEmpty());
    var ended = new ArrayList<Instant>();
    for (var id : ids) {
      ended.add(Instant.parse(Rig.iso(client.task(id).raw().path("completed_at").asText())));
    }
    ended.sort(Comparator.naturalOrder());
    rig.stop(worker);
    rig.figure("noop tasks per second, " + SLOTS + " slots", rate(ended.get(WARM_UP), ended.getLast()), bare(), "higher", 0.7);
  }

  /** Of the tasks after the warm-up. */
  private static double rate(Instant first, Instant last) {
    return (NOOPS - WARM_UP) / (Duration.between(first, last).toNanos() / 1e9);
  }

  private List<String> create() throws Exception {
    try (var pool = Executors.newFixedThreadPool(8)) {
      var created = new ArrayList<Future<String>>();
      for (var i = 0; i < NOOPS; i++) {
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
    try (var pool = Executors.newFixedThreadPool(SLOTS)) {
      for (var slot = 0; slot < SLOTS; slot++) {
        var name = "slot" + slot;
        pool.submit(() -> {
          for (var id = ids.poll(); id != null; id = ids.poll()) {
            rig.sync(name);
            var won = (Claim.Won) client.claim(id, "bare3");
            rig.sync(name);
            rig.sync(name);
            var report = new Report(id, "bare3", TaskStatus.COMPLETED, null, "ok", null, won.attempt());
            client.status(report);
            client.release(report);
            ended.add(Instant.now());
          }
          return null;
        });
      }
    }
    client.unregister("bare3");
    var all = ended.stream().sorted().toList();
    return rate(all.get(WARM_UP), all.getLast());
  }
}
