package lib.task;

import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicReference;
import lib.config.Time;
import lib.outbox.Attempt;
import lib.wire.Task;

/** The tasks that run now. Thread-safe. */
final class Running {

  /**
   * One of them.
   *
   * @param attempt set once it is claimed
   * @param order the first stop order wins
   * @param since {@link lib.config.Time#nanos} when it got its place
   */
  record Entry(Task task, AtomicReference<Attempt> attempt, AtomicReference<StopOrder> order, long since) {}

  private final Map<String, Entry> entries = new ConcurrentHashMap<>();
  private final Time time;

  Running(Time time) {
    this.time = time;
  }

  /** Takes a place for a task before it is claimed; null when it has one already. */
  Entry enter(Task task) {
    var entry = new Entry(task, new AtomicReference<>(), new AtomicReference<>(), time.nanos());
    return entries.putIfAbsent(task.id(), entry) == null ? entry : null;
  }

  void leave(Entry entry) {
    entries.remove(entry.task.id(), entry);
  }

  /** Orders a running task to stop; false when it does not run here. */
  boolean stop(String taskId, StopOrder order) {
    var entry = entries.get(taskId);
    return entry != null && entry.order.compareAndSet(null, order);
  }

  void stopAll(StopOrder order) {
    entries.values().forEach(entry -> entry.order.compareAndSet(null, order));
  }

  boolean has(String taskId) {
    return entries.containsKey(taskId);
  }

  int size() {
    return entries.size();
  }

  /** The claimed ones. */
  List<Attempt> attempts() {
    return entries.values().stream().map(e -> e.attempt.get()).filter(a -> a != null).toList();
  }

  /** Task id to fencing number, for the heartbeat. */
  Map<String, Integer> fences() {
    var fences = new HashMap<String, Integer>();
    attempts().forEach(attempt -> fences.put(attempt.taskId(), attempt.fence()));
    return fences;
  }

  List<Entry> entries() {
    return List.copyOf(entries.values());
  }
}
