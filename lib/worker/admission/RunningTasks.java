package lib.worker.admission;

import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicReference;
import lib.core.Clock;
import lib.journal.Attempt;
import lib.wire.Task;

/** The tasks that run now. Thread-safe. */
public final class RunningTasks {

  /**
   * One of them.
   *
   * @param attempt set once it is claimed
   * @param order the first stop order wins
   * @param since {@link lib.core.Clock#nanos} when it got its place
   */
  public record RunningTask(Task task, AtomicReference<Attempt> attempt, AtomicReference<StopRequest> order, long since) {}

  private final Map<String, RunningTask> entries = new ConcurrentHashMap<>();
  private final Clock time;

  public RunningTasks(Clock time) {
    this.time = time;
  }

  /** Takes a place for a task before it is claimed; null when it has one already. */
  public RunningTask add(Task task) {
    var entry = new RunningTask(task, new AtomicReference<>(), new AtomicReference<>(), time.nanos());
    return entries.putIfAbsent(task.id(), entry) == null ? entry : null;
  }

  public void remove(RunningTask entry) {
    entries.remove(entry.task.id(), entry);
  }

  /** Orders a running task to stop; false when it does not run here. */
  public boolean stop(String taskId, StopRequest order) {
    var entry = entries.get(taskId);
    return entry != null && entry.order.compareAndSet(null, order);
  }

  public void stopAll(StopRequest order) {
    entries.values().forEach(entry -> entry.order.compareAndSet(null, order));
  }

  public boolean has(String taskId) {
    return entries.containsKey(taskId);
  }

  public int size() {
    return entries.size();
  }

  /** The claimed ones. */
  public List<Attempt> attempts() {
    return entries.values().stream().map(e -> e.attempt.get()).filter(a -> a != null).toList();
  }

  /** Task id to fencing number, for the heartbeat. */
  public Map<String, Integer> attemptNumbers() {
    var fences = new HashMap<String, Integer>();
    attempts().forEach(attempt -> fences.put(attempt.taskId(), attempt.fence()));
    return fences;
  }

  public List<RunningTask> entries() {
    return List.copyOf(entries.values());
  }
}
