package tests.program;

import module java.base;
import static org.assertj.core.api.Assertions.assertThat;

import lib.protocol.TaskStatus;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import tests.Program;

/** Stopping a worker or a task keeps its promises and leaves no process. */
class StopTest extends OnSite {
  @BeforeEach
  void open() throws Exception {
    site.openServer();
  }

  @Test
  void finishesRunningTasksAndTakesNoNewOneAtTheFirstTerm() throws Exception {
    var other = site.folder("other");
    var worker = site.work("-b", "code:" + code, "-b", "other:" + other);
    var gate = home.resolve("gate");
    var running = site.create(code, "wait " + gate);
    site.awaitOutput(running, "waiting");
    worker.signal("TERM");
    worker.awaitErr("no new task");
    var late = site.create(other, "talk late");
    Files.createFile(gate);
    assertThat(site.ended(running).status()).isEqualTo(TaskStatus.COMPLETED);
    assertThat(worker.exit()).isZero();
    assertThat(site.client().task(late).status()).isEqualTo(TaskStatus.PENDING);
    assertThat(worker.err()).contains("unregistered");
    assertThat(site.client().workers()).isEmpty();
  }

  @Test
  void cancelsRunningTasksAtTheSecondTerm() throws Exception {
    var worker = site.work("-b", "code:" + code);
    var running = site.create(code, "polite");
    site.awaitOutput(running, "running");
    worker.signal("TERM");
    worker.awaitErr("no new task");
    worker.signal("TERM");
    assertThat(worker.exit()).isZero();
    var task = site.client().task(running);
    assertThat(task.status()).isEqualTo(TaskStatus.CANCELLED);
    assertThat(task.error()).contains("the operator");
    assertThat(site.output(running)).contains("interrupted");
    site.awaitNoAgents();
  }

  @Test
  void leavesTheAgentRunningAtTheThirdTerm() throws Exception {
    var worker = site.work("-b", "code:" + code);
    var running = site.create(code, "stubborn");
    site.awaitOutput(running, "running");
    for (var said : new String[] {"no new task", "cancelling 1", "leaving at once"}) {
      worker.signal("TERM");
      worker.awaitErr(said);
    }
    assertThat(worker.exit()).isZero();
    assertThat(site.client().task(running).status()).isEqualTo(TaskStatus.RUNNING);
    assertThat(worker.err()).contains("not unregistered");
  }

  @Test
  void leavesAgentsRunningAtTheFirstTermWhenKeepAgentsIsSet() throws Exception {
    var worker = site.work("-b", "code:" + code, "--keep-agents");
    var gate = home.resolve("gate");
    var running = site.create(code, "wait " + gate);
    site.awaitOutput(running, "waiting");
    worker.signal("TERM");
    assertThat(worker.exit()).isZero();
    assertThat(site.agents()).isNotEmpty();
    Files.createFile(gate);
    Program.await("its end by itself", () -> site.agents().isEmpty());
  }

  @Test
  void leavesATalkingAgentRunningWhenKeepAgentsIsSet() throws Exception {
    var worker = site.work("-b", "code:" + code, "--keep-agents");
    site.awaitOutput(site.create(code, "chat"), "chatting");
    worker.signal("TERM");
    assertThat(worker.exit()).isZero();
    assertThat(site.agents()).isNotEmpty();
    assertThat(worker.err()).contains("left to its supervisor").doesNotContain("ending agent");
  }

  @Test
  void endsAnAgentAtTheDrainDeadline() throws Exception {
    var worker = site.work("-b", "code:" + code, "--drain-timeout", "0.2");
    var running = site.create(code, "polite");
    site.awaitOutput(running, "running");
    worker.signal("TERM");
    assertThat(worker.exit()).isZero();
    var task = site.client().task(running);
    assertThat(task.status()).isEqualTo(TaskStatus.FAILED);
    assertThat(task.error()).contains("the worker was stopped", "ses_made");
    site.awaitNoAgents();
  }

  @Test
  void cancelsATaskAndNamesWhoDidIt() throws Exception {
    site.work("-b", "code:" + code);
    var running = site.create(code, "polite");
    site.awaitOutput(running, "running");
    var cancel = site.start("tasks", "cancel", running, "--reason", "a change of mind", "--server", site.url().toString());
    assertThat(cancel.exit()).as(cancel.toString()).isZero();
    assertThat(cancel.out()).isEqualTo(running + "\tcancelled\n");
    assertThat(site.client().task(running).error()).contains("a change of mind");
    site.awaitNoAgents();
  }

  @Test
  void reportsCancelledWhenTheAgentExitsCleanlyOnInterrupt() throws Exception {
    site.work("-b", "code:" + code);
    var running = site.create(code, "wrap");
    site.awaitOutput(running, "running");
    site.client().cancel(running, "enough");
    var task = site.ended(running);
    assertThat(task.status()).isEqualTo(TaskStatus.CANCELLED);
    assertThat(task.result()).contains("wrapped up");
  }

  @Test
  void killsAnAgentThatIgnoresIntAndTerm() throws Exception {
    site.work(Map.of(Program.TIMES_FASTER, "10"), "-b", "code:" + code);
    var running = site.create(code, "stubborn");
    site.awaitOutput(running, "running");
    site.client().cancel(running, "enough");
    assertThat(site.ended(running).status()).isEqualTo(TaskStatus.CANCELLED);
    site.awaitNoAgents();
  }

  @Test
  void cancelsATaskOnTheWorkersMachine() throws Exception {
    site.work("-b", "code:" + code);
    var running = site.create(code, "polite");
    site.awaitOutput(running, "running");
    var cancel = site.start("tasks", "cancel", "--here", "--json", running);
    assertThat(cancel.exit()).as(cancel.toString()).isZero();
    assertThat(lib.core.Json.read(cancel.out())).isEqualTo(lib.core.Json.object().put("id", running).put("status", "cancelled"));
    var task = site.ended(running);
    assertThat(task.status()).isEqualTo(TaskStatus.CANCELLED);
    assertThat(task.error()).contains("on this machine");
  }

  @Test
  void endsProcessesThatAnAgentLeavesBehind() throws Exception {
    site.work("-b", "code:" + code);
    for (var mode : new String[] {"fork", "leak"}) {
      var pid = home.resolve(mode);
      var task = site.ended(site.create(code, mode + " " + pid));
      assertThat(task.status()).as(mode).isEqualTo(TaskStatus.COMPLETED);
      Program.await("the end of what it left", () -> site.agents().isEmpty());
    }
  }

  @Test
  void endsATaskWithHowToResumeWhenItTakesTooLong() throws Exception {
    site.work("-b", "code:" + code, "--task-timeout", "1");
    var task = site.ended(site.create(code, "polite"));
    assertThat(task.status()).isEqualTo(TaskStatus.FAILED);
    assertThat(task.error()).contains("the longest a task may run", "ses_made");
    site.awaitNoAgents();
  }

  @Test
  void deliversAResultAfterTheNextStartWhenTheServerWasAway() throws Exception {
    var worker = site.work("-b", "code:" + code);
    var gate = home.resolve("gate");
    var running = site.create(code, "wait " + gate);
    site.awaitOutput(running, "waiting");
    site.closeServer();
    Files.createFile(gate);
    worker.awaitErr("completed");
    for (var i = 0; i < 3; i++) { // a single one has it try for ten more seconds
      worker.signal("TERM");
    }
    assertThat(worker.exit()).isZero();
    assertThat(worker.err()).contains("wait in the journal");
    site.openServer();
    site.work("-b", "code:" + code);
    var task = site.ended(running);
    assertThat(task.status()).isEqualTo(TaskStatus.COMPLETED);
    assertThat(site.output(running)).contains("waiting\n", "waited\n", "— completed");
  }

  @Test
  void losesNothingWhenTheServerRestartsMidTask() throws Exception {
    site.work("-b", "code:" + code);
    var gate = home.resolve("gate");
    var running = site.create(code, "wait " + gate);
    site.awaitOutput(running, "waiting");
    site.closeServer();
    site.openServer();
    Files.createFile(gate);
    var task = site.ended(running);
    assertThat(task.status()).isEqualTo(TaskStatus.COMPLETED);
    assertThat(task.raw().path("attempt").asInt()).isEqualTo(1);
    assertThat(site.ended(site.create(code, "talk again")).result()).isEqualTo("again");
  }
}
