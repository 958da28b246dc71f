package tests.program;

import module java.base;
import static org.assertj.core.api.Assertions.assertThat;

import java.sql.DriverManager;
import lib.agent.process.AttemptDirectory;
import lib.core.Json;
import lib.journal.Attempt;
import lib.journal.Journal;
import lib.protocol.Claim;
import lib.protocol.NewTask;
import lib.protocol.Registration;
import lib.protocol.TaskStatus;
import lib.server.http.Tokens;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import tests.Program;

/** A killed worker picks up at its next start what its agents have done meanwhile. */
class SettleTest extends OnSite {
  private Path gate;

  @BeforeEach
  void open() throws Exception {
    gate = home.resolve("gate");
    site.openServer();
  }

  /** A task whose worker is killed while its agent runs. */
  private String orphan(String prompt, String said) throws Exception {
    var worker = site.workApart("-b", "code:" + code);
    var task = site.create(code, prompt);
    site.awaitOutput(task, said);
    worker.signal("KILL");
    worker.exit();
    assertThat(site.agents()).isNotEmpty();
    return task;
  }

  @Test
  void watchesALivingAgentToItsEnd() throws Exception {
    var task = orphan("wait " + gate, "waiting");
    var worker = site.work("-b", "code:" + code);
    worker.awaitErr("reattached task=" + task);
    assertThat(site.client().task(task).status()).isEqualTo(TaskStatus.RUNNING);
    Files.createFile(gate);
    var ended = site.ended(task);
    assertThat(ended.status()).as(site.toString()).isEqualTo(TaskStatus.COMPLETED);
    assertThat(ended.result()).isEqualTo("waiting\nwaited");
    assertThat(site.output(task)).startsWith("waiting\nwaited\n— completed").containsOnlyOnce("waited");
    assertThat(ended.raw().path("attempt").asInt()).isEqualTo(1);
    site.awaitNoAgents();
  }

  @Test
  void watchesAnAgentAndReportsLaterWhenTheServerIsAway() throws Exception {
    var task = orphan("wait " + gate, "waiting");
    site.closeServer();
    var worker = site.work(site.url(), "w", "-b", "code:" + code);
    worker.awaitErr("reattached task=" + task);
    var status = site.start("status", "--name", "w", "--json");
    assertThat(status.exit()).as(status.toString()).isZero();
    assertThat(Json.read(status.out()).path("state").asText()).isEqualTo("connecting");
    assertThat(Json.read(status.out()).path("running").path(0).path("task_id").asText()).isEqualTo(task);
    Files.createFile(gate);
    worker.awaitErr("task=" + task + " .*completed");
    site.openServer();
    assertThat(site.ended(task).status()).as(site.toString()).isEqualTo(TaskStatus.COMPLETED);
    assertThat(site.output(task)).startsWith("waiting\nwaited\n— completed").containsOnlyOnce("waiting");
  }

  @Test
  void keepsReportsFromAnotherServerAtTheSameAddress() throws Exception {
    var task = orphan("wait " + gate, "waiting");
    site.closeServer();
    var worker = site.work(site.url(), "w", "-b", "code:" + code);
    worker.awaitErr("reattached task=" + task);
    Files.createFile(gate);
    worker.awaitErr("task=" + task + " .*completed");
    site.openServer(home.resolve("other"), Tokens.NONE);
    worker.awaitErr("reports wait for another server task=" + task);
    assertThat(worker.err()).doesNotContain("task=" + task + " status completed delivered");
    var outbox = site.start("outbox", "list", "--name", "w");
    assertThat(outbox.exit()).isZero();
    assertThat(outbox.out()).contains(task, "waiting");
  }

  @Test
  void reportsAnAgentThatEndedWhileNoWorkerRan() throws Exception {
    var task = orphan("wait " + gate, "waiting");
    Files.createFile(gate);
    Program.await("the agent's end", () -> site.agents().isEmpty());
    site.work("-b", "code:" + code);
    var ended = site.ended(task);
    assertThat(ended.status()).as(site.toString()).isEqualTo(TaskStatus.COMPLETED);
    assertThat(site.output(task)).startsWith("waiting\nwaited\n— completed").containsOnlyOnce("waiting");
  }

  @Test
  void reportsAVanishedAgentAsLostWithHowToResume() throws Exception {
    var task = orphan("wait " + gate, "waiting");
    site.agents().forEach(ProcessHandle::destroyForcibly);
    Program.await("their end", () -> site.agents().isEmpty());
    site.work("-b", "code:" + code);
    var ended = site.ended(task);
    assertThat(ended.status()).as(site.toString()).isEqualTo(TaskStatus.FAILED);
    assertThat(ended.error()).contains("vanished", "resume_session_id ses_made");
  }

  @Test
  void cancelsAReattachedAgentThatKeptItsDirectory() throws Exception {
    var task = orphan("polite", "running");
    var worker = site.work("-b", "code:" + code);
    worker.awaitErr("reattached task=" + task);
    var next = site.create(code, "talk next");
    assertThat(site.client().task(next).status()).isEqualTo(TaskStatus.PENDING);
    site.client().cancel(task, "enough");
    assertThat(site.ended(task).status()).as(site.toString()).isEqualTo(TaskStatus.CANCELLED);
    assertThat(site.ended(next).result()).isEqualTo("next");
    Program.await("the end of the supervisors", () -> site.agents().isEmpty());
  }

  @Test
  void endsAnAgentAsLostWhenItsSupervisorWasKilled() throws Exception {
    var task = orphan("wait " + gate, "waiting");
    var pid = AttemptDirectory.of(state(), task, 1).pids().orElseThrow().supervisor();
    ProcessHandle.of(pid).orElseThrow().destroyForcibly();
    Program.await("its end", () -> site.agents().stream().noneMatch(process -> process.pid() == pid));
    assertThat(site.agents()).as("the agent, which outlives its supervisor").isNotEmpty();
    site.work("-b", "code:" + code);
    var ended = site.ended(task);
    assertThat(ended.status()).as(site.toString()).isEqualTo(TaskStatus.FAILED);
    assertThat(ended.error()).contains("vanished", "resume_session_id ses_made");
    Program.await("the agent's end", () -> site.agents().isEmpty());
  }

  @Test
  void watchesAnAgentWhenItsProcessesAreNoLongerOnRecord() throws Exception {
    var task = orphan("wait " + gate, "waiting");
    Files.delete(AttemptDirectory.of(state(), task, 1).file("pid"));
    site.work("-b", "code:" + code).awaitErr("reattached task=" + task);
    Files.createFile(gate);
    var ended = site.ended(task);
    assertThat(ended.status()).as(site.toString()).isEqualTo(TaskStatus.COMPLETED);
    assertThat(ended.raw().path("attempt").asInt()).isEqualTo(1);
    site.awaitNoAgents();
  }

  @Test
  void watchesAnAgentWhenItsFilesHoldGarbage() throws Exception {
    var task = orphan("wait " + gate, "waiting");
    for (var name : List.of("task.json", "deadline", "attempt.json")) {
      Files.write(AttemptDirectory.of(state(), task, 1).file(name), new byte[] {(byte) 0xff, 'x', (byte) 0xc0, '\n'});
    }
    var worker = site.work("-b", "code:" + code);
    worker.awaitErr("reattached task=" + task);
    Files.createFile(gate);
    assertThat(site.ended(task).status()).as(site.toString()).isEqualTo(TaskStatus.COMPLETED);
  }

  @Test
  void endsATaskWhenItsOutputFileIsGone() throws Exception {
    var task = orphan("wait " + gate, "waiting");
    Files.delete(AttemptDirectory.of(state(), task, 1).file("out"));
    site.work("-b", "code:" + code);
    var ended = site.ended(task);
    assertThat(ended.status()).as(site.toString()).isEqualTo(TaskStatus.FAILED);
    assertThat(ended.error()).contains("could not read the agent's output");
    Program.await("the agent's end", () -> site.agents().isEmpty());
  }

  /** A task with an intent of an earlier start; the test chooses whether it was claimed, and recorded as claimed. */
  private String earlier(boolean claimed, boolean recorded) throws Exception {
    Files.createDirectories(state());
    Files.writeString(state().resolve("worker-id"), "me");
    site.client().register(new Registration("me", "w", List.of(), "host", List.of(), null));
    var codebase = site.client().registerCodebase("code", code.toString(), "", "me").id();
    var task = site.client().create(new NewTask(codebase, "a task", "append made.txt", "build", 0, null, null)).id();
    try (var journal = Journal.open(state().resolve("journal.db"))) {
      var draft = Attempt.draft(site.client().info().serverId(), "me", site.client().task(task), 1, code, Instant.now());
      var folder = AttemptDirectory.of(state(), task, 1);
      folder.create();
      folder.writeInputs("append made.txt", Json.object(), draft.toJson());
      var intent = journal.insertIntent(draft);
      if (claimed) {
        var fence = ((Claim.Won) site.client().claim(task, "me")).attempt();
        if (recorded) {
          journal.claimed(intent, fence, 900, null, Instant.now());
        }
      }
    }
    return task;
  }

  @ParameterizedTest
  @CsvSource({"false, false", "true, false", "true, true"})
  void runsATaskOnceWhenItsAgentNeverStarted(boolean claimed, boolean recorded) throws Exception {
    var task = earlier(claimed, recorded);
    site.work("-b", "code:" + code);
    assertThat(site.reached(task, TaskStatus.COMPLETED).status()).as(site.toString()).isEqualTo(TaskStatus.COMPLETED);
    assertThat(code.resolve("made.txt")).hasContent("once");
    assertThat(site.client().task(task).raw().path("attempt").asInt()).isEqualTo(claimed ? 2 : 1);
  }

  @Test
  void removesAnIntentAndItsFolderWhenAnotherTookTheTask() throws Exception {
    var task = earlier(false, false);
    site.client().register(new Registration("other", "other", List.of(), "host", List.of(), null));
    site.client().cancel(task, "not needed");
    var worker = site.work("-b", "code:" + code);
    worker.awaitErr("claim of an earlier start did not succeed or is over task=" + task);
    Program.await("the folder's end", () -> !Files.exists(AttemptDirectory.of(state(), task, 1).path()));
    worker.signal("TERM");
    worker.exit();
    try (var journal = Journal.open(state().resolve("journal.db"))) {
      assertThat(journal.open()).isEmpty();
    }
    assertThat(code.resolve("made.txt")).doesNotExist();
  }

  @Test
  void startsNoAgentWhenTheIntentCannotBeWritten() throws Exception {
    var first = site.work("-b", "code:" + code);
    site.id(code);
    first.signal("TERM");
    first.exit();
    refuse("CREATE TRIGGER refuse BEFORE INSERT ON attempt BEGIN SELECT RAISE(ABORT, 'made to fail'); END");
    var worker = site.work(Map.of(Program.TIMES_FASTER, "10"), "-b", "code:" + code);
    var task = site.create(code, "append made.txt");
    worker.awaitErr("cannot write the journal, no task is taken, retrying in 10 s task=" + task + ": .*made to fail");
    assertThat(site.client().task(task).status()).isEqualTo(TaskStatus.PENDING);
    assertThat(site.client().task(task).raw().path("attempt").asInt()).as("claims").isZero();
    assertThat(code.resolve("made.txt")).doesNotExist();
    refuse("DROP TRIGGER refuse");
    assertThat(site.ended(task).status()).as(site.toString()).isEqualTo(TaskStatus.COMPLETED);
    assertThat(code.resolve("made.txt")).hasContent("once");
  }

  private void refuse(String sql) throws Exception {
    try (var database = DriverManager.getConnection("jdbc:sqlite:" + state().resolve("journal.db")); var statement = database.createStatement()) {
      statement.execute("PRAGMA busy_timeout=10000");
      statement.execute(sql);
    }
  }

  private Path state() {
    return site.home().resolve(".local/state/a2a-worker/w");
  }
}
