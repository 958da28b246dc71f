package tests.program;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Files;
import java.nio.file.Path;
import lib.wire.TaskStatus;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import tests.Program;

/** A worker that was killed goes on at its next start with what its agents have done meanwhile. */
class SettleTest {
  @TempDir
  private Path home;
  private Site site;
  private Path code;
  private Path gate;

  @BeforeEach
  void open() throws Exception {
    site = new Site(home);
    code = site.folder("code");
    gate = home.resolve("gate");
    site.serve();
  }

  @AfterEach
  void close() throws Exception {
    site.close();
  }

  /** A task whose worker is killed while its agent runs. */
  private String orphan(String prompt, String said) throws Exception {
    var worker = site.work("-b", "code:" + code);
    var task = site.create(code, prompt);
    site.awaitOutput(task, said);
    worker.signal("KILL");
    worker.exit();
    assertThat(site.agents()).isNotEmpty();
    return task;
  }

  @Test
  void anAgentThatLivesIsWatchedToItsEnd() throws Exception {
    var task = orphan("wait " + gate, "waiting");
    var worker = site.work("-b", "code:" + code);
    worker.awaitErr("task=" + task + " .* going on with its agent");
    assertThat(site.client().task(task).status()).isEqualTo(TaskStatus.RUNNING);
    Files.createFile(gate);
    var ended = site.ended(task);
    assertThat(ended.status()).as(site.toString()).isEqualTo(TaskStatus.COMPLETED);
    assertThat(ended.result()).isEqualTo("waiting\nwaited");
    assertThat(site.output(task)).startsWith("waiting\nwaited\n— completed").containsOnlyOnce("waited");
    assertThat(ended.raw().path("attempt").asInt()).isEqualTo(1);
    assertThat(site.agents()).isEmpty();
  }

  @Test
  void whatAnAgentDidWhileNoWorkerRanIsReported() throws Exception {
    var task = orphan("wait " + gate, "waiting");
    Files.createFile(gate);
    Program.await("the agent's end", () -> site.agents().isEmpty());
    site.work("-b", "code:" + code);
    var ended = site.ended(task);
    assertThat(ended.status()).as(site.toString()).isEqualTo(TaskStatus.COMPLETED);
    assertThat(site.output(task)).startsWith("waiting\nwaited\n— completed").containsOnlyOnce("waiting");
  }

  @Test
  void anAgentThatVanishedIsReportedAsLostAndSaysHowToResume() throws Exception {
    var task = orphan("wait " + gate, "waiting");
    site.agents().forEach(ProcessHandle::destroyForcibly);
    Program.await("their end", () -> site.agents().isEmpty());
    site.work("-b", "code:" + code);
    var ended = site.ended(task);
    assertThat(ended.status()).as(site.toString()).isEqualTo(TaskStatus.FAILED);
    assertThat(ended.error()).contains("vanished", "resume_session_id ses_made");
  }

  @Test
  void anAgentThatIsGoneOnWithCanBeCancelledAndKeepsItsFolder() throws Exception {
    var task = orphan("polite", "running");
    var worker = site.work("-b", "code:" + code);
    worker.awaitErr("task=" + task + " .* going on with its agent");
    var next = site.create(code, "talk next");
    assertThat(site.client().task(next).status()).isEqualTo(TaskStatus.PENDING);
    site.client().cancel(task, "enough");
    assertThat(site.ended(task).status()).as(site.toString()).isEqualTo(TaskStatus.CANCELLED);
    assertThat(site.ended(next).result()).isEqualTo("next");
    assertThat(site.agents()).isEmpty();
  }
}
