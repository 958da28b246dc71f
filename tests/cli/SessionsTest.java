package tests.cli;

import module java.base;
import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import lib.client.ApiClient;
import lib.client.http.ApiException;
import lib.core.Json;
import lib.protocol.TaskReport;
import lib.protocol.TaskStatus;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;
import tests.config.Ran;
import tests.fake.FakeServer.Version;
import tests.fake.FakeServer;

/** The sessions commands find a session wherever it is, show it without harm, and resume it once. */
class SessionsTest extends DeskTestBase {
  private static final String SESSIONS = "/v1/agent/codebases/*/sessions";

  private String codebase;

  @BeforeEach
  void aWorkerWithACodebase() throws Exception {
    codebase = worker("w", "demo", "/srv/demo");
  }

  /** A worker's part: these sessions are what the codebase has. */
  private void sync(String codebase, Object sessions, Map<String, ?> messages) throws Exception {
    upload(codebase, null, "sessions", sessions);
    for (var session : messages.entrySet()) {
      upload(codebase, session.getKey(), "messages", session.getValue());
    }
  }

  private void upload(String codebase, String session, String field, Object rows) throws ApiException, InterruptedException {
    client.sessions().upload(codebase, session, Json.object().put("worker_id", "w").set(field, Json.MAPPER.valueToTree(rows)));
  }

  private void sync(String codebase, String... ids) throws Exception {
    var rows = new ArrayList<Map<String, Object>>();
    for (var id : ids) {
      rows.add(Map.of("id", id, "title", "Title of " + id, "updated", "2026-01-0%dT00:00:00Z".formatted(rows.size() + 1),
          "messageCount", 3));
    }
    sync(codebase, rows, Map.of());
  }

  private static List<String> ids(String json) throws IOException {
    return Json.read(json).valueStream().map(s -> s.path("id").asText()).toList();
  }

  private JsonNode task(String id) throws Exception {
    return client.task(id).raw();
  }

  // --- listing

  @Test
  void globalIsWhatEachWorkerHasOfNoOtherCodebaseAndWhatTheServerHas() throws Exception {
    sync(codebase, "ses_1");
    sync(worker("w", "global", "/home/w"), "ses_2");
    sync(worker("v", "global", "/home/v"), "ses_3");
    sync("global", "ses_4");
    assertThat(ids(ran("sessions", "list", "--json", "--codebase", "global").out())).containsExactlyInAnyOrder("ses_2", "ses_3", "ses_4");
    assertThat(ran("sessions", "show", "--codebase", "global", "ses_2").exit()).isZero();
  }

  @Test
  void aListIsOfAllCodebasesNewestFirst() throws Exception {
    var other = worker("w", "other", "/srv/other");
    sync(codebase, "ses_1", "ses_2");
    sync(other, "x", "y", "ses_3");
    sync("global", "g");
    var ran = ran("sessions", "list", "--json");
    assertThat(ran.exit()).as(ran.toString()).isZero();
    assertThat(ids(ran.out())).startsWith("ses_3").hasSize(6).contains("g");
    assertThat(ran.json().path(0)).isEqualTo(Json.read("""
        {"id": "ses_3", "codebase_id": "%s", "title": "Title of ses_3", "directory": null, "created": null,
         "updated": "2026-01-03T00:00:00Z", "messages": 3, "agent_kind": null, "worker_id": "w"}""".formatted(other)));
    for (var name : List.of(codebase, "demo", "/srv/demo")) {
      assertThat(ids(ran("sessions", "list", "--json", "--codebase", name).out())).as(name).containsExactly("ses_2", "ses_1");
    }
    assertThat(ids(ran("sessions", "list", "--json", "--search", "OF SES").out())).containsExactly("ses_3", "ses_2", "ses_1");
    var lines = ran("sessions", "list", "--limit", "1");
    assertThat(lines.out()).isEqualTo("ses_3\t2026-01-03T00:00:00Z\t" + other + "\t3\tTitle of ses_3\n");
    assertThat(lines.err()).isEqualTo("1 of 6; --limit N shows more, --search TEXT finds one\n");
    assertThat(ran("sessions", "list", "--codebase", "nope").err()).contains("problem: there is no codebase nope");
  }

  @Test
  void nothingIsSaidHelpfully() throws Exception {
    assertThat(ran("sessions", "list")).isEqualTo(new Ran(0, "", "no sessions: no worker has uploaded any\n"));
    assertThat(ran("sessions", "list", "--codebase", "demo").err()).contains("any in codebase demo");
    assertThat(ran("sessions", "list", "--json").out().strip()).isEqualTo("[ ]");
    assertThat(ran("sessions", "list", "--search", "x\u001b").err()).isEqualTo("no session has x\\u001b in its title or id\n");
    sync(codebase, "ses_1");
    assertThat(ran("sessions", "messages", "ses_1").err()).isEqualTo("no messages: its worker uploaded the session only\n");
  }

  @ParameterizedTest
  @ValueSource(strings = {"list --limit 0", "messages --limit -1 x"})
  void aLimitIsAtLeastOne(String line) {
    ran(("sessions " + line).split(" ")).fails(2, "problem: --limit is ", "at least 1");
  }

  // --- finding one

  @Test
  void aSessionIsFoundByHowItsIdBegins() throws Exception {
    sync(codebase, "ses_a", "ses_ab", "ses_c/ü");
    assertThat(ran("sessions", "show", "ses_c").out()).contains("id\tses_c/ü\n", "title\tTitle of ses_c/ü\n",
        "codebase\t" + codebase + "\n",
        "messages\t3\n", "updated\t2026-01-03T00:00:00Z\n", "worker\tw\n", "directory\t-\n");
    assertThat(ran("sessions", "show", "ses_a").out()).as("the whole id is no beginning").contains("id\tses_a\n");
    assertThat(ran("sessions", "show", "--json", "ses_ab").json().path("codebase_id").asText()).isEqualTo(codebase);
    ran("sessions", "show", "ses_").fails(1, "problem: several sessions begin with ses_", "ses_c/ü, ses_ab, ses_a", "give more of the id");
  }

  @Test
  void aBeginningIsFoundOnWhateverPageItIs() throws Exception {
    sync(codebase, IntStream.range(0, 450).mapToObj(i -> Map.of("id", "s%03d".formatted(i))).toList(), Map.of());
    assertThat(ran("sessions", "show", "s44").err()).contains("several", "s440, s441");
    assertThat(ran("sessions", "show", "s449").out()).contains("id\ts449\n");
    sync(codebase, IntStream.range(0, 450).mapToObj(i -> Map.of("id", i == 430 ? "z-last" : "s%03d".formatted(i))).toList(), Map.of());
    assertThat(ran("sessions", "show", "z").out()).contains("id\tz-last\n");
  }

  @Test
  void theSameSessionInSeveralCodebasesIsAQuestionButForTheGlobalOne() throws Exception {
    sync(codebase, "ses_1");
    sync("global", "ses_1");
    assertThat(ran("sessions", "show", "ses_1").out()).contains("codebase\t" + codebase + "\n");
    assertThat(ran("sessions", "show", "--codebase", "global", "ses_1").out()).contains("codebase\tglobal\n");
    var other = worker("w", "other", "/srv/other");
    sync(other, "ses_1");
    assertThat(ran("sessions", "show", "ses").err()).contains("session ses_1 is in several codebases", codebase, other, "--codebase");
    assertThat(ran("sessions", "show", "--codebase", "other", "ses").out()).contains("codebase\t" + other + "\n");
  }

  @ParameterizedTest
  @ValueSource(strings = {"show", "messages", "resume"})
  void aSessionThatIsNotThereIsSaidInOneWay(String command) {
    for (var id : List.of("nope", "", "../../health", "a\u001b[31m", "x".repeat(300))) {
      var ran = ran("sessions", command, id);
      assertThat(ran.exit()).as(id).isEqualTo(1);
      assertThat(ran.out()).isEmpty();
      assertThat(ran.err()).startsWith("problem: ").doesNotContain("\tat ", "\u001b");
    }
    assertThat(ran("sessions", command, "nope", "--codebase", "demo").err()).contains("problem: there is no session nope",
        "knows none whose id begins so in codebase demo", "fix: sessions list");
  }

  // --- reading one

  @Test
  void theNewestMessagesArePrintedOldestFirst() throws Exception {
    sync(codebase, List.of(Map.of("id", "ses_1")), Map.of("ses_1", List.of(
        Map.of("role", "user", "content", "first"),
        Map.of("id", "m2", "role", "user", "time", Map.of("created", "2026-01-01T00:00:00Z"),
            "parts", List.of(Map.of("type", "text", "text", "Fix it\n"))),
        Map.of("role", "assistant", "model", "p/m", "parts", List.of(Map.of("type", "text", "text", "Done \u001b[31mred"),
            Map.of("type", "tool", "tool", "bash\u001b"))))));
    var ran = ran("sessions", "messages", "ses", "--limit", "2");
    assertThat(ran.out()).isEqualTo("— user, 2026-01-01T00:00:00Z\nFix it\n\n— assistant, p/m\nDone \u001b[31mred\n[bash\\u001b]\n");
    assertThat(ran.err()).isEqualTo("\nthe newest 2 of 3; --limit N shows more\n");
    assertThat(at(80).ran("sessions", "messages", "ses").out()).contains("Done [31mred\n").doesNotContain("\u001b");
    assertThat(ran("sessions", "messages", "--json", "ses").json().path(1)).isEqualTo(Json.read("""
        {"id": "m2", "role": "user", "created": "2026-01-01T00:00:00Z", "model": null, "text": "Fix it\\n", "tools": []}"""));
  }

  // --- resuming

  @Test
  void aResumeMakesOneTaskForTheSessionsWorker() throws Exception {
    sync(codebase, "ses_1");
    var first = ran("sessions", "resume", "ses", "Now add a test", "--model", "p/m", "--agent-type", "plan");
    assertThat(first.exit()).as(first.toString()).isZero();
    assertThat(first.out()).endsWith("\tpending\n");
    assertThat(first.err()).isEmpty();
    var id = first.out().split("\t")[0];
    assertThat(task(id).path("metadata").path("resume_session_id").asText()).isEqualTo("ses_1");
    assertThat(task(id).path("prompt").asText()).isEqualTo("Now add a test");
    assertThat(task(id).path("model").asText()).isEqualTo("p/m");
    assertThat(task(id).path("agent_type").asText()).isEqualTo("plan");
    assertThat(task(id).path("target_worker_id").asText()).isEqualTo("w");
    var again = ran("sessions", "resume", "ses", "Now add a test", "--model", "p/m", "--agent-type", "plan");
    assertThat(again).isEqualTo(new Ran(0, first.out(), "it is being resumed already, by this task\n"));
    assertThat(client.tasks(new ApiClient.Query(null, null, null, null))).hasSize(1);
  }

  @Test
  void itIsFollowedToItsEnd() throws Exception {
    sync(codebase, "ses_1");
    var id = ran("sessions", "resume", "ses_1").out().split("\t")[0];
    client.claim(id, "w");
    client.output(id, "w", "on it\n", Instant.now(), 1, 1);
    var ended = new ByteArrayOutputStream() { // the task ends once somebody has seen its output
      @Override
      public synchronized void write(byte[] bytes, int from, int length) {
        super.write(bytes, from, length);
        try {
          client.status(new TaskReport(id, "w", TaskStatus.COMPLETED, "ses_1", "the answer", null, 1));
        } catch (ApiException | InterruptedException e) {
          throw new AssertionError(e);
        }
      }
    };
    var ran = into(ended, "sessions", "resume", "ses_1", "--follow", "--server", hub.url().toString());
    assertThat(ran).isEqualTo(new Ran(0, "on it\n", "it is being resumed already, by this task\ntask " + id + "\ntask " + id
        + " completed\n"));
  }

  @Test
  void aWorkerThatIsAwayIsSaidSo() throws Exception {
    sync(codebase, "ses_1");
    client.unregister("w");
    var ran = ran("sessions", "resume", "ses_1");
    assertThat(ran.exit()).isZero();
    assertThat(ran.err()).isEqualTo("no live worker has codebase demo; the task waits for one\n");
  }

  // --- other servers

  @ParameterizedTest
  @EnumSource(Version.class)
  void onAnotherServerTheyDoAsWellAsItCan(Version version) throws Exception {
    try (var server = FakeServer.start(version)) {
      var id = server.addCodebase("proj", "/srv/proj", "w");
      assertThat(ranAt(server.url(), "sessions", "list").err()).contains("problem: the server", "keeps no sessions");
      server.on("GET", "/v1/agent/codebases/global/sessions").answer(404, "Codebase not found");
      server.on("GET", "/v1/agent/codebases/" + id + "/sessions").answer(200, """
          {"sessions": [{"id": "ses_1", "title": "A", "created_at": "2026-01-01T00:00:00"}, {"id": "ses_2", "updated": 1767312000000}],
           "source": "database"}""");
      server.on("GET", "/v1/agent/codebases/" + id + "/sessions/ses_1/messages").answer(200,
          "{\"messages\":[{\"role\":\"user\",\"content\":\"hi\"}],\"session_id\":\"ses_1\",\"source\":\"error\"}");
      server.on("GET", SESSIONS + "/*").answer(404, "Session not found"); // which is no proof there
      assertThat(ranAt(server.url(), "sessions", "list").out()).isEqualTo("ses_2\t2026-01-02T00:00:00Z\t" + id + "\t\t\n"
          + "ses_1\t2026-01-01T00:00:00Z\t" + id + "\t\tA\n");
      assertThat(ranAt(server.url(), "sessions", "show", "ses_1").out()).contains("title\tA\n", "worker\t-\n");
      assertThat(ranAt(server.url(), "sessions", "messages", "ses_1").out()).isEqualTo("— user\nhi\n");
      server.on("POST", SESSIONS + "/ses_1/resume").answer(200, "{\"success\":true,\"task_id\":null}").times(1);
      ranAt(server.url(), "sessions", "resume", "ses_1").fails(1, "problem: session ses_1 is not resumed", "made no task", "tasks create --resume ses_1");
      var task = server.addTask(id, "go on");
      server.on("POST", SESSIONS + "/ses_1/resume").answer(200, "{\"success\":true,\"task_id\":\"" + task + "\"}");
      assertThat(ranAt(server.url(), "sessions", "resume", "ses_1").out()).isEqualTo(task + "\tpending\n");
    }
  }
}
