package tests.program;

import module java.base;
import static org.assertj.core.api.Assertions.assertThat;

import lib.core.Json;
import lib.protocol.CodebaseInfo;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import tests.Program;
import tests.fake.FakeServer.Version;

/** A worker completes tasks on a server of each generation that people run. */
class OtherServerTest extends OnSite {
  private Program work(Version version, String... more) throws Exception {
    fake(version);
    var worker = site.work(server.url(), "w", Stream.concat(Stream.of("-b", "code:" + code, "--poll-interval", "0.5"), Stream.of(more))
        .toArray(String[]::new));
    worker.awaitErr("codebase code .* registered");
    if (version != Version.D25) {
      worker.awaitErr("stream open");
    }
    return worker;
  }

  @ParameterizedTest
  @EnumSource(Version.class)
  void runsATaskOnceAndDeliversItWhole(Version version) throws Exception {
    var worker = work(version);
    var task = server.addTask(site.id(code), "write made.txt");
    awaitStatus(task, "completed");
    assertThat(code.resolve("made.txt")).exists();
    assertThat(server.task(task).path("result").asText()).isEqualTo("wrote made.txt");
    assertThat(server.output(task)).startsWith("wrote made.txt\n").contains("— completed after");
    assertThat(server.history(task)).contains("running").endsWith("completed").doesNotContain("failed", "pending");
    if (version != Version.D25) {
      Program.await("its release", () -> !server.requests("POST", "/v1/worker/tasks/release").isEmpty());
    }
    assertThat(worker.err()).containsOnlyOnce("agent started");
  }

  @ParameterizedTest
  @EnumSource(Version.class)
  void findsATaskCreatedBeforeTheStart(Version version) throws Exception {
    fake(version);
    var task = server.addTask(server.addCodebase("code", code.toString(), "w"), "talk found");
    site.work(server.url(), "w", "-b", "code:" + code);
    awaitStatus(task, "completed");
    assertThat(server.task(task).path("result").asText()).isEqualTo("found");
  }

  @ParameterizedTest
  @EnumSource(Version.class)
  void registersAFolderThatTheServerAsksFor(Version version) throws Exception {
    work(version);
    var wished = Files.createDirectories(home.resolve("wished"));
    var task = server.addTask(Json.object().put("codebase_id", "__pending__").put("prompt", "register it")
        .put("agent_type", version == Version.HEAD ? "register_workspace" : "register_codebase")
        .set("metadata", Json.object().put("name", "wished").put("path", wished.toString())));
    awaitStatus(task, "completed");
    awaitStatus(server.addTask(site.id(wished), "where"), "completed");
  }

  @Test
  void registersTheCheckedFolderWhenItsPathHasLinksAndDots() throws Exception {
    var roots = Files.createDirectories(home.toRealPath().resolve("ok"));
    Files.createDirectories(roots.resolve("a/b/c"));
    var inside = Files.createDirectories(roots.resolve("a/secret"));
    var outside = Files.createDirectories(home.toRealPath().resolve("secret"));
    Files.createSymbolicLink(roots.resolve("link"), roots.resolve("a/b/c"));
    work(Version.V16, "--codebase-roots", roots.toString());
    var task = server.addTask(Json.object().put("codebase_id", "__pending__").put("prompt", "register it").put("agent_type",
        "register_codebase").set("metadata", Json.object().put("path", roots + "/link/../../secret")));
    awaitStatus(task, "completed");
    assertThat(site.client().codebases()).extracting(CodebaseInfo::path).contains(inside.toString()).doesNotContain(outside.toString());
  }

  @Test
  void takesATaskWithoutCodebaseWhenNoListShowsIt() throws Exception {
    var worker = work(Version.V16);
    var task = server.addTask(Json.object().put("prompt", "talk x").put("title", "t").put("agent_type", "noop"));
    server.push(Json.object().put("id", task).putNull("codebase_id").put("status", "pending").put("agent_type", "noop"));
    awaitStatus(task, "completed");
    assertThat(worker.err()).contains(task);
  }

  @Test
  void sendsTheFieldsOfTheContract() throws Exception {
    fake(Version.V16);
    server.token("the-token");
    var worker = site.start(Map.of("A2A_AUTH_TOKEN", "the-token"), "run", "--server", server.url().toString(),
        "--name", "my worker", "--worker-id", "w1", "--agent-bin", Site.agent(), "-b", "code:" + code, "--capabilities", "build,fly");
    worker.awaitErr("stream open");
    assertThat(server.requests()).allSatisfy(r -> assertThat(r.headers()).containsEntry("Authorization", "Bearer the-token"));
    var stream = server.requests("GET", "/v1/worker/tasks/stream").getLast();
    assertThat(stream.query()).containsEntry("worker_id", "w1").containsEntry("agent_name", "my worker");
    assertThat(stream.headers()).containsEntry("X-Worker-ID", "w1").containsEntry("X-Agent-Name", "my worker")
        .containsEntry("X-Capabilities", "build,fly");
    Program.await("the codebases with the stream", () -> server.requests().stream().anyMatch(r ->
        r.headers().getOrDefault("X-Codebases", "").contains("global") || r.path().equals("/v1/worker/codebases")));
    assertThat(worker.err()).doesNotContain("the-token");
  }

  @Test
  void detectsTheServersFeaturesAgainWhenItIsUpgraded() throws Exception {
    work(Version.V13);
    awaitStatus(server.addTask(site.id(code), "talk before"), "completed");
    server.become(Version.HEAD);
    server.dropStreams();
    awaitStatus(server.addTask(site.id(code), "talk after"), "completed");
  }

  @Test
  void leavesTasksOfOthersAlone() throws Exception {
    work(Version.HEAD);
    var elsewhere = server.addTask(server.addCodebase("theirs", "/srv/theirs", "other"), "write theirs.txt");
    var unknown = server.addTask("no-such-codebase", "write unknown.txt");
    var targeted = server.addTask(Json.object().put("codebase_id", site.id(code)).put("prompt", "write targeted.txt")
        .set("metadata", Json.object().put("target_worker_id", "other")));
    awaitStatus(server.addTask(site.id(code), "talk ours"), "completed");
    for (var task : List.of(elsewhere, unknown, targeted)) {
      assertThat(server.status(task)).isEqualTo("pending");
    }
    assertThat(code).isEmptyDirectory();
  }

  @ParameterizedTest
  @EnumSource(value = Version.class, names = {"V16", "HEAD"})
  void requeuesATaskWhenItMeetsAUsageLimit(Version version) throws Exception {
    var worker = work(version);
    var task = server.addTask(site.id(code), "limit 1 " + home.resolve("refused"));
    awaitStatus(task, "completed");
    assertThat(server.task(task).path("result").asText()).isEqualTo("served");
    assertThat(server.history(task)).containsSubsequence("running", "failed", "running", "completed");
    assertThat(worker.err().lines().filter(line -> line.contains("agent started"))).hasSize(2);
  }

  @ParameterizedTest
  @EnumSource(value = Version.class, names = {"D25", "V13"})
  void failsATaskAtAUsageLimitWhenTheServerCannotRequeue(Version version) throws Exception {
    var worker = work(version);
    var task = server.addTask(site.id(code), "limit 1 " + home.resolve("refused"));
    worker.awaitErr("task=" + task + " stays failed");
    assertThat(server.status(task)).isEqualTo("failed");
    assertThat(server.task(task).path("error").asText()).contains("Too Many Requests");
  }

  @Test
  void keepsTheGrantedTimeAfterARestart() throws Exception {
    fake(Version.HEAD);
    server.on("POST", "/v1/worker/tasks/claim").answer(200, "{\"success\":true,\"task_timeout_seconds\":3}");
    var first = site.workApart("-b", "code:" + code);
    var task = server.addTask(site.id(code), "polite");
    first.awaitErr("agent started task=" + task);
    first.signal("KILL");
    first.exit();
    var second = site.work("-b", "code:" + code);
    second.awaitErr("reattached task=" + task);
    awaitStatus(task, "failed");
    assertThat(server.task(task).path("error").asText()).contains("the longest a task may run")
        .containsPattern("ended after [23]\\."); // a deadline is in whole seconds
    assertThat(second.err()).contains("status=failed reason=timeout");
  }

  @ParameterizedTest
  @EnumSource(value = Version.class, names = {"V16", "HEAD"})
  void doesNotRunATaskWhenAnotherClaimedIt(Version version) throws Exception {
    var worker = work(version);
    server.on("POST", "/v1/worker/tasks/claim").answer(409, "already claimed by another worker").times(1);
    var task = server.addTask(site.id(code), "write twice.txt");
    worker.awaitErr("claim lost task=" + task);
    server.change(task, t -> t.put("status", "running").put("worker_id", "other"));
    awaitStatus(server.addTask(site.id(code), "talk next"), "completed");
    assertThat(code.resolve("twice.txt")).doesNotExist();
    assertThat(home.resolve(".local/state/a2a-worker/w/tasks/" + task)).doesNotExist();
    Program.await("that no agent waits", () -> site.agents().isEmpty());
    assertThat(server.status(task)).isEqualTo("running");
  }
}
