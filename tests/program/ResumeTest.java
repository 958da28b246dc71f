package tests.program;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import lib.wire.NewTask;
import lib.wire.Task;
import lib.wire.TaskStatus;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A session that is gone costs a task its memory, not its outcome; it is said, and nothing is done twice. */
class ResumeTest {
  @TempDir
  private Path home;
  private Site site;
  private Path code;

  @BeforeEach
  void open() throws Exception {
    site = new Site(home);
    site.serve();
    code = site.folder("code");
    site.work("-b", "code:" + code);
  }

  @AfterEach
  void close() throws Exception {
    site.close();
  }

  @Test
  void anAgentWhoseSessionIsGoneStartsOnceAnewAndTheResultSaysSo() throws Exception {
    var task = resuming("ses_gone1", "append " + code.resolve("ran"));
    assertThat(task.status()).isEqualTo(TaskStatus.COMPLETED);
    assertThat(task.result()).startsWith("wrote ").endsWith("[session ses_gone1 is not there any more; this was done in a new session]");
    assertThat(task.sessionId()).startsWith("ses_made");
    assertThat(code.resolve("ran")).hasContent("once");
    assertThat(site.output(task.id())).contains("[stderr] Error: Session not found", "wrote ", "— completed");
  }

  @Test
  void aSessionThatIsThereIsGoneOnWith() throws Exception {
    var task = resuming("ses_there", "arguments");
    assertThat(task.result()).contains("--session ses_there").doesNotContain("not there any more");
    assertThat(task.sessionId()).isEqualTo("ses_there");
  }

  private Task resuming(String session, String prompt) throws Exception {
    return site.ended(site.client().create(new NewTask(site.id(code), "t", prompt, "build", 0, null, session)).id());
  }
}
