package lib.task;

import java.time.Instant;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;

/** The last decision on each task, so that "why" and "why not" can be told afterwards. Thread-safe. */
final class Decisions {
  private static final int MAX_KEPT = 500; // several screens of a busy worker; the oldest are forgotten

  /**
   * One of them.
   *
   * @param since when this worker began to say so
   */
  record Made(Decision decision, Instant since) {}

  private final Map<String, Made> made = new LinkedHashMap<>() {
    @Override
    protected boolean removeEldestEntry(Map.Entry<String, Made> eldest) {
      return size() > MAX_KEPT;
    }
  };

  /** Notes what was decided now. */
  synchronized void note(String taskId, Decision decision, Instant now) {
    var before = made.remove(taskId); // to the young end
    var same = before != null && before.decision.say() == decision.say() && before.decision.reason().equals(decision.reason());
    made.put(taskId, new Made(decision, same ? before.since : now));
  }

  synchronized Optional<Made> of(String taskId) {
    return Optional.ofNullable(made.get(taskId));
  }
}
