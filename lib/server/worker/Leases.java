package lib.server.worker;

import module java.base;
import lib.core.Clock;
import lib.protocol.Lease;

/**
 * The leases of running tasks: how long each lasts, and when its worker last gave a sign of life by a claim, a heartbeat that
 * names it, or output. Kept in memory; after a restart each running task has a new lease. Thread-safe.
 */
public final class Leases {
  /** For tasks that a worker took by saying {@code running}: it was promised no lease. */
  public static final Duration UNPROMISED = Duration.ofSeconds(300);

  public record Held(String worker, Duration length, long seen) {}

  private final Clock time;
  private final Map<String, Held> leases = new ConcurrentHashMap<>();

  public Leases(Clock time) {
    this.time = time;
  }

  /** The worker has the task from now on; call it once that is committed. A longer promise to the same worker stays. */
  public void begin(String task, String worker, Duration length) {
    leases.merge(task, new Held(worker, length, time.nanos()), (old, now) ->
        old.worker.equals(worker) && old.length.compareTo(length) > 0 ? new Held(worker, old.length, now.seen) : now);
  }

  /** A sign of life; of no meaning when the task is not this worker's, or no more. */
  public void renew(String task, String worker) {
    leases.computeIfPresent(task, (id, lease) -> lease.worker.equals(worker) ? new Held(worker, lease.length, time.nanos()) : lease);
  }

  public void end(String task) {
    leases.remove(task);
  }

  /** For workers that do not name what they run: all of it. */
  public void renewAll(String worker) {
    leases.replaceAll((task, lease) -> lease.worker.equals(worker) ? new Held(worker, lease.length, time.nanos()) : lease);
  }

  /** One task that the worker runs, or null. */
  public String task(String worker) {
    return leases.entrySet().stream().filter(e -> e.getValue().worker.equals(worker)).map(Map.Entry::getKey).findFirst().orElse(null);
  }

  /** Whether the task has been silent for as long as its worker was promised. */
  public boolean isOver(String task) {
    var lease = leases.get(task);
    return lease != null && time.nanos() - lease.seen >= lease.length.toNanos();
  }

  /** How long the task's lease lasts. */
  public Duration length(String task) {
    var lease = leases.get(task);
    return lease == null ? Lease.LENGTH : lease.length;
  }

  public Map<String, Held> all() {
    return Map.copyOf(leases);
  }

  /**
   * Reconciles the leases with the running tasks, in case an update after a commit was late or lost.
   *
   * @param before all of them from before the running tasks were read: those that began meanwhile stay
   * @param workers those of the running tasks, by task
   */
  public void reconcile(Map<String, Held> before, Map<String, String> workers) {
    before.forEach((task, lease) -> {
      if (!lease.worker.equals(workers.get(task))) {
        leases.remove(task, lease);
      }
    });
    workers.forEach((task, worker) -> leases.putIfAbsent(task, new Held(worker, Lease.LENGTH, time.nanos())));
  }
}
