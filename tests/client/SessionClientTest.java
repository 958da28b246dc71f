package tests.client;

import module java.base;
import static org.assertj.core.api.Assertions.*;

import lib.client.SessionClient.Resume;
import lib.client.SessionClient.Resumed;
import lib.client.http.ApiException;
import lib.protocol.SessionInfo;
import lib.protocol.SessionMessage;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import tests.fake.FakeServer.Version;
import tests.fake.FakeServer;

/** Sessions and messages are understood in every shape that servers give them, and what a server lacks is made up for. */
class SessionClientTest {
  private static final String SESSIONS = "/v1/agent/codebases/*/sessions";

  @ParameterizedTest
  @EnumSource(Version.class)
  void everyFamilyIsAsked(Version version) throws Exception {
    try (var server = FakeServer.start(version)) {
      server.on("GET", SESSIONS).answer(200, "{\"sessions\":[{\"id\":\"s\"}],\"total\":1}");
      assertThat(ApiClientTest.client(server).sessions().list("c/1", 5, 10, "a b&").sessions())
          .extracting(SessionInfo::id).containsExactly("s");
      var asked = server.requests("GET", SESSIONS).getLast();
      assertThat(asked.path()).endsWith("/c%2F1/sessions");
      assertThat(asked.query()).containsEntry("limit", "5").containsEntry("offset", "10");
    }
  }

  @Test
  void aPageIsTakenFromAServerThatGivesAll() throws Exception {
    try (var server = FakeServer.start(Version.V13)) {
      server.on("GET", SESSIONS).answer(200, """
          {"sessions": [
            {"id": "ses_old", "title": "Old Login", "created_at": "2026-01-01T00:00:00", "updated_at": "2026-01-01T00:00:00.5"},
            {"id": "ses_new", "title": "New login", "created": 1767312000000, "updated": 1767312000},
            {"id": "ses_raw", "title": null, "time": {"created": 1767225660000, "updated": 1767225720000}},
            {"title": "no id"}, "no object", {"id": "ses_none"}],
           "source": "opencode_api"}""");
      var sessions = ApiClientTest.client(server).sessions();
      var all = sessions.list("c", 50, 0, null);
      assertThat(all.total()).isEqualTo(4);
      assertThat(all.source()).isEqualTo("opencode_api");
      assertThat(all.syncedAt()).isNull();
      assertThat(all.sessions()).extracting(SessionInfo::id).containsExactly("ses_new", "ses_raw", "ses_old", "ses_none");
      assertThat(all.sessions()).extracting(SessionInfo::updated).containsExactly(Instant.parse("2026-01-02T00:00:00Z"),
          Instant.parse("2026-01-01T00:02:00Z"), Instant.parse("2026-01-01T00:00:00.5Z"), null);
      assertThat(all.sessions().getFirst().created()).isEqualTo("2026-01-02T00:00:00Z");
      assertThat(sessions.list("c", 1, 1, null).sessions()).extracting(SessionInfo::id).containsExactly("ses_raw");
      var found = sessions.list("c", 50, 0, "LOGIN");
      assertThat(found.sessions()).extracting(SessionInfo::id).containsExactly("ses_new", "ses_old");
      assertThat(found.total()).isEqualTo(2);
      assertThat(sessions.list("c", 50, 0, "raw").total()).isEqualTo(1);
    }
  }

  @Test
  void aPageOfAServerThatHasPagesIsTakenAsItIs() throws Exception {
    try (var server = FakeServer.start(Version.V16)) {
      server.on("GET", SESSIONS).answer(200, """
          {"sessions": [{"id": "a", "updated": "2026-01-01T00:00:00Z", "messageCount": 7, "directory": "/srv", "agent_kind": "opencode",
           "worker_id": "w"}, {"id": "b", "updated_at": "2026-01-02T00:00:00Z"}],
           "total": 40, "limit": 2, "offset": 10, "hasMore": true, "source": "worker_sync", "synced_at": "2026-01-03T00:00:00+00:00"}""");
      var page = ApiClientTest.client(server).sessions().list("c", 2, 10, "x");
      assertThat(page.total()).isEqualTo(40);
      assertThat(page.syncedAt()).isEqualTo("2026-01-03T00:00:00Z");
      assertThat(page.sessions()).extracting(SessionInfo::id).containsExactly("b", "a");
      assertThat(page.sessions().getLast()).satisfies(s -> {
        assertThat(s.codebaseId()).isEqualTo("c");
        assertThat(s.messages()).isEqualTo(7);
        assertThat(s.directory()).isEqualTo("/srv");
        assertThat(s.agentKind()).isEqualTo("opencode");
        assertThat(s.workerId()).isEqualTo("w");
      });
      assertThat(page.sessions().getFirst().messages()).isNull();
    }
  }

  @Test
  void aMessageIsReadInEveryShape() throws Exception {
    try (var server = FakeServer.start(Version.V16)) {
      server.on("GET", SESSIONS + "/s/messages").answer(200, """
          {"messages": [
            {"id": "m1", "role": "user", "content": "as text", "created_at": "2026-01-01T00:00:00Z", "model": "p/m"},
            {"info": {"id": "m2", "role": "assistant", "model": {"providerID": "p", "modelID": "m"}}, "time": {"created": 1767225600000},
             "parts": [{"type": "reasoning", "text": "hm"}, {"type": "text", "text": "one"}, {"type": "tool", "tool": "bash"},
                       {"text": "two"}, {"type": "tool", "state": {}}]},
            {"id": "m3", "info": {"role": "user", "content": "within"}},
            {"role": "assistant", "content": [{"type": "text", "text": "three"}, {"type": "tool_use", "name": "Edit"}, "four"]},
            {"parts": {"text": 7}, "model": {"modelID": "m"}}, "no object", null],
           "session_id": "s", "source": "database"}""");
      var talk = ApiClientTest.client(server).sessions().messages("c", "s", 100);
      assertThat(talk.total()).isEqualTo(5);
      assertThat(talk.messages()).extracting(SessionMessage::text).containsExactly("as text", "one\ntwo", "within", "three\nfour", "");
      assertThat(talk.messages()).extracting(SessionMessage::id).containsExactly("m1", "m2", "m3", null, null);
      assertThat(talk.messages()).extracting(SessionMessage::role).containsExactly("user", "assistant", "user", "assistant", null);
      assertThat(talk.messages()).extracting(SessionMessage::model).containsExactly("p/m", "p/m", null, null, "m");
      assertThat(talk.messages()).extracting(SessionMessage::tools).containsExactly(List.of(), List.of("bash", "tool"), List.of(),
          List.of("Edit"), List.of());
      assertThat(talk.messages()).extracting(SessionMessage::created).startsWith(Instant.parse("2026-01-01T00:00:00Z"),
          Instant.parse("2026-01-01T00:00:00Z")).endsWith(null, null, null);
      assertThat(server.requests("GET", SESSIONS + "/s/messages")).hasSize(1);
    }
  }

  @Test
  void theNewestMessagesAreFoundWhereAServerGivesTheOldest() throws Exception {
    try (var server = FakeServer.start(Version.V16)) {
      server.on("GET", SESSIONS + "/s/messages").answer(200, "{\"messages\":[{\"id\":\"1\"},{\"id\":\"2\"}]}").times(1);
      server.on("GET", SESSIONS + "/s/messages").answer(200, "{\"messages\":[{\"id\":\"1\"},{\"id\":\"2\"},{\"id\":\"3\"}]}");
      var talk = ApiClientTest.client(server).sessions().messages("c", "s", 2);
      assertThat(talk.messages()).extracting(SessionMessage::id).containsExactly("2", "3");
      assertThat(talk.total()).isEqualTo(3);
    }
  }

  @Test
  void aResumeSaysOnlyWhatIsWantedAndTellsWhatBecameOfIt() throws Exception {
    try (var server = FakeServer.start(Version.HEAD)) {
      var sessions = ApiClientTest.client(server).sessions();
      var route = SESSIONS + "/s/resume";
      server.on("POST", route).answer(200, "{\"success\":true,\"task_id\":\"t\",\"session_id\":\"s\"}").times(1);
      server.on("POST", route).answer(200, "{\"success\":true,\"task_id\":null}").times(1);
      server.on("POST", route).answer(404, "Workspace not found");
      assertThat(sessions.resume("c", "s", new Resume("go", "plan", "p/m", "r"))).isEqualTo(new Resumed("t", true, null));
      assertThat(sessions.resume("c", "s", new Resume(null, null, null, null)).taskId()).isNull();
      assertThat(catchThrowableOfType(ApiException.class, () -> sessions.resume("c", "s", new Resume(null, null, null, null))).kind())
          .isEqualTo(ApiException.Kind.MISSING);
      var bodies = server.requests("POST", route).stream().map(r -> r.json().toString()).toList();
      assertThat(bodies).startsWith("{\"prompt\":\"go\",\"agent\":\"plan\",\"model\":\"p/m\",\"request_id\":\"r\"}", "{}");
    }
  }

  @Test
  void anAnswerThatIsNoSessionIsNone() throws Exception {
    try (var server = FakeServer.start(Version.V16)) {
      var sessions = ApiClientTest.client(server).sessions();
      for (var body : List.of("[]", "{}", "{\"id\":null}")) {
        server.heal();
        server.on("GET", SESSIONS + "/s").answer(200, body);
        assertThat(catchThrowableOfType(ApiException.class, () -> sessions.get("c", "s")).kind()).isEqualTo(ApiException.Kind.GARBLED);
        server.on("GET", SESSIONS).answer(200, body);
        assertThat(sessions.list("c", 1, 0, null).sessions()).isEmpty();
      }
    }
  }
}
