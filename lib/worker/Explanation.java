package lib.worker;

import module java.base;
import com.fasterxml.jackson.databind.node.ObjectNode;
import lib.core.Json;
import lib.journal.Attempt;
import lib.protocol.Task;
import lib.worker.admission.Decision;
import lib.worker.admission.DecisionLog;
import lib.worker.admission.RunningTasks.RunningTask;

/**
 * Why this worker runs a task or does not.
 *
 * @param place the task's place when it runs here; null when it does not
 * @param before the last decision on it; null for none
 * @param attempt the latest attempt at it here; null for none
 * @param task what the server says of it now; null when there is none
 * @param failure why there is none; else null
 * @param now what admission decides now; null when the server could not say
 */
public record Explanation(String taskId, RunningTask place, DecisionLog.Made before, Attempt attempt, Task task, String failure,
    Decision now) {

  /** One sentence that says where the task is and why. */
  public String verdict() {
    if (place != null) {
      return place.attempt().map(a -> "it runs here, attempt " + a.n()).orElse("this worker is claiming it")
          + (place.directory() == null ? "" : ", in " + place.directory())
          + place.stopRequest().map(stop -> ", and is being ended by " + stop).orElse("");
    }
    if (task == null) {
      return failure;
    }
    var status = task.status();
    if (status.terminal()) {
      return "it has ended: " + status.word() + (attempt == null ? "" : ", after attempt " + attempt.n() + " here");
    }
    return switch (status) {
      case RUNNING -> "it runs at worker " + task.workerId();
      default -> switch (now.outcome()) {
        case ADMIT -> "it may run here and is next";
        case WAIT -> "it waits: " + now.reason();
        case REJECT -> "this worker does not take it: " + now.reason();
      };
    };
  }

  /** The form of {@code docs/control.md}. */
  public ObjectNode toJson() {
    var json = Json.object().put("task_id", taskId).put("verdict", verdict()).put("running", place != null).put("seen", before != null);
    if (before != null) {
      put(json.putObject("before").put("since", before.since().toString()), before.decision());
    }
    if (attempt != null) {
      json.putObject("attempt").put("n", attempt.n()).put("state", attempt.state().name().toLowerCase(Locale.ROOT))
          .put("created_at", attempt.createdAt().toString());
    }
    if (task == null) {
      return json.put("problem", failure);
    }
    json.put("status", task.status().word()).put("owner", task.workerId());
    put(json.putObject("now"), now);
    return json;
  }

  private static void put(ObjectNode json, Decision decision) {
    json.put("say", decision.outcome().word()).put("reason", decision.reason());
    var rules = json.putArray("rules");
    decision.results().forEach(r -> rules.addObject().put("rule", r.rule()).put("say", r.outcome().word()).put("reason", r.reason()));
  }
}
