package tests.server;

import module java.base;
import static org.assertj.core.api.Assertions.*;

import com.fasterxml.jackson.databind.JsonNode;
import lib.client.ApiClient;
import lib.client.http.ApiException;
import lib.client.http.ServerAddress;
import lib.core.Clock;
import lib.core.Environment;
import lib.core.Json;
import lib.server.EmbeddedServer;
import lib.server.ServerOptions;
import lib.server.http.Tokens;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.api.io.TempDir;

/** The three path families that clients of different ages use are one server. */
class FamiliesTest {
  private static final List<String> BASES = List.of("/v1/agent", "/v1/opencode");
  private static final List<String> COLLECTIONS = List.of("/v1/agent/codebases", "/v1/agent/workspaces", "/v1/opencode/codebases");

  @RegisterExtension
  final Served hub = new Served();
  private String codebase;
  private String task;

  @BeforeEach
  void somethingToShow() throws Exception {
    hub.worker("w");
    codebase = hub.codebase("w", "/srv/app");
    task = hub.task(codebase);
    hub.claim(task, "w");
    Served.ok(hub.output(task, "w", "hello", Map.of()));
    Served.ok(hub.post("/v1/opencode/codebases/" + codebase + "/sessions/sync", Map.of("worker_id", "w", "sessions",
        List.of(Map.of("id", "ses_1")), "messages", Map.of("ses_1", List.of(Map.of("role", "user"))))));
  }

  @Test
  void everyReadingCallAnswersTheSameInEveryFamily() throws Exception {
    for (var rest : List.of("", "/list", "/" + codebase, "/" + codebase + "/tasks", "/nope", "/nope/nope", "?path=/srv/app",
        "/" + codebase + "/sessions", "/" + codebase + "/sessions/ses_1", "/" + codebase + "/sessions/ses_1/messages", "/nope/sessions")) {
      same(COLLECTIONS, rest);
    }
    for (var rest : List.of("/status", "/workers", "/workers/w", "/workers/nope", "/tasks", "/tasks?status=running", "/tasks?status=x",
        "/tasks/" + task, "/tasks/nope", "/tasks/" + task + "/output", "/models", "/nope")) {
      same(BASES, rest);
    }
  }

  private void same(List<String> families, String rest) throws Exception {
    var first = hub.get(families.getFirst() + rest);
    for (var family : families) {
      var got = hub.get(family + rest);
      assertThat(got.status()).as(family + rest).isEqualTo(first.status());
      assertThat(got.json()).as(family + rest).isEqualTo(first.json());
    }
  }

  @Test
  void aCodebaseRegisteredInOneFamilyIsTheSameInAll() throws Exception {
    for (var family : COLLECTIONS) {
      var answer = Served.ok(hub.post(family, Map.of("name", "app", "path", "/srv/app", "worker_id", "w")));
      assertThat(answer.path("codebase").path("id").asText()).isEqualTo(codebase);
      assertThat(answer.path("workspace")).isEqualTo(answer.path("codebase"));
      var made = Served.ok(hub.post(family + "/" + codebase + "/tasks", Map.of("title", "t", "prompt", "p"))).path("task");
      Served.has(made, "codebase_id", codebase, "workspace_id", codebase);
    }
    assertThat(Served.ok(hub.get("/v1/agent/codebases"))).hasSize(1);
    assertThat(Served.ok(hub.get("/v1/agent/tasks?status=pending"))).hasSize(3);
  }

  @Test
  void workersMaySpeakOfWorkspaces() throws Exception {
    Served.ok(hub.post("/v1/agent/workers/register", Map.of("worker_id", "n", "name", "n", "workspaces", List.of("x1"),
        "global_workspace_id", "g1")));
    var worker = Served.ok(hub.get("/v1/agent/workers/n"));
    assertThat(worker.path("codebases")).isEqualTo(worker.path("workspaces")).isEqualTo(list("x1"));
    assertThat(worker.path("global_codebase_id").asText()).isEqualTo("g1");
    Served.ok(hub.post("/v1/agent/workers/w/unregister", Map.of())); // else the codebase would be that one's alone
    try (var events = hub.stream("n", Map.of("X-Workspaces", codebase))) {
      var waiting = hub.task(codebase);
      assertThat(events.next("task_available").data().path("workspace_id").asText()).isEqualTo(codebase);
      assertThat(hub.status(waiting)).isEqualTo("pending");
      var answer = Served.ok(hub.put("/v1/worker/codebases", Map.of("worker_id", "n", "workspaces", List.of("x2"))));
      assertThat(answer.path("workspaces")).isEqualTo(list("x2"));
    }
  }

  @Test
  void aSlashAtTheEndIsNothing() throws Exception {
    assertThat(hub.get("/v1/agent/tasks/").json()).isEqualTo(hub.get("/v1/agent/tasks").json());
    assertThat(hub.get("/v1/opencode/codebases/" + codebase + "/").status()).isEqualTo(200);
  }

  @Test
  void ourOwnClientKnowsItForOurOwnServer() throws Exception {
    var client = new ApiClient(new ServerAddress(hub.hub().url(), null, null, new Environment(Map.of(), Path.of("/"), Path.of("/"), "host")));
    assertThat(client.info().ours()).isTrue();
    assertThat(client.task(task).codebaseId()).isEqualTo(codebase);
    assertThat(client.codebases()).hasSize(1);
  }

  @Test
  void evenAClientWhoseTokenIsRefusedLearnsWhoseServerItIs(@TempDir Path data) throws Exception {
    var options = new ServerOptions("127.0.0.1", 0, data.resolve("server.db"), Tokens.parse("right"));
    try (var guarded = EmbeddedServer.start(options, Clock.SYSTEM)) {
      var client = new ApiClient(new ServerAddress(guarded.url(), "wrong", null, new Environment(Map.of(), Path.of("/"), Path.of("/"), "host")));
      assertThat(client.info().ours()).isTrue();
      assertThat(catchThrowableOfType(ApiException.class, client::codebases).kind()).isEqualTo(ApiException.Kind.DENIED);
    }
  }

  private static JsonNode list(String text) {
    return Json.array(List.of(text));
  }
}
