package lib.control;

import module java.base;
import com.fasterxml.jackson.databind.node.ObjectNode;
import lib.core.Json;
import lib.journal.Attempt;
import lib.worker.context.WorkerEvent;

/** The form of an event that {@code ctl events} shows; {@code docs/control.md} lists the types. */
final class EventJson {
  private EventJson() {}

  /** The event's form; null for events that matter to the worker's own parts alone. */
  static ObjectNode of(WorkerEvent event, Instant at) {
    return switch (event) {
      case WorkerEvent.TaskClaimed claimed -> form(at, "claimed", claimed.attempt(), claimed.attempt().agentType());
      case WorkerEvent.AgentStarted started -> form(at, "started", started.attempt(), "");
      case WorkerEvent.AttemptEnded ended -> form(at, "ended", ended.attempt(),
          ended.status().word() + (ended.reason() == null ? "" : " (" + ended.reason() + ")"));
      case WorkerEvent.HoldPlaced hold -> form(at, "hold", null, hold.rule() + ": " + hold.why());
      case WorkerEvent.HoldCleared hold -> form(at, "free", null, hold.rule());
      case WorkerEvent.StopAsked stop -> form(at, "stop", null, stop.text());
      case WorkerEvent.SettingsReloaded reload -> form(at, "reload", null, "changed: " + String.join(", ", reload.changed())
          + "; needs a restart: " + String.join(", ", reload.restart()));
      default -> null;
    };
  }

  private static ObjectNode form(Instant at, String type, Attempt attempt, String text) {
    return Json.object().put("at", at.toString()).put("type", type).put("task_id", attempt == null ? null : attempt.taskId())
        .put("codebase", attempt == null || attempt.codebase() == null ? null : attempt.codebase().toString()).put("text", text);
  }
}
