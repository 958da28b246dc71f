package lib.worker.admission;

import module java.base;
import lib.core.Json;
import lib.protocol.Task;

/** Keeps the last decision on each of the last 500 tasks, for {@code tasks why}. Thread-safe. */
public final class DecisionLog {
  private static final int MAX_KEPT = 500; // several screens of a busy worker

  /**
   * A decision.
   *
   * @param hint what was known of the task, without its texts: some servers do not name its codebase again
   * @param since when this worker began to decide so
   */
  public record Made(Task hint, Decision decision, Instant since) {}

  private final Map<String, Made> made = new LinkedHashMap<>() {
    @Override
    protected boolean removeEldestEntry(Map.Entry<String, Made> eldest) {
      return size() > MAX_KEPT;
    }
  };

  /** Records a decision. One with the outcome and reason of the last keeps that one's time. */
  public synchronized void note(Task task, Decision decision, Instant now) {
    var before = made.remove(task.id()); // to the young end
    var same = before != null && before.decision.outcome() == decision.outcome() && before.decision.reason().equals(decision.reason());
    var hint = Task.read(Json.object().put("id", task.id()).put("codebase_id", task.codebaseId())).orElseThrow();
    made.put(task.id(), new Made(hint, decision, same ? before.since : now));
  }

  /** The last decision on a task; empty when there is none, or it was long ago. */
  public synchronized Optional<Made> find(String taskId) {
    return Optional.ofNullable(made.get(taskId));
  }
}
