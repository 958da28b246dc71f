package tests.program;

import module java.base;
import static org.assertj.core.api.Assertions.assertThat;

import lib.client.ApiClient;
import lib.core.Json;
import lib.protocol.NewTask;
import lib.protocol.TaskStatus;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import tests.Program;

/** A worker and our server as two processes: tasks run, and their true outcomes arrive. */
class WorkerTest extends OnSite {
  @BeforeEach
  void open() throws Exception {
    site.openServer();
  }

  @Test
  void runsATaskInItsCodebaseAndReportsIt() throws Exception {
    site.work("-b", "code:" + code);
    var task = site.ended(site.create(code, "write made.txt"));
    assertThat(task.status()).isEqualTo(TaskStatus.COMPLETED);
    assertThat(task.result()).isEqualTo("wrote made.txt");
    assertThat(task.sessionId()).startsWith("ses_made");
    assertThat(task.workerId()).isNotBlank();
    assertThat(code.resolve("made.txt")).hasContent("made by an agent\n");
    assertThat(site.output(task.id())).startsWith("wrote made.txt\n").contains("— completed after", "10 tokens in, 5 out, $0.0100");
  }

  @Test
  void failsEveryBadEndWithAnActionableReason() throws Exception {
    site.work("-b", "code:" + code);
    assertFailed("error no such model", "no such model");
    assertFailed("crash 7", "exit code 7");
    assertFailed("crash 7", "a bad end");
    assertFailed("killed", "signal 9");
    assertFailed("ask", "tool call");
    assertFailed("empty", "without saying anything");
  }

  private void assertFailed(String prompt, String why) throws Exception {
    site.ended(site.create(code, "talk well")); // an agent that only fails would get no more tasks
    var task = site.ended(site.create(code, prompt));
    assertThat(task.status()).as(prompt).isEqualTo(TaskStatus.FAILED);
    assertThat(task.error()).as(prompt).contains(why).doesNotContain("Exception");
  }

  @Test
  void passesModelSessionAndTypeAsArgumentsAndThePromptOnStdin() throws Exception {
    site.work("-b", "code:" + code);
    var created = site.client().create(new NewTask(site.id(code), "t", "arguments", "plan", 0, "anthropic/claude", "ses_before"));
    var task = site.ended(created.id());
    assertThat(task.result()).isEqualTo("run --agent plan --format json --print-logs --log-level ERROR --model anthropic/claude --session ses_before");
    assertThat(task.sessionId()).isEqualTo("ses_before");
  }

  @Test
  void hidesTheWorkersVariablesFromTheAgent() throws Exception {
    var worker = site.start(java.util.Map.of("A2A_AUTH_TOKEN", "our-own-secret", "MY_THING", "x", "ANTHROPIC_API_KEY", "key"),
        "run", "--server", site.url().toString(), "-n", "w", "--agent-bin", Site.agent(), "-b", "code:" + code);
    worker.awaitErr("stream open");
    var names = List.of(site.ended(site.create(code, "environment")).result().split(" "));
    assertThat(names).contains("HOME", "PATH", "NO_COLOR", "ANTHROPIC_API_KEY").doesNotContain("A2A_AUTH_TOKEN", "MY_THING");
  }

  @Test
  void deliversLongOutputWholeAndInOrder() throws Exception {
    site.work("-b", "code:" + code);
    var task = site.ended(site.create(code, "count 20000"));
    var lines = site.output(task.id()).lines().toList();
    assertThat(lines.subList(0, 20_000)).isEqualTo(java.util.stream.IntStream.rangeClosed(1, 20_000).mapToObj(i -> "line " + i).toList());
  }

  @Test
  void deliversALineOfManyMegabytes() throws Exception {
    site.work("-b", "code:" + code);
    var task = site.ended(site.create(code, "long 5"));
    assertThat(task.status()).isEqualTo(TaskStatus.COMPLETED);
    assertThat(site.output(task.id()).lines().findFirst().orElse("")).hasSize(5_000_000);
  }

  @Test
  void passesAPromptOfAMegabyteUnchanged() throws Exception {
    site.work("-b", "code:" + code);
    var task = site.ended(site.create(code, "talk " + "é".repeat(500_000)));
    assertThat(task.status()).isEqualTo(TaskStatus.COMPLETED);
    assertThat(task.result()).isEqualTo("é".repeat(500_000));
  }

  @Test
  void judgesAPlainAgentByItsExitCodeAndMarksItsStderr() throws Exception {
    var plain = home.resolve("plain");
    Files.writeString(plain, "#!/bin/sh\ncat\necho 'a complaint' >&2\n");
    assertThat(plain.toFile().setExecutable(true)).isTrue();
    site.work("-b", "code:" + code, "--agent-bin", plain.toString(), "--agent-kind", "command");
    var task = site.ended(site.create(code, "words as they are\n"));
    assertThat(task.status()).isEqualTo(TaskStatus.COMPLETED);
    assertThat(task.result()).isEqualTo("words as they are");
    assertThat(site.output(task.id())).contains("words as they are\n", "[stderr] a complaint\n");
  }

  @Test
  void runsOneAgentPerDirectory() throws Exception {
    var other = site.folder("other");
    site.work("-b", "code:" + code, "-b", "other:" + other);
    var gate = home.resolve("gate");
    var first = site.create(code, "wait " + gate);
    site.awaitOutput(first, "waiting");
    var second = site.create(code, "talk second");
    var elsewhere = site.ended(site.create(other, "talk elsewhere"));
    assertThat(elsewhere.status()).isEqualTo(TaskStatus.COMPLETED);
    assertThat(site.client().task(second).status()).isEqualTo(TaskStatus.PENDING);
    Files.createFile(gate);
    assertThat(site.ended(first).status()).isEqualTo(TaskStatus.COMPLETED);
    assertThat(site.ended(second).status()).isEqualTo(TaskStatus.COMPLETED);
  }

  @Test
  void runsOneAgentPerDirectoryWhenTwoWorkersShareIt() throws Exception {
    site.work("-b", "code:" + code);
    var other = site.start("run", "--server", site.url().toString(), "-n", "v", "--agent-bin", Site.agent(), "-b", "code:" + code);
    other.awaitErr("stream open");
    Program.await("both registrations", () -> site.client().codebases().stream().filter(c -> code.toString().equals(c.path()))
        .count() == 2);
    var gate = home.resolve("gate");
    var ids = site.client().codebases().stream().filter(c -> code.toString().equals(c.path())).map(c -> c.id()).toList();
    var first = site.client().create(new NewTask(ids.get(0), "t", "wait " + gate, "build", 0, null, null)).id();
    site.awaitOutput(first, "waiting");
    var second = site.client().create(new NewTask(ids.get(1), "t", "talk second", "build", 0, null, null)).id();
    Files.createFile(gate);
    assertThat(site.ended(first).status()).isEqualTo(TaskStatus.COMPLETED);
    var ended = site.ended(second);
    assertThat(ended.status()).isEqualTo(TaskStatus.COMPLETED);
    assertThat(ended.raw().path("started_at").asText()).isGreaterThan(site.client().task(first).raw().path("started_at").asText());
  }

  @Test
  void runsTasksWithoutCodebaseInTheHome() throws Exception {
    site.work();
    assertThat(site.ended(site.create(null, "where")).result()).isEqualTo(home.toRealPath().toString());
  }

  @Test
  void registersAFolderByTaskAndDeclinesOneOutsideTheRoots() throws Exception {
    var worker = site.work();
    var wished = site.folder("wished");
    var task = register(wished);
    assertThat(site.ended(task).result()).contains(site.id(wished));
    assertThat(site.ended(site.create(wished, "where")).result()).isEqualTo(wished.toString());
    var refused = site.ended(register(Path.of("/etc")));
    assertThat(refused.status()).isEqualTo(TaskStatus.FAILED);
    assertThat(refused.error()).contains("/etc", "codebase_roots");
    worker.signal("TERM");
    assertThat(worker.exit()).isZero();
    site.work();
    assertThat(site.ended(site.create(wished, "where")).result()).isEqualTo(wished.toString());
  }

  private String register(Path folder) throws Exception {
    var body = Json.object().put("name", folder.getFileName().toString()).put("path", folder.toString());
    var http = java.net.http.HttpClient.newHttpClient().send(java.net.http.HttpRequest.newBuilder(site.url().resolve("/v1/agent/codebases"))
        .header("Content-Type", "application/json").POST(java.net.http.HttpRequest.BodyPublishers.ofString(Json.write(body))).build(),
        java.net.http.HttpResponse.BodyHandlers.ofString());
    assertThat(http.statusCode()).as(http.body()).isEqualTo(200);
    return Json.readObject(http.body()).orElseThrow().path("task_id").asText();
  }

  @Test
  void failsATaskWhenItsFolderIsGone() throws Exception {
    site.work("-b", "code:" + code);
    var id = site.id(code);
    Files.delete(code);
    var task = site.ended(site.client().create(new NewTask(id, "t", "talk", "build", 0, null, null)).id());
    assertThat(task.status()).isEqualTo(TaskStatus.FAILED);
    assertThat(task.error()).contains("is not there");
  }

  @Test
  void runsOtherTasksWhenOneFolderIsMissing() throws Exception {
    var missing = home.resolve("missing");
    var worker = site.work("-b", "missing:" + missing, "-b", "code:" + code);
    assertThat(worker.err()).contains("is not a folder here");
    assertThat(site.ended(site.create(code, "talk x")).status()).isEqualTo(TaskStatus.COMPLETED);
  }

  @Test
  void keepsATaskThatIsQueuedAgainWhileItRuns() throws Exception {
    var worker = site.work("-b", "code:" + code);
    var gate = home.resolve("gate");
    var id = site.create(code, "wait " + gate);
    site.awaitOutput(id, "waiting");
    worker.awaitErr("task=" + id + " status running delivered"); // a later one would have the task run again by itself
    site.client().requeue(id);
    worker.awaitErr("task=" + id + " queued again while it runs");
    site.reached(id, TaskStatus.RUNNING);
    Files.createFile(gate);
    var task = site.ended(id);
    assertThat(task.status()).isEqualTo(TaskStatus.COMPLETED);
    assertThat(task.raw().path("attempt").asInt()).isEqualTo(1);
    assertThat(site.output(id)).containsOnlyOnce("waiting\n").contains("waited\n");
    assertThat(worker.err()).containsOnlyOnce("agent started");
  }

  /** The server's id of the codebase {@code code} of this worker. */
  private String id(String worker) throws Exception {
    var workerId = Files.readString(site.home().resolve(".local/state/a2a-worker/" + worker + "/worker-id")).strip();
    return site.client().codebases().stream().filter(c -> code.toString().equals(c.path()) && workerId.equals(c.workerId())).findFirst()
        .orElseThrow().id();
  }

  @Test
  void startsAnotherTaskInTheOnlySlotWhileOneWaitsForItsDirectory() throws Exception {
    var other = site.folder("other");
    site.work("-b", "code:" + code, "-b", "other:" + other, "--max-concurrent-tasks", "1");
    var holder = site.start("run", "--server", site.url().toString(), "-n", "v", "--agent-bin", Site.agent(), "-b", "code:" + code);
    holder.awaitErr("stream open");
    Program.await("both registrations", () -> site.client().codebases().stream().filter(c -> code.toString().equals(c.path()))
        .count() == 2);
    var gate = home.resolve("gate");
    var first = site.client().create(new NewTask(id("v"), "t", "wait " + gate, "build", 0, null, null)).id();
    site.awaitOutput(first, "waiting");
    var waits = site.client().create(new NewTask(id("w"), "t", "talk later", "build", 0, null, null)).id();
    var why = new Program[1];
    Program.await("the reason", () -> {
      why[0] = site.start("tasks", "why", "--name", "w", waits);
      return why[0].exit() == 0 && why[0].out().contains("it waits: directory: an agent of another worker works in " + code);
    });
    assertThat(site.ended(site.create(other, "talk now")).status()).isEqualTo(TaskStatus.COMPLETED);
    assertThat(site.client().task(waits).status()).isEqualTo(TaskStatus.PENDING);
    Files.createFile(gate);
    assertThat(site.ended(waits).status()).isEqualTo(TaskStatus.COMPLETED);
  }

  @Test
  void runsARequeuedTaskAgain() throws Exception {
    site.work("-b", "code:" + code);
    var id = site.create(code, "crash");
    site.ended(id);
    site.client().requeue(id);
    Program.await("the second attempt", () -> site.client().task(id).raw().path("attempt").asInt() == 2
        && site.client().task(id).status() == TaskStatus.FAILED);
  }

  @Test
  void runsManyTasksOnceEachInSixteenSlots() throws Exception {
    site.work("--max-concurrent-tasks", "16");
    for (var i = 0; i < 100; i++) {
      site.create(null, "x", "noop");
    }
    Program.await("all of them", () -> site.client().tasks(new ApiClient.Query(TaskStatus.COMPLETED, null, null, null)).size() == 100);
    assertThat(site.client().tasks(new ApiClient.Query(TaskStatus.COMPLETED, null, null, null)))
        .allSatisfy(t -> assertThat(t.raw().path("attempt").asInt()).isEqualTo(1));
  }
}
