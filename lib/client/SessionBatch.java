package lib.client;

import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.List;
import java.util.Map;
import lib.core.Json;

/**
 * What one call tells of a codebase's sessions ({@code POST …/codebases/{id}/sessions/sync}).
 *
 * @param whole whether these are all sessions of the codebase, so that the server forgets others; only our own server takes
 *     what is not whole
 * @param removed ids of sessions that are gone; our own server alone reads them
 * @param messages session id to all that is told of its messages; our own server alone reads them
 */
public record SessionBatch(String workerId, boolean whole, List<ObjectNode> sessions, List<String> removed,
    Map<String, List<ObjectNode>> messages) {

  /** All sessions and nothing else, as every server takes it. */
  public static SessionBatch whole(String workerId, List<ObjectNode> sessions) {
    return new SessionBatch(workerId, true, sessions, List.of(), Map.of());
  }

  ObjectNode toJson() {
    var body = Json.object().put("worker_id", workerId);
    body.putArray("sessions").addAll(sessions);
    if (!whole) {
      body.put("partial", true);
    }
    if (!removed.isEmpty()) {
      body.set("removed", Json.array(removed));
    }
    if (!messages.isEmpty()) {
      var told = body.putObject("messages");
      messages.forEach((session, list) -> told.putArray(session).addAll(list));
    }
    return body;
  }
}
