package tests.fake;

import module java.base;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import lib.core.Json;

/** The sessions that workers uploaded to the fake server. Not thread-safe. */
final class Synced {
  private final Map<String, Map<String, JsonNode>> sessions = new LinkedHashMap<>();
  private final Map<String, JsonNode> messages = new LinkedHashMap<>();

  /** Takes a call below {@code …/codebases/{id}/sessions}. */
  Reply take(String codebase, List<String> rest, ObjectNode body) {
    if (rest.size() == 3 && rest.get(1).equals("messages")) {
      messages.put(rest.getFirst(), body.path("messages"));
      return Reply.ok(Json.object().put("success", true).put("messages_count", body.path("messages").size()));
    }
    var its = sessions.computeIfAbsent(codebase, k -> new LinkedHashMap<>());
    if (!body.path("partial").asBoolean()) {
      its.clear();
    }
    body.path("removed").forEach(id -> its.remove(id.asText()));
    body.path("sessions").forEach(session -> its.put(session.path("id").asText(), session));
    body.path("messages").properties().forEach(talk -> messages.put(talk.getKey(), talk.getValue()));
    return Reply.ok(Json.object().put("success", true).put("sessions_count", its.size()));
  }

  List<JsonNode> sessions(String codebase) {
    return List.copyOf(sessions.getOrDefault(codebase, Map.of()).values());
  }

  List<JsonNode> messages(String session) {
    return messages.getOrDefault(session, Json.MAPPER.createArrayNode()).valueStream().toList();
  }

  void forget() {
    sessions.clear();
    messages.clear();
  }
}
