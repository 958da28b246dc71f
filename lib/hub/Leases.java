package lib.hub;

import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.stream.Collectors;
import lib.core.Clock;

/**
 * When each running task last gave a sign of life: its claim, being named in a heartbeat, accepted output. In memory
 * only: after a restart every running task starts with a fresh lease, since nobody could speak to a server that was
 * down. Thread-safe.
 */
final class Leases {
  record Lease(String worker, long seen) {}

  private final Clock time;
  private final Map<String, Lease> leases = new ConcurrentHashMap<>();

  Leases(Clock time) {
    this.time = time;
  }

  /** The worker has the task from now on. To be said once that is committed, as is its end. */
  void begin(String task, String worker) {
    leases.put(task, new Lease(worker, time.nanos()));
  }

  /** A sign of life; of no meaning when the task is not this worker's, or no more. */
  void renew(String task, String worker) {
    leases.computeIfPresent(task, (id, lease) -> lease.worker.equals(worker) ? new Lease(worker, time.nanos()) : lease);
  }

  void end(String task) {
    leases.remove(task);
  }

  /** For workers that do not name what they run: all of it. */
  void renewAll(String worker) {
    leases.replaceAll((task, lease) -> lease.worker.equals(worker) ? new Lease(worker, time.nanos()) : lease);
  }

  /** How many tasks the worker runs. */
  int held(String worker) {
    return (int) leases.values().stream().filter(lease -> lease.worker.equals(worker)).count();
  }

  /** One task that the worker runs, or null. */
  String task(String worker) {
    return leases.entrySet().stream().filter(e -> e.getValue().worker.equals(worker)).map(Map.Entry::getKey).findFirst().orElse(null);
  }

  /** How long the task has been silent; not at all when it has no lease. */
  Duration silence(String task) {
    var lease = leases.get(task);
    return lease == null ? Duration.ZERO : Duration.ofNanos(time.nanos() - lease.seen);
  }

  Map<String, Lease> all() {
    return Map.copyOf(leases);
  }

  /**
   * Makes the leases those of the tasks that run: whoever was to say so after a commit may have been late, or have ended.
   *
   * @param before all of them from before the running tasks were read: those that began meanwhile stay
   */
  void agree(Map<String, Lease> before, List<TaskTable.Running> running) {
    var workers = running.stream().collect(Collectors.toMap(TaskTable.Running::id, TaskTable.Running::worker));
    before.forEach((task, lease) -> {
      if (!lease.worker.equals(workers.get(task))) {
        leases.remove(task, lease);
      }
    });
    workers.forEach((task, worker) -> leases.putIfAbsent(task, new Lease(worker, time.nanos())));
  }
}
