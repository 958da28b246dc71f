package lib.protocol;

import com.fasterxml.jackson.databind.node.ObjectNode;
import lib.core.Json;

/**
 * A task to create.
 *
 * @param codebaseId where; null or {@link Task#GLOBAL} for none
 * @param model {@code provider/model}, or null
 * @param resumeSession the agent session to continue, or null
 */
public record NewTask(String codebaseId, String title, String prompt, String agentType, int priority, String model,
    String resumeSession) {

  /** A title for lists: the prompt's first line, cut to what a terminal shows. */
  public static String titleOf(String prompt) {
    var line = prompt.strip().split("\\R", 2)[0];
    return line.isEmpty() ? "task" : line.length() <= 60 ? line : line.substring(0, 59) + "…";
  }

  public boolean global() {
    return codebaseId == null || codebaseId.equals(Task.GLOBAL);
  }

  public ObjectNode toJson() {
    var body = Json.object().put("title", title).put("prompt", prompt).put("agent_type", agentType).put("priority", priority);
    var metadata = body.putObject("metadata");
    if (model != null) {
      body.put("model", model);
      metadata.put("model", model); // older servers keep it only here
    }
    if (resumeSession != null) {
      metadata.put("resume_session_id", resumeSession);
    }
    if (global()) {
      body.put("codebase_id", Task.GLOBAL).put("workspace_id", Task.GLOBAL);
    }
    return body;
  }
}
