package lib.protocol;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import lib.core.Json;

/**
 * What a worker says of a task: sent as status and, when it ends, again as release, since a bare release turns a failure
 * into a success on real servers ({@code PUT …/tasks/{id}/status}, {@code POST /v1/worker/tasks/release}).
 *
 * @param sessionId the agent's session once known, else null
 * @param result the agent's text; null for none
 * @param error why it failed or was cancelled; null for none
 * @param attempt the fencing number of the claim; 0 where the server gave none
 */
public record TaskReport(String taskId, String workerId, TaskStatus status, String sessionId, String result, String error,
    int attempt) {

  /** U+0000 is no text for the databases behind servers: it is replaced. */
  public TaskReport {
    result = printable(result);
    error = printable(error);
  }

  private static String printable(String text) {
    return text == null ? null : text.replace('\0', '\uFFFD');
  }

  public static TaskReport running(String taskId, String workerId, String sessionId, int attempt) {
    return new TaskReport(taskId, workerId, TaskStatus.RUNNING, sessionId, null, null, attempt);
  }

  /** The report as a journal keeps it. */
  public static TaskReport read(JsonNode node) {
    return new TaskReport(Json.text(node, "task_id"), Json.text(node, "worker_id"), TaskStatus.of(Json.text(node, "status")),
        Json.text(node, "session_id"), Json.text(node, "result"), Json.text(node, "error"), node.path("attempt").asInt(0));
  }

  /** The body of both calls, and the journal's form. */
  public ObjectNode toJson() {
    var body = Json.object().put("task_id", taskId).put("status", status.word()).put("worker_id", workerId);
    putText(body, "session_id", sessionId);
    putText(body, "result", result);
    putText(body, "error", error);
    if (attempt > 0) {
      body.put("attempt", attempt);
    }
    return body;
  }

  /** The same report with a shorter result, for servers and proxies that take no large bodies. */
  public TaskReport withResult(String shorter) {
    return withTexts(shorter, error);
  }

  /** The same report with other words in it. */
  public TaskReport withTexts(String otherResult, String otherError) {
    return new TaskReport(taskId, workerId, status, sessionId, otherResult, otherError, attempt);
  }

  private static void putText(ObjectNode body, String field, String value) {
    if (value != null && !value.isEmpty()) {
      body.put(field, value);
    }
  }
}
