package tests.program;

import module java.base;
import static org.assertj.core.api.Assertions.assertThat;

import lib.core.Json;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import tests.Program;
import tests.fake.FakeServer.Version;

/** A server that errs, lies, hangs or disappears stops nothing for good, and no task is lost or repeated. */
class BadServerTest extends OnSite {
  private static final String STATUS = "/v1/agent/tasks/*/status";

  @BeforeEach
  void open() throws Exception {
    fake(Version.HEAD);
  }

  private Program start() throws Exception {
    return site.work(server.url(), "w", "-b", "code:" + code, "--poll-interval", "0.5");
  }

  private Program work() throws Exception {
    var worker = start();
    worker.awaitErr("stream open");
    return worker;
  }

  private String add(String prompt) throws Exception {
    return server.addTask(site.id(code), prompt);
  }

  @ParameterizedTest
  @ValueSource(ints = {429, 500, 502})
  void survivesAnErrorOnEveryRoute(int status) throws Exception {
    for (var route : new String[] {"/v1/agent/workers/register", "/v1/agent/codebases", "/v1/worker/tasks/stream", "/v1/worker/tasks/claim",
        STATUS, "/v1/agent/tasks/*/output", "/v1/worker/tasks/release"}) {
      var fault = server.on("*", route).after(route.equals(STATUS) ? 1 : 0);
      (status == 502 ? fault.html(status) : fault.text(status, "not now")).times(2);
    }
    var task = server.addTask(server.addCodebase("code", code.toString(), "w"), "write once.txt");
    start();
    awaitStatus(task, "completed");
    assertThat(server.output(task)).startsWith("wrote once.txt\n").containsOnlyOnce("wrote once.txt");
    assertThat(server.history(task)).endsWith("completed").doesNotContain("failed");
  }

  @Test
  void runsTheAgentOnceWhenConnectionsBreakAndAnswersAreLost() throws Exception {
    var worker = work();
    server.on("POST", "/v1/worker/tasks/claim").answerLost().times(1);
    server.on("PUT", STATUS).answerLost().times(2);
    server.on("POST", "/v1/agent/tasks/*/output").answerLost().times(1);
    server.on("POST", "/v1/worker/tasks/release").reset().times(1);
    var task = add("count 50");
    awaitStatus(task, "completed");
    assertThat(server.output(task).lines().filter(l -> l.startsWith("line "))).hasSize(50).doesNotHaveDuplicates();
    assertThat(worker.err()).containsOnlyOnce("agent started task=" + task);
  }

  @Test
  void survivesGarbageAndTruncatedAnswers() throws Exception {
    server.on("*", "/v1/agent/*").garbage().times(2);
    server.on("*", "/v1/agent/*").truncated().times(2);
    work();
    awaitStatus(add("talk x"), "completed");
  }

  @Test
  void completesTasksWhenAHeartbeatHangs() throws Exception {
    server.on("POST", "/v1/agent/workers/*/heartbeat").hang();
    var worker = work();
    Program.await("a heartbeat", () -> !server.requests("POST", "/v1/agent/workers/*/heartbeat").isEmpty());
    awaitStatus(add("talk x"), "completed");
    worker.signal("TERM");
    assertThat(worker.exit()).isZero();
  }

  @ParameterizedTest
  @ValueSource(ints = {401, 403})
  void reportsARejectedTokenAndRetries(int status) throws Exception {
    server.token("right");
    var worker = site.start(status == 401 ? Map.of() : Map.of("A2A_AUTH_TOKEN", "wrong"), "run", "--server",
        server.url().toString(), "--name", "w", "--agent-bin", Site.agent(), "-b", "code:" + code, "--poll-interval", "0.5");
    worker.awaitErr("auth_token");
    assertThat(worker.err()).doesNotContain("wrong");
    assertThat(worker.alive()).isTrue();
    server.token(null);
    worker.awaitErr("stream open");
    awaitStatus(add("talk x"), "completed");
  }

  @Test
  void waitsWhenTheServerIsNotUpYet() throws Exception {
    server.down();
    var worker = start();
    worker.awaitErr("asking http\\S+ failed, trying on");
    server.up();
    worker.awaitErr("stream open");
    awaitStatus(add("talk x"), "completed");
  }

  @Test
  void deliversEverythingWhenTheServerWasAwayAtTheEnd() throws Exception {
    var worker = work();
    var gate = home.resolve("gate");
    var task = add("wait " + gate);
    Program.await("its start", () -> server.output(task).contains("waiting"));
    server.down();
    Files.createFile(gate);
    worker.awaitErr("not delivered, trying again");
    server.up();
    awaitStatus(task, "completed");
    assertThat(server.output(task)).startsWith("waiting\nwaited\n").contains("— completed after");
  }

  @Test
  void losesNoTaskWhenTheStreamKeepsEnding() throws Exception {
    server.dropStreamsAfter(2); // connected, and one task
    start();
    for (var i = 1; i <= 4; i++) {
      awaitStatus(add("write file" + i), "completed");
      assertThat(code.resolve("file" + i)).exists();
    }
  }

  @Test
  void pollsWhenTheServerHasNoStream() throws Exception {
    server.on("GET", "/v1/worker/tasks/stream").html(404);
    var worker = start();
    worker.awaitErr("stream down, tasks are polled for");
    awaitStatus(add("talk x"), "completed");
  }

  @Test
  void registersAgainWhenTheServerForgotItsWorkers() throws Exception {
    var worker = site.work(Map.of(Program.TIMES_FASTER, "10"), "-b", "code:" + code);
    worker.awaitErr("registered as w with 2 codebases"); // the last registration of the start: the next one comes from the heartbeat
    server.forget();
    server.dropStreams();
    worker.awaitErr("the server does not know us any more"); // with the next heartbeat
    Program.await("the registration", () -> server.workers().size() == 1);
    awaitStatus(add("talk x"), "completed");
  }

  @Test
  void skipsMalformedEvents() throws Exception {
    var worker = work();
    server.send(": a comment\n\nevent: task_available\ndata: {not json\n\nevent: task_available\ndata: []\n\n"
        + "event: task_available\ndata\n\n"
        + "event: task_available\ndata: {\"title\":\"no id\"}\n\nevent: task_available\ndata: {\"id\":{\"a\":1},\"metadata\":null}\n\n"
        + "event: no_such_event\ndata: 7\n\nevent: task_available\ndata: {\"id\":\"../../../etc/passwd\",\"prompt\":\"write x\"}\n\n"
        + "data: " + "x".repeat(3_000_000) + "\n\nretry: never\n\n\u0000\uFFFF\n\nevent: task_available\r\ndata: null\r\n\r\n");
    awaitStatus(add("talk x"), "completed");
    assertThat(worker.err()).contains("a task event without an id").doesNotContain("Exception", "\tat ");
    assertThat(server.connected()).hasSize(1);
  }

  @ParameterizedTest
  @ValueSource(strings = {"../../escaped", "a/b", "..", "%2e%2e%2fescaped", "a b\tc", "ünïcode", "x\"; rm -rf $HOME; \"", "-rf"})
  void treatsEveryIdAsAName(String id) throws Exception {
    work();
    server.addTask(Json.object().put("id", id).put("codebase_id", site.id(code)).put("prompt", "talk x"));
    awaitStatus(id, "completed");
    assertThat(server.output(id)).startsWith("x\n");
    try (var files = Files.walk(home)) {
      assertThat(files.filter(f -> f.getFileName().toString().contains("escaped") && !f.toString().contains("/tasks/"))).isEmpty();
    }
  }

  @Test
  void continuesWhenTaskFieldsAreMissingOrMistyped() throws Exception {
    var worker = work();
    var bare = server.addTask(Json.object().put("codebase_id", site.id(code)).putNull("metadata").putNull("title")
        .putNull("priority").put("prompt", "talk bare"));
    awaitStatus(bare, "completed");
    var odd = server.addTask(Json.object().put("codebase_id", site.id(code)).put("metadata", "a text").put("priority", "high")
        .put("agent_type", "-x; y").put("prompt", "talk odd"));
    Program.await("its end", () -> server.status(odd).matches("completed|failed"));
    var empty = server.addTask(Json.object().put("codebase_id", site.id(code)).putNull("prompt"));
    Program.await("its end", () -> server.status(empty).matches("completed|failed"));
    awaitStatus(add("talk next"), "completed");
    assertThat(worker.err()).doesNotContain("Exception", "\tat ");
  }

  @ParameterizedTest
  @ValueSource(ints = {404, 409, 410, 422})
  void logsARefusedReportAndRunsTheNextTask(int status) throws Exception {
    var worker = work();
    var gate = home.resolve("gate");
    var task = add("wait " + gate);
    Program.await("its start", () -> server.output(task).contains("waiting"));
    server.on("PUT", "/v1/agent/tasks/" + task + "/status").answer(status, "no such thing");
    Files.createFile(gate);
    worker.awaitErr("task=" + task
        + (status == 404 ? " status completed not delivered, trying again" : " status completed refused by the server"));
    awaitStatus(add("talk next"), "completed");
  }

  @ParameterizedTest
  @ValueSource(ints = {400, 404, 405, 407, 409, 410})
  void keepsTheOutcomeWhenAGatewayAnswersForTheServer(int status) throws Exception {
    var worker = work();
    var gate = home.resolve("gate");
    var task = add("wait " + gate);
    awaitStatus(task, "running");
    Program.await("the first output", () -> server.output(task).contains("waiting"));
    server.on("*", "*").html(status);
    Files.createFile(gate);
    worker.awaitErr("task=" + task + " output not delivered, trying again");
    server.heal();
    awaitStatus(task, "completed");
    assertThat(server.output(task)).contains("waited");
  }

  @Test
  void logsServerTextOnOneLine() throws Exception {
    var worker = work();
    var task = "t1\n2026-01-01T00:00:00Z INFO task=forged \u001b[31m";
    server.addTask(Json.object().put("id", task).put("codebase_id", site.id(code)).put("prompt", "talk x").put("agent_type", "build\nforged"));
    awaitStatus(task, "failed");
    assertThat(worker.err().lines()).noneMatch(line -> line.startsWith("2026-01-01") || line.startsWith("forged"));
    assertThat(worker.err()).contains("t1\\u000a2026-01-01").doesNotContain("\u001b");
  }

  @Test
  void shortensAnErrorOfMegabytes() throws Exception {
    server.on("PUT", STATUS).text(413, "too large").after(1).times(1);
    work();
    var task = add("longerror 3");
    awaitStatus(task, "failed");
    assertThat(server.task(task).path("error").asText()).startsWith("xxx").contains("characters more").hasSizeLessThan(10_000);
  }

  @Test
  void claimsNothingAfterTheFirstTermEvenOnARetry() throws Exception {
    server.on("POST", "/v1/worker/tasks/claim").html(503).header("Retry-After", "1").times(1);
    var worker = work();
    var task = add("talk x");
    Program.await("the claim", () -> !server.requests("POST", "/v1/worker/tasks/claim").isEmpty());
    worker.signal("TERM");
    assertThat(worker.exit()).isZero();
    var before = server.requests("POST", "/v1/worker/tasks/claim").size();
    assertThat(before == 1 || server.status(task).equals("completed")).as("claimed after the signal\n" + site).isTrue();
  }

  @Test
  void doesNotRetryAClaimWhenTheTaskWasTaken() throws Exception {
    server.on("POST", "/v1/worker/tasks/claim").html(503).header("Retry-After", "1").times(1);
    var worker = work();
    var task = server.addTask(Json.object().put("codebase_id", site.id(code)).put("prompt", "talk x").put("title", "t"));
    Program.await("the claim", () -> !server.requests("POST", "/v1/worker/tasks/claim").isEmpty());
    server.change(task, row -> row.put("status", "completed").put("worker_id", "other"));
    awaitStatus(add("talk y"), "completed");
    assertThat(worker.err()).doesNotContain("agent started task=" + task);
  }
}
