package tests.server;

import module java.base;
import static org.assertj.core.api.Assertions.*;

import lib.core.Problem;
import lib.server.EmbeddedServer;
import lib.server.ServerOptions;
import lib.server.http.Tokens;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.api.io.TempDir;

/** A restart loses nothing that was answered with success, and one database is one server's. */
class RestartTest {
  @RegisterExtension
  final Served hub = new Served();
  private String codebase;
  private String task;

  @BeforeEach
  void aRunningTask() throws Exception {
    hub.worker("w");
    codebase = hub.codebase("w", "/srv/app");
    task = hub.task(codebase, Map.of("priority", 3, "metadata", Map.of("key", "wert ü")));
    hub.claim(task, "w");
    Served.ok(hub.report(task, "w", "running", Map.of("session_id", "ses_1", "attempt", 1)));
    Served.ok(hub.output(task, "w", "one", Map.of("attempt", 1, "seq", 1)));
  }

  @Test
  void tasksOutputCodebasesWorkersAndTheServersIdSurvive() throws Exception {
    var waiting = hub.task("global");
    Served.ok(hub.post("/v1/agent/workers/w/heartbeat", Map.of())); // when it was last seen is kept with each heartbeat
    var calls = List.of("/v1/agent/tasks", "/v1/agent/tasks/" + task, "/v1/agent/tasks/" + task + "/output", "/v1/agent/codebases",
        "/v1/agent/workers", "/v1/agent/status", "/v1/monitor/workers");
    var before = answers(calls);
    hub.restart();
    assertThat(answers(calls)).isEqualTo(before);
    assertThat(Served.ok(hub.get("/v1/agent/status")).path("server_id").asText()).isNotEmpty();
    assertThat(hub.claim(waiting, "w")).isEqualTo(1);
  }

  private List<String> answers(List<String> paths) throws IOException {
    var all = new ArrayList<String>();
    for (var path : paths) {
      all.add(Served.ok(hub.get(path)).toString());
    }
    return all;
  }

  @Test
  void letsTheWorkerContinueItsTaskAfterwards() throws Exception {
    hub.restart();
    assertThat(hub.claim(task, "w")).isEqualTo(1);
    assertThat(Served.ok(hub.output(task, "w", "one", Map.of("attempt", 1, "seq", 1))).path("duplicate").asBoolean()).isTrue();
    Served.ok(hub.output(task, "w", "two", Map.of("attempt", 1, "seq", 2)));
    Served.ok(hub.report(task, "w", "completed", Map.of("attempt", 1, "result", "done")));
    Served.ok(hub.release(task, "w", Map.of("attempt", 1, "status", "completed", "result", "done")));
    hub.restart();
    assertThat(hub.show(task).path("result").asText()).isEqualTo("done");
    assertThat(Served.ok(hub.get("/v1/agent/tasks/" + task + "/output")).path("total").asInt()).isEqualTo(2);
  }

  @Test
  void aRunningTaskGetsAFreshLeaseSinceNobodyCouldSpeakMeanwhile() throws Exception {
    hub.time.advance(Duration.ofSeconds(899));
    hub.restart();
    hub.time.advance(Duration.ofSeconds(899));
    hub.hub().sweep();
    assertThat(hub.status(task)).isEqualTo("running");
    hub.time.advance(Duration.ofSeconds(1));
    hub.hub().sweep();
    assertThat(hub.status(task)).isEqualTo("pending");
  }

  @Test
  void aCancellationAndADeclineAreRemembered() throws Exception {
    hub.worker("v");
    var declined = hub.task("global");
    Served.ok(hub.release(declined, "v", Map.of("status", "pending", "declined", true, "error", "no")));
    Served.ok(hub.post("/v1/agent/tasks/" + task + "/cancel", Map.of("reason", "enough")));
    hub.restart();
    assertThat(hub.tryClaim(declined, "v").code()).isEqualTo("not_eligible");
    var beat = Map.of("running", List.of(Map.of("task_id", task, "attempt", 1)));
    var stop = Served.ok(hub.post("/v1/agent/workers/w/heartbeat", beat)).path("stop").path(0);
    Served.has(stop, "task_id", task, "reason", "enough");
  }

  @Test
  void aSecondServerOnTheSameDatabaseIsRefusedAndTheFirstGoesOn() throws Exception {
    assertThatThrownBy(() -> hub.start().close()).isInstanceOfSatisfying(Problem.class, problem -> {
      assertThat(problem.what()).contains("already runs");
      assertThat(problem.why()).contains(Long.toString(ProcessHandle.current().pid()));
      assertThat(problem.exit()).isEqualTo(Problem.Exit.TRY_LATER);
    });
    assertThat(hub.status(task)).isEqualTo("running");
  }

  @Test
  void aTakenPortIsAProblemAndLeavesTheDatabaseFree(@TempDir Path temp) throws Exception {
    var file = temp.resolve("server.db");
    assertThatThrownBy(() -> EmbeddedServer.start(new ServerOptions("127.0.0.1", hub.hub().url().getPort(), file, Tokens.NONE), hub.time).close())
        .isInstanceOfSatisfying(Problem.class, problem -> {
          assertThat(problem.what()).contains("cannot listen");
          assertThat(problem.fix()).contains("--port");
        });
    EmbeddedServer.start(new ServerOptions("127.0.0.1", 0, file, Tokens.NONE), new StillTime()).close();
  }

  @Test
  void aFileThatIsNoDatabaseAndAHostThatIsNoneAreProblems(@TempDir Path temp) throws Exception {
    var file = Files.writeString(temp.resolve("server.db"), "this is a letter to my aunt, not a database".repeat(50));
    assertThatThrownBy(() -> EmbeddedServer.start(new ServerOptions("127.0.0.1", 0, file, Tokens.NONE), new StillTime()).close())
        .isInstanceOf(Problem.class);
    assertThat(file).content().startsWith("this is a letter");
    assertThatThrownBy(() -> EmbeddedServer.start(new ServerOptions("no such host", 0, temp.resolve("b.db"), Tokens.NONE), new StillTime()).close())
        .isInstanceOf(Problem.class);
  }

  @Test
  void anEmptyDatabaseFileIsAProblem(@TempDir Path temp) throws Exception {
    var file = Files.createFile(temp.resolve("server.db"));
    assertThatThrownBy(() -> EmbeddedServer.start(new ServerOptions("127.0.0.1", 0, file, Tokens.NONE), new StillTime()).close())
        .isInstanceOfSatisfying(Problem.class, problem -> assertThat(problem.what()).contains("is empty"));
    assertThat(file).isEmptyFile();
  }

  @Test
  void theDataIsForItsOwnerAlone(@TempDir Path temp) throws Exception {
    var file = temp.resolve("data/server.db");
    try (var other = EmbeddedServer.start(new ServerOptions("127.0.0.1", 0, file, Tokens.NONE), new StillTime())) {
      assertThat(other.url().getPort()).isPositive();
      assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(file))).endsWith("------");
    }
  }
}
