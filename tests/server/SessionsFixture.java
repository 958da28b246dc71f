package tests.server;

import module java.base;
import com.fasterxml.jackson.databind.JsonNode;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.extension.RegisterExtension;
import tests.server.Wire.Got;

/** A server with a worker {@code w} that has one codebase, of whose sessions lists are uploaded. */
abstract class SessionsFixture {
  @RegisterExtension
  final Served hub = new Served();
  String codebase;
  String sessions;

  @BeforeEach
  void aWorkerWithACodebase() throws Exception {
    hub.worker("w");
    codebase = hub.codebase("w", "/srv/app");
    sessions = "/v1/agent/codebases/" + codebase + "/sessions";
  }

  static Map<String, Object> session(String id, String updated) {
    return Map.of("id", id, "title", "Title of " + id, "updated", updated, "directory", "/srv/app", "messageCount", 2);
  }

  static Map<String, Object> message(String text) {
    return Map.of("role", "user", "parts", List.of(Map.of("type", "text", "text", text)));
  }

  final int sync(String worker, Map<String, ?> more, String... ids) throws IOException {
    return Served.ok(trySync(worker, more, ids)).path("sessions_count").asInt();
  }

  final void syncMessages(String session, List<Map<String, Object>> messages) throws IOException {
    Served.ok(hub.post(sessions + "/" + session + "/messages/sync", Map.of("worker_id", "w", "messages", messages)));
  }

  final Got trySync(String worker, Map<String, ?> more, String... ids) throws IOException {
    var body = new HashMap<String, Object>(Map.of("worker_id", worker,
        "sessions", Stream.of(ids).map(id -> session(id, "2026-01-01T00:00:00Z")).toList()));
    body.putAll(more);
    return hub.post(sessions + "/sync", body);
  }

  final JsonNode resume(String session, Map<String, ?> body) throws IOException {
    return Served.ok(hub.post(sessions + "/" + session + "/resume", body));
  }
}
