package tests.program;

import module java.base;
import static org.assertj.core.api.Assertions.assertThat;

import lib.core.Json;
import lib.protocol.NewTask;
import lib.protocol.Task;
import lib.protocol.TaskStatus;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/**
 * A task resumes a session in the folder that the agent's store names, and never a session of another codebase. A missing
 * session costs a task its memory, not its outcome; the result says so, and no work is repeated.
 */
class ResumeTest extends OnSite {
  private Path other;

  @BeforeEach
  void open() throws Exception {
    site.openServer();
    other = site.folder("other");
    site.work("-b", "code:" + code, "-b", "other:" + other);
  }

  @Test
  void startsFreshOnceAndSaysSoWhenTheSessionIsGone() throws Exception {
    var task = resuming("ses_gone1", "append " + code.resolve("ran"));
    assertThat(task.status()).isEqualTo(TaskStatus.COMPLETED);
    assertThat(task.result()).startsWith("wrote ").endsWith("[session ses_gone1 is not there any more; this was done in a new session]");
    assertThat(task.sessionId()).startsWith("ses_made");
    assertThat(code.resolve("ran")).hasContent("once");
    assertThat(site.output(task.id())).contains("[stderr] Error: Session not found", "wrote ", "— completed");
  }

  @Test
  void resumesAnExistingSession() throws Exception {
    var task = resuming("ses_there", "arguments");
    assertThat(task.result()).contains("--session ses_there").doesNotContain("not there any more");
    assertThat(task.sessionId()).isEqualTo("ses_there");
  }

  @Test
  void reportsAnAgentThatSilentlyStartsFresh() throws Exception {
    var task = resuming("ses_unknown1", "talk done");
    assertThat(task.status()).isEqualTo(TaskStatus.COMPLETED);
    assertThat(task.sessionId()).startsWith("ses_made");
    assertThat(task.result()).isEqualTo("done\n\n[session ses_unknown1 was asked for; the agent worked in " + task.sessionId()
        + ", which may know nothing of it]");
  }

  @Test
  void resumesInTheSessionsSubfolder() throws Exception {
    var below = Files.createDirectories(code.resolve("a/b"));
    begun("ses_below", below);
    var task = resuming("ses_below", "where");
    assertThat(task.status()).as(task.toString()).isEqualTo(TaskStatus.COMPLETED);
    assertThat(task.result()).isEqualTo(below.toString());
    assertThat(task.sessionId()).isEqualTo("ses_below");
  }

  @Test
  void startsNoAgentWhenTheSessionsFolderIsOutsideTheCodebase() throws Exception {
    var outside = Files.createDirectories(home.resolve("outside"));
    begun("ses_outside", outside);
    var task = resuming("ses_outside", "append " + code.resolve("ran"));
    assertThat(task.status()).isEqualTo(TaskStatus.FAILED);
    assertThat(task.error()).contains("session ses_outside belongs to " + outside, "not in the codebase's folder " + code);
    assertThat(task.sessionId()).isNull();
    assertThat(code.resolve("ran")).doesNotExist();
  }

  @Test
  void rejectsTheSessionOfAnotherCodebase() throws Exception {
    begun("ses_theirs", other);
    var stranger = resuming("ses_theirs", "append " + code.resolve("ran"));
    assertThat(stranger.status()).isEqualTo(TaskStatus.FAILED);
    assertThat(stranger.error()).contains("ses_theirs belongs to " + other + ", in the codebase other", "give the task that codebase");
    assertThat(code.resolve("ran")).doesNotExist();
    var homeless = new NewTask(null, "t", "append " + code.resolve("ran"), "build", 0, null, "ses_theirs");
    var global = site.ended(site.client().create(homeless).id());
    assertThat(global.error()).as("a task of no codebase, in the home around all").contains("ses_theirs belongs to " + other);
    assertThat(code.resolve("ran")).doesNotExist();
    var owner = resuming(other, "ses_theirs", "where");
    assertThat(owner.result()).isEqualTo(other.toString());
    assertThat(owner.sessionId()).isEqualTo("ses_theirs");
  }

  @Test
  void bindsAReportedSessionToItsTasksCodebase() throws Exception {
    var theirs = site.ended(site.create(other, "talk done")).sessionId();
    var stranger = resuming(theirs, "append " + code.resolve("ran"));
    assertThat(stranger.status()).isEqualTo(TaskStatus.FAILED);
    assertThat(stranger.error()).contains(theirs + " belongs to " + other + ", in the codebase other");
    assertThat(code.resolve("ran")).doesNotExist();
    assertThat(resuming(other, theirs, "talk more").sessionId()).isEqualTo(theirs);
  }

  @Test
  void startsFreshAndSaysSoWhenTheSessionsFolderIsGone() throws Exception {
    begun("ses_removed", code.resolve("removed"));
    var task = resuming("ses_removed", "arguments");
    assertThat(task.status()).as(task.toString()).isEqualTo(TaskStatus.COMPLETED);
    assertThat(task.result()).doesNotContain("--session").contains("removed, is not there any more; this was done in a new session");
    assertThat(task.sessionId()).startsWith("ses_made");
  }

  /** What OpenCode up to 1.1 keeps of a session. */
  private void begun(String session, Path directory) throws IOException {
    var folder = Files.createDirectories(home.resolve(".local/share/opencode/storage/session/p"));
    var kept = Json.object().put("id", session).put("version", "1.0.152").put("projectID", "p").put("directory", directory.toString())
        .put("title", "begun before");
    kept.putObject("time").put("created", 1_700_000_000_000L).put("updated", 1_700_000_000_000L);
    Files.writeString(folder.resolve(session + ".json"), Json.write(kept));
  }

  private Task resuming(String session, String prompt) throws Exception {
    return resuming(code, session, prompt);
  }

  private Task resuming(Path codebase, String session, String prompt) throws Exception {
    return site.ended(site.client().create(new NewTask(site.id(codebase), "t", prompt, "build", 0, null, session)).id());
  }
}
