package lib.worker.admission;

import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.Locale;
import java.util.function.Function;
import lib.core.Json;
import lib.journal.Attempt;
import lib.wire.Task;

/**
 * Why this worker takes a task or does not.
 *
 * @param running whether it runs here now
 * @param before what was decided when it was last looked at; null when it never was, or long ago
 * @param attempt the latest attempt at it here; null for none
 * @param read what the server says of it now
 * @param judge admission as it would decide now
 */
public record Explanation(String taskId, boolean running, DecisionLog.Made before, Attempt attempt, Read read, Function<Task, Decision> judge) {

  /**
   * The server's word.
   *
   * @param task null when it could not be had
   * @param failure why not; null when it could
   */
  public record Read(Task task, String failure) {}

  /** In the form that {@code docs/control.md} tells. */
  public ObjectNode toJson() {
    var json = Json.object().put("task_id", taskId).put("running", running).put("seen", before != null);
    if (before != null) {
      decided(json.putObject("before").put("since", before.since().toString()), before.decision());
    }
    if (attempt != null) {
      json.putObject("attempt").put("n", attempt.n()).put("state", attempt.state().name().toLowerCase(Locale.ROOT))
          .put("created_at", attempt.createdAt().toString());
    }
    if (read.task == null) {
      return json.put("problem", read.failure);
    }
    json.put("status", read.task.status().word()).put("owner", read.task.workerId());
    var task = before == null ? read.task : read.task.filledFrom(before.hint());
    decided(json.putObject("now"), judge.apply(task).and(done()));
    return json;
  }

  /** One queueing of a task is done once, whoever offers it again. */
  private Decision.RuleResult done() {
    return attempt != null && attempt.marker().equals(read.task.marker())
        ? new Decision.RuleResult("done", Decision.Outcome.REJECT, "this worker has done it: attempt " + attempt.n())
        : new Decision.RuleResult("done", Decision.Outcome.ADMIT, "this worker has not done it");
  }

  private static void decided(ObjectNode json, Decision decision) {
    json.put("say", decision.say().name().toLowerCase(Locale.ROOT)).put("reason", decision.reason());
    var rules = json.putArray("rules");
    decision.answers().forEach(a -> rules.addObject().put("rule", a.rule())
        .put("say", a.say().name().toLowerCase(Locale.ROOT)).put("reason", a.reason()));
  }
}
