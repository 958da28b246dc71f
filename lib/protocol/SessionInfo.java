package lib.protocol;

import module java.base;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import lib.core.Json;

/**
 * A session of an agent CLI as the server knows it. Fields that it does not give are null.
 *
 * @param codebaseId where it was found
 * @param messages how many it has, as its worker counted them
 * @param workerId the worker that has it; only our own server says so
 * @param raw the object as it came
 */
public record SessionInfo(String id, String codebaseId, String title, String directory, Instant created, Instant updated,
    Integer messages, String agentKind, String workerId, ObjectNode raw) {

  /** Reads any shape; empty when it is no object or has no id. */
  public static Optional<SessionInfo> read(JsonNode node, String codebaseId) {
    var object = node.path("session").isObject() ? node.path("session") : node;
    var id = Json.text(object, "id", "session_id");
    if (!(object instanceof ObjectNode raw) || id == null) {
      return Optional.empty();
    }
    var count = raw.path(raw.has("messageCount") ? "messageCount" : "message_count");
    return Optional.of(new SessionInfo(id, codebaseId, Json.text(raw, "title"), Json.text(raw, "directory"), time(raw, "created"),
        time(raw, "updated"), count.canConvertToInt() ? count.asInt() : null, Json.text(raw, "agent_kind"), Json.text(raw, "worker_id"),
        raw));
  }

  private static Instant time(ObjectNode raw, String field) {
    var own = Timestamps.read(raw, field, field + "_at");
    return own != null ? own : Timestamps.read(raw.path("time"), field); // as the CLI itself has it
  }

  /** What it is ordered by: when it last changed, else when it began; the epoch when it has neither. */
  public Instant latest() {
    return updated != null ? updated : created != null ? created : Instant.EPOCH;
  }
}
