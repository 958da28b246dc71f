package lib.hub;

import java.time.Duration;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import lib.config.Time;

/**
 * When each running task last gave a sign of life: its claim, being named in a heartbeat, accepted output. In memory
 * only: after a restart every running task starts with a fresh lease, since nobody could speak to a server that was
 * down. Thread-safe.
 */
final class Leases {
  private record Lease(String worker, long seen) {}

  private final Time time;
  private final Map<String, Lease> leases = new ConcurrentHashMap<>();

  Leases(Time time) {
    this.time = time;
  }

  /** A sign of life; the first one starts the lease. */
  void renew(String task, String worker) {
    leases.put(task, new Lease(worker, time.nanos()));
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

  /** How long the task has been silent; a running task that has no lease yet gets one now. */
  Duration silence(String task, String worker) {
    var lease = leases.computeIfAbsent(task, t -> new Lease(worker, time.nanos()));
    return Duration.ofNanos(time.nanos() - lease.seen);
  }
}
