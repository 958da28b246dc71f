package tests.program;

import module java.base;
import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import lib.protocol.NewTask;
import lib.protocol.Task;
import lib.protocol.TaskStatus;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import tests.Program;

/** P8: a quiet agent ends with the reason for its silence, and leaves no process. */
class SilenceTest extends OnSite {
  /** Every budget but that of the tested kind is longer than any test. */
  private static final String OTHERS = "lingering=3600,asking=3600,limited=3600,thinking=3600,dead=3600,";

  private Program worker;

  @BeforeEach
  void open() throws Exception {
    site.openServer();
  }

  private Task ended(String silences, String prompt) throws Exception {
    worker = site.work("-b", "code:" + code, "--silence", OTHERS + silences);
    var task = site.ended(site.create(code, prompt));
    Program.await("the end of every process", () -> site.agents().isEmpty()); // the supervisor exits after it has recorded the end
    return task;
  }

  private void assertSilent(Task task, String... why) {
    assertThat(task.status()).as(site.toString()).isEqualTo(TaskStatus.FAILED);
    assertThat(task.error()).contains(why);
    assertThat(worker.err()).contains("status=failed reason=silent");
  }

  @Test
  void completesATaskWhenTheAgentLingersAfterItsResult() throws Exception {
    var task = ended("lingering=1", "linger all is done");
    assertThat(task.status()).as(site.toString()).isEqualTo(TaskStatus.COMPLETED);
    assertThat(task.result()).isEqualTo("all is done");
    assertThat(task.error()).isNull();
    assertThat(site.output(task.id())).contains("— completed (lingered) after");
    assertThat(worker.err()).contains("status=completed reason=lingered", "did not exit within");
  }

  @Test
  void failsAtOnceWithTheQuestionWhenTheAgentAsks() throws Exception {
    var task = ended("asking=0", "box rm -rf ./build");
    assertThat(task.status()).as(site.toString()).isEqualTo(TaskStatus.FAILED);
    assertThat(task.error()).contains("waits for an approval", "Permission required to run: rm -rf ./build", "resume_session_id");
    assertThat(worker.err()).contains("status=failed reason=needs-approval");
  }

  @Test
  void endsAnIdleAgentSoon() throws Exception {
    assertSilent(ended("dead=1", "mute"), "it said nothing for 1.0 s", "used no CPU");
  }

  @Test
  void givesAWorkingAgentMoreTime() throws Exception {
    assertSilent(ended("dead=1,thinking=4", "busy"), "it said nothing for 4.0 s", "busy or connected");
  }

  @Test
  void givesAnAgentWithAConnectionMoreTime() throws Exception {
    assumeTrue(Files.isExecutable(Path.of("/bin/bash")), "no bash here, which can connect");
    try (var provider = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
      assertSilent(ended("dead=1,thinking=4", "connected " + provider.getLocalPort()), "it said nothing for 4.0 s", "busy or connected");
    }
  }

  // --- usage limits

  private String create(String prompt, String model) throws Exception {
    return site.client().create(new NewTask(site.id(code), "a task", prompt, "build", 0, model, null)).id();
  }

  private long starts(String task) {
    return worker.err().lines().filter(line -> line.contains("agent started task=" + task)).count();
  }

  @Test
  void requeuesATaskWhenItMeetsAUsageLimit() throws Exception {
    worker = site.work("-b", "code:" + code);
    var task = create("limit 3 " + home.resolve("refused"), "cheap/model");
    worker.awaitErr("usage limit task=" + task + " provider=cheap until=.*: Too Many Requests");
    assertThat(site.reached(task, TaskStatus.PENDING).result()).isNull();
    var ended = site.ended(task);
    assertThat(ended.status()).as(site.toString()).isEqualTo(TaskStatus.COMPLETED);
    assertThat(ended.result()).isEqualTo("served");
    assertThat(ended.raw().path("attempt").asInt()).isEqualTo(2);
    assertThat(starts(task)).isEqualTo(2);
    assertThat(site.output(task)).contains("— pending (limit) after", "— completed after");
  }

  @Test
  void runsOtherProvidersDuringAPauseWithoutSpinning() throws Exception {
    worker = site.work("-b", "code:" + code);
    var refused = create("limit 3600 " + home.resolve("refused"), "cheap/model");
    worker.awaitErr("task=" + refused + " status pending delivered");
    var waiting = create("talk later", "cheap/other");
    for (var i = 0; i < 5; i++) {
      assertThat(site.ended(create("talk now", "rich/model")).status()).isEqualTo(TaskStatus.COMPLETED);
    }
    assertThat(site.client().task(refused).status()).isEqualTo(TaskStatus.PENDING);
    assertThat(site.client().task(waiting).status()).isEqualTo(TaskStatus.PENDING);
    assertThat(starts(refused)).isEqualTo(1);
    assertThat(starts(waiting)).isZero();
    worker.signal("TERM");
    assertThat(worker.exit()).isZero();
  }

  @Test
  void endsARetryLoopAndPausesItsProvider() throws Exception {
    worker = site.work("-b", "code:" + code, "--silence", OTHERS + "limited=1");
    var task = create("limitloop", null);
    worker.awaitErr("usage limit task=" + task + " provider=the agent's own provider until=.*429 Too Many Requests");
    worker.awaitErr("ended task=" + task + " .*status=pending reason=limit");
    Program.await("the end of every process", () -> site.agents().isEmpty());
  }

  @Test
  void failsATaskAtALimitWhenTheSettingSaysSo() throws Exception {
    worker = site.work("-b", "code:" + code, "--on-limit", "fail");
    var ended = site.ended(create("limit 3600 " + home.resolve("refused"), "cheap/model"));
    assertThat(ended.status()).as(site.toString()).isEqualTo(TaskStatus.FAILED);
    assertThat(ended.error()).contains("Too Many Requests");
    assertThat(worker.err()).contains("status=failed reason=limit", "provider=cheap until=");
  }

  @Test
  void reportsTheLimitAtOnceWhenRunningOneTask() throws Exception {
    var run = site.start("run", "--local", "--port", "0", "--data", home.resolve("own").toString(), "--agent-bin", Site.agent(), "--task",
        "limit 3600 " + home.resolve("refused"));
    assertThat(run.exit()).as(run.toString()).isEqualTo(1);
    assertThat(run.err()).contains("task failed: Too Many Requests");
  }
}
