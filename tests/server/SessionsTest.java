package tests.server;

import module java.base;
import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.sql.DriverManager;
import lib.client.ApiClient;
import lib.client.SessionClient.Resume;
import lib.client.http.ServerAddress;
import lib.core.Environment;
import lib.core.Json;
import lib.server.EmbeddedServer;
import lib.server.ServerOptions;
import lib.server.http.Tokens;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import tests.Project;

/** The server has the sessions that workers uploaded last, and no others; people read them page by page. */
class SessionsTest extends SessionsFixture {
  private List<String> ids(String query) throws IOException {
    return texts(Served.ok(hub.get(sessions + query)).path("sessions"), "id");
  }

  private static List<String> texts(JsonNode rows, String field) {
    return rows.valueStream().map(row -> row.path(field).asText()).toList();
  }

  private List<String> said(String session, String query) throws IOException {
    return Served.ok(hub.get(sessions + "/" + session + "/messages" + query)).path("messages").valueStream()
        .map(m -> m.path("parts").path(0).path("text").asText()).toList();
  }

  // --- uploading

  @Test
  void replacesTheListOfThisWorker() throws Exception {
    assertThat(sync("w", Map.of(), "a", "b")).isEqualTo(2);
    assertThat(sync("w", Map.of(), "b", "c", "c")).isEqualTo(2);
    assertThat(ids("")).containsExactlyInAnyOrder("b", "c");
    assertThat(sync("w", Map.of())).isZero();
    assertThat(ids("")).isEmpty();
  }

  @Test
  void anotherLivingWorkersSessionsStay() throws Exception {
    hub.worker("v");
    sync("v", Map.of(), "theirs", "both");
    assertThat(sync("w", Map.of(), "ours", "both")).isEqualTo(2);
    assertThat(ids("")).containsExactlyInAnyOrder("theirs", "ours", "both");
    sync("v", Map.of());
    assertThat(ids("")).containsExactlyInAnyOrder("ours", "both");
  }

  @Test
  void ofTwoWorkersWordsTheNewerOneIsShown() throws Exception {
    hub.worker("v");
    sync("v", Map.of("sessions", List.of(Map.of("id", "s", "title", "new", "updated", "2026-01-02T00:00:00Z"))));
    sync("w", Map.of("sessions", List.of(Map.of("id", "s", "title", "old", "updated", "2026-01-01T00:00:00Z"))));
    var page = Served.ok(hub.get(sessions));
    assertThat(page.path("total").asInt()).isEqualTo(1);
    assertThat(page.path("sessions").path(0).path("title").asText()).isEqualTo("new");
    assertThat(Served.ok(hub.get(sessions + "/s")).path("worker_id").asText()).isEqualTo("v");
  }

  @Test
  void removesTheSessionsOfADeadWorkerWithTheOwnersList() throws Exception {
    sync("gone", Map.of(), "ghost");
    hub.worker("old");
    sync("old", Map.of(), "older");
    assertThat(sync("w", Map.of(), "a")).isEqualTo(1);
    assertThat(ids("")).containsExactlyInAnyOrder("a", "older");
    hub.time.advance(Duration.ofSeconds(301));
    sync("w", Map.of(), "a");
    assertThat(ids("")).containsExactly("a");
  }

  @Test
  void replacesTheMessagesOfASessionAndRemovesThemWithIt() throws Exception {
    sync("w", Map.of(), "a", "b");
    syncMessages("a", List.of(message("one"), message("two")));
    assertThat(said("a", "")).containsExactly("one", "two");
    assertThat(said("b", "")).isEmpty();
    var again = Served.ok(hub.post(sessions + "/a/messages/sync", Map.of("worker_id", "w", "messages", List.of(message("three")))));
    Served.has(again, "success", true, "messages_count", 1);
    sync("w", Map.of(), "a");
    assertThat(said("a", "")).as("the list alone changes no messages").containsExactly("three");
    sync("w", Map.of(), "b");
    sync("w", Map.of(), "a", "b");
    assertThat(said("a", "")).as("they went with their session").isEmpty();
  }

  @Test
  void rejectsMessagesOfASessionThatTheWorkerHasNotUploaded() throws Exception {
    sync("v", Map.of(), "theirs");
    for (var id : List.of("nope", "theirs")) {
      assertThat(Served.refused(hub.post(sessions + "/" + id + "/messages/sync", Map.of("worker_id", "w", "messages", List.of())), 404).detail())
          .startsWith("Session not found");
    }
  }

  @Test
  void allOfItSurvivesARestart() throws Exception {
    sync("w", Map.of(), "a", "b");
    syncMessages("a", List.of(message("one")));
    var task = resume("a", Map.of()).path("task_id").asText();
    var before = List.of(hub.get(sessions).text(), hub.get(sessions + "/a").text(), hub.get(sessions + "/a/messages").text());
    hub.restart();
    assertThat(List.of(hub.get(sessions).text(), hub.get(sessions + "/a").text(), hub.get(sessions + "/a/messages").text()))
        .isEqualTo(before);
    assertThat(resume("a", Map.of()).path("task_id").asText()).isEqualTo(task);
  }

  @Test
  void sessionsWithoutACodebaseAreGlobalAndOfEveryWorker() throws Exception {
    sessions = "/v1/agent/codebases/global/sessions";
    assertThat(sync("w", Map.of(), "a")).isEqualTo(1);
    assertThat(sync("v", Map.of(), "b")).isEqualTo(1);
    sync("w", Map.of(), "c");
    assertThat(ids("")).containsExactlyInAnyOrder("b", "c");
    var task = hub.show(resume("c", Map.of()).path("task_id").asText());
    assertThat(task.path("codebase_id").asText()).isEqualTo("global");
    assertThat(hub.tryClaim(task.path("id").asText(), "v").code()).isEqualTo("not_eligible");
    assertThat(hub.claim(task.path("id").asText(), "w")).isEqualTo(1);
  }

  @Test
  void aCodebaseThatIsDeletedTakesItsSessionsAlong() throws Exception {
    sync("w", Map.of(), "a");
    syncMessages("a", List.of(message("one")));
    var task = resume("a", Map.of()).path("task_id").asText();
    Served.ok(hub.call("DELETE", "/v1/agent/codebases/" + codebase, Map.of(), null));
    assertThat(hub.status(task)).isEqualTo("cancelled");
    for (var path : List.of("", "/a", "/a/messages")) {
      assertThat(Served.refused(hub.get(sessions + path), 404).detail()).isEqualTo("Codebase not found");
    }
    assertThat(trySync("w", Map.of(), "a").detail()).isEqualTo("Codebase not found");
    assertThat(hub.post(sessions + "/a/resume", Map.of()).detail()).isEqualTo("Codebase not found");
    hub.database("CREATE TABLE left_over (rows integer CHECK (rows = 0))");
    for (var table : List.of("sessions", "session_lists", "messages", "resumes")) {
      hub.database("INSERT INTO left_over SELECT COUNT(*) FROM " + table);
    }
  }

  // --- reading

  @Test
  void theNewestComesFirstHoweverItsTimeIsSpelled() throws Exception {
    var rows = List.of(Map.of("id", "none"), Map.of("id", "seconds", "updated", 1_767_225_601), Map.of("id", "zoned", "updated",
        "2026-01-01T02:00:02+02:00"), Map.of("id", "bare", "updated_at", "2026-01-01 00:00:03"), Map.of("id", "millis", "updated",
        1_767_225_604_000L), Map.of("id", "begun", "created_at", "2026-01-01T00:00:05Z"), Map.of("id", "raw", "time",
        Map.of("updated", 1_767_225_606_000.5)), Map.of("id", "absurd", "updated", 1e300), Map.of("id", "words", "updated", "yesterday"));
    sync("w", Map.of("sessions", rows));
    assertThat(ids("")).containsExactly("raw", "begun", "millis", "bare", "zoned", "seconds", "absurd", "none", "words");
    var one = Served.ok(hub.get(sessions + "/millis"));
    assertThat(one.path("updated").asText()).isEqualTo("2026-01-01T00:00:04.000000Z").isEqualTo(one.path("updated_at").asText());
    assertThat(Served.ok(hub.get(sessions + "/begun")).path("created").asText()).isEqualTo("2026-01-01T00:00:05.000000Z");
  }

  @Test
  void returnsASessionWithAllFieldsOfItsWorker() throws Exception {
    sync("w", Map.of("sessions", List.of(Map.of("id", "s/1 ü", "title", "T", "summary", Map.of("files", 3), "worker_id", "liar",
        "codebase_id", "elsewhere"))));
    var got = Served.ok(hub.get(sessions + "/s%2F1%20%C3%BC"));
    assertThat(got.path("id").asText()).isEqualTo("s/1 ü");
    assertThat(got.path("summary").path("files").asInt()).isEqualTo(3);
    assertThat(got.path("worker_id").asText()).isEqualTo("w");
    assertThat(got.path("codebase_id").asText()).isEqualTo(codebase).isEqualTo(got.path("workspace_id").asText());
    assertThat(got.path("synced_at").asText()).startsWith("2026-01-01T");
  }

  @Test
  void aPageIsCutFromTheWhole() throws Exception {
    sync("w", Map.of("sessions", IntStream.range(0, 250).mapToObj(i -> session("s%03d".formatted(i), "2026-01-01T00:%02d:%02dZ"
        .formatted(i / 60, i % 60))).toList()));
    var first = Served.ok(hub.get(sessions));
    assertThat(first.path("sessions")).hasSize(50);
    assertThat(first.path("sessions").path(0).path("id").asText()).isEqualTo("s249");
    assertThat(Json.write(((ObjectNode) first).remove(List.of("sessions", "synced_at")))).isEqualTo(
        "{\"total\":250,\"limit\":50,\"offset\":0,\"hasMore\":true,\"source\":\"worker_sync\"}");
    var last = Served.ok(hub.get(sessions + "?limit=100&offset=200"));
    assertThat(last.path("sessions")).hasSize(50);
    assertThat(last.path("hasMore").asBoolean()).isFalse();
    assertThat(Served.ok(hub.get(sessions + "?limit=100000")).path("limit").asInt()).isEqualTo(200);
    assertThat(Served.ok(hub.get(sessions + "?limit=0")).path("limit").asInt()).isEqualTo(1);
    assertThat(Served.ok(hub.get(sessions + "?offset=2147483647")).path("sessions")).isEmpty();
  }

  @Test
  void aSearchIsForTextInTitleOrId() throws Exception {
    sync("w", Map.of("sessions", List.of(Map.of("id", "ses_A1", "title", "100% Über_Login"), Map.of("id", "ses_B2", "title", "100 of 200"),
        Map.of("id", "sesXC3", "title", 7))));
    for (var found : Map.of("%C3%BCBER", "ses_A1", "100%25", "ses_A1", "r_l", "ses_A1", "b2", "ses_B2", "xc3", "sesXC3").entrySet()) {
      assertThat(ids("?q=" + found.getKey())).as(found.getKey()).containsExactly(found.getValue());
    }
    assertThat(hub.get(sessions + "?q=%00").status()).isEqualTo(200);
    assertThat(ids("?q=!")).isEmpty();
    assertThat(ids("?q=%20")).hasSize(3);
    assertThat(Served.ok(hub.get(sessions + "?q=100&limit=1")).path("total").asInt()).isEqualTo(2);
  }

  @Test
  void returnsAnEmptyListWhenNoWorkerUploadedOne() throws Exception {
    var never = Served.ok(hub.get(sessions));
    assertThat(never.path("sessions")).isEmpty();
    assertThat(never.path("total").asInt()).isZero();
    assertThat(never.path("synced_at").isNull()).isTrue();
    sync("w", Map.of());
    assertThat(Served.ok(hub.get(sessions)).path("synced_at").asText()).startsWith("2026-01-01T");
    for (var path : List.of("/nope", "/nope/messages", "/sync")) {
      assertThat(Served.refused(hub.get(sessions + path), 404).detail()).isEqualTo("Session not found");
    }
    assertThat(hub.get("/v1/agent/codebases/nope/sessions").detail()).isEqualTo("Codebase not found");
  }

  @Test
  void theNewestMessagesComeOldestFirstWithTheirNumber() throws Exception {
    sync("w", Map.of(), "a");
    syncMessages("a", IntStream.range(0, 130).mapToObj(i -> message("m" + i)).toList());
    assertThat(said("a", "")).hasSize(100).startsWith("m30").endsWith("m129");
    assertThat(said("a", "?limit=2")).containsExactly("m128", "m129");
    assertThat(said("a", "?limit=100000")).hasSize(130);
    var answer = Served.ok(hub.get(sessions + "/a/messages?limit=2"));
    Served.has(answer, "total", 130, "session_id", "a", "source", "worker_sync");
    assertThat(answer.path("synced_at").asText()).isNotEmpty();
  }

  @Test
  void anAnswerHoldsEightMebibytesAndShortensWhatDoesNotFit() throws Exception {
    var big = "x".repeat(1_000_000);
    for (var i = 0; i < 12; i++) { // a worker each, since a list has at most 16 MiB
      var row = new HashMap<>(session("s" + i, "2026-01-01T00:00:%02dZ".formatted(59 - i)));
      row.put("title", big);
      hub.worker("w" + i);
      sync(i == 0 ? "w" : "w" + i, Map.of("sessions", List.of(row)));
    }
    syncMessages("s0", IntStream.range(0, 12).mapToObj(n -> message(n + big)).toList());
    var page = Served.ok(hub.get(sessions)).path("sessions");
    assertThat(page.valueStream().map(s -> s.path("title").asText().length()).toList()).startsWith(1_000_000).endsWith(4096).hasSize(12);
    assertThat(page.path(11).path("messageCount").asInt()).isEqualTo(2);
    assertThat(page.path(11).path("worker_id").asText()).isEqualTo("w11");
    var said = said("s0", "");
    assertThat(said).hasSizeBetween(7, 9);
    assertThat(said.getLast()).startsWith("11x");
    assertThat(Served.ok(hub.get(sessions + "/s0/messages")).path("total").asInt()).isEqualTo(12);
  }

  // --- bad input

  @ParameterizedTest
  @CsvSource(delimiter = '|', textBlock = """
      /sync            | {}
      /sync            | {"worker_id": "w"}
      /sync            | {"sessions": []}
      /sync            | {"worker_id": 7, "sessions": []}
      /sync            | {"worker_id": "w", "sessions": null}
      /sync            | {"worker_id": "w", "sessions": {}}
      /sync            | {"worker_id": "w", "sessions": ["a"]}
      /sync            | {"worker_id": "w", "sessions": [{}]}
      /sync            | {"worker_id": "w", "sessions": [{"id": 7}]}
      /sync            | {"worker_id": "w", "sessions": [{"id": ""}]}
      /sync            | {"worker_id": "w", "sessions": [{"id": "a\\u0000"}]}
      /a/messages/sync | {"worker_id": "w"}
      /a/messages/sync | {"messages": []}
      /a/messages/sync | {"worker_id": "w", "messages": [[]]}
      /a/resume        | {"prompt": 7}
      /a/resume        | {"agent": []}
      /a/resume        | {"model": {}}
      /a/resume        | {"request_id": "a\\nb"}
      """)
  void everyCallChecksItsFields(String rest, String body) throws Exception {
    sync("w", Map.of(), "a");
    Served.refused(hub.call("POST", sessions + rest, Map.of(), body), 422);
    assertThat(ids("")).containsExactly("a");
  }

  @ParameterizedTest
  @ValueSource(strings = {"?limit=many", "?limit=-1", "?offset=-1", "?offset=9999999999", "/a/messages?limit=1.5"})
  void aNumberThatIsNoneIsRefused(String rest) throws Exception {
    sync("w", Map.of(), "a");
    Served.refused(hub.get(sessions + rest), 400);
  }

  @Test
  void whatIsTooLargeIsSaidSo() throws Exception {
    var big = "x".repeat(1 << 20);
    assertThat(Served.refused(trySync("w", Map.of("sessions", List.of(Map.of("id", "a", "title", big)))), 413).detail())
        .isEqualTo("an entry of sessions is larger than 1 MiB");
    sync("w", Map.of(), "a");
    Served.refused(hub.post(sessions + "/a/messages/sync", Map.of("worker_id", "w", "messages", List.of(message(big)))), 413);
    try (var wire = hub.wire()) {
      wire.send("POST " + sessions + "/sync HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n"
          + "Content-Length: 16777217\r\n\r\n");
      Served.refused(wire.receive(false), 413);
    }
    Served.refused(hub.get(sessions + "?q=" + "x".repeat(257)), 400);
    Served.refused(hub.get(sessions + "/" + "x".repeat(257)), 422);
    assertThat(Served.ok(hub.post(sessions + "/a/messages/sync", Map.of("worker_id", "w", "messages",
        IntStream.range(0, 14).mapToObj(i -> message(big.substring(100))).toList()))).path("messages_count").asInt()).isEqualTo(14);
  }

  // --- an older server's data

  @Test
  void theDatabaseOfTheVersionBeforeIsTakenOver(@TempDir Path temp) throws Exception {
    var file = temp.resolve("server.db");
    try (var connection = DriverManager.getConnection("jdbc:sqlite:" + file); var statement = connection.createStatement()) {
      for (var sql : Files.readString(Project.file("tests/server/server-v1.sql")).split(";\\s*\n")) {
        statement.execute(sql);
      }
    }
    try (var server = EmbeddedServer.start(new ServerOptions("127.0.0.1", 0, file, Tokens.NONE), new StillTime())) {
      var client = new ApiClient(new ServerAddress(server.url(), null, null, new Environment(Map.of(), temp, temp, "host")));
      assertThat(client.info().serverId()).isEqualTo("3f0e8f3a-0000-4000-8000-000000000001");
      assertThat(client.task("t1").result()).isEqualTo("done");
      assertThat(client.output("t1", 0).chunks()).containsExactly("one");
      assertThat(client.claim("t2", "w")).isNotNull();
      assertThat(client.sessions().list("0c0deba5", 10, 0, null).total()).isZero();
      var body = "{\"worker_id\":\"w\",\"sessions\":[{\"id\":\"ses_1\"}]}";
      try (var wire = Wire.to(server.url())) {
        wire.send("POST /v1/agent/codebases/0c0deba5/sessions/sync HTTP/1.1\r\nHost: localhost\r\n"
            + "Content-Type: application/json\r\nContent-Length: " + body.length() + "\r\n\r\n" + body);
        Served.ok(wire.receive(false));
      }
      assertThat(client.sessions().resume("0c0deba5", "ses_1", new Resume(null, null, null, null)).workerId()).isEqualTo("w");
    }
  }
}
