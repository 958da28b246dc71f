package lib.worker.admission;

import java.time.Instant;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import lib.core.Json;
import lib.wire.Task;

/** The last decision on each task, so that "why" and "why not" can be told afterwards. Thread-safe. */
public final class DecisionLog {
  private static final int MAX_KEPT = 500; // several screens of a busy worker; the oldest are forgotten

  /**
   * One of them.
   *
   * @param hint what was known of the task, without its text: some servers do not tell its codebase when they are asked for it
   * @param since when this worker began to say so
   */
  public record Made(Task hint, Decision decision, Instant since) {}

  private final Map<String, Made> made = new LinkedHashMap<>() {
    @Override
    protected boolean removeEldestEntry(Map.Entry<String, Made> eldest) {
      return size() > MAX_KEPT;
    }
  };

  /** Notes what was decided now. */
  public synchronized void note(Task task, Decision decision, Instant now) {
    var before = made.remove(task.id()); // to the young end
    var same = before != null && before.decision.say() == decision.say() && before.decision.reason().equals(decision.reason());
    var hint = Task.read(Json.object().put("id", task.id()).put("codebase_id", task.codebaseId())).orElseThrow();
    made.put(task.id(), new Made(hint, decision, same ? before.since : now));
  }

  public synchronized Optional<Made> find(String taskId) {
    return Optional.ofNullable(made.get(taskId));
  }
}
