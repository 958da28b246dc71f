package tests.program;

import module java.base;
import static org.assertj.core.api.Assertions.assertThat;

import lib.protocol.NewTask;
import lib.protocol.Task;
import lib.protocol.TaskStatus;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import tests.Program;
import tests.Project;

/** Agents that speak the Agent Client Protocol: each ending gets a true verdict, and no message is sent twice, whatever dies. */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class AcpTest {
  private Site site;
  private Path code;
  private Program worker;

  @BeforeAll
  void open(@TempDir Path home) throws Exception {
    site = new Site(home);
    site.openServer();
    code = site.folder("code");
    worker = site.work("-b", "code:" + code, "--agent-kind", "acp", "--agent-bin", agent(), "--silence", "lingering=1,dead=2");
  }

  @AfterAll
  void close() throws Exception {
    site.close();
  }

  private static String agent() {
    return Project.file("tests/fake/acp.sh").toString();
  }

  private Task done(String prompt) throws Exception {
    return done(prompt, "build", null, null);
  }

  private Task done(String prompt, String type, String model, String session) throws Exception {
    return site.ended(create(code, prompt, type, model, session));
  }

  private String create(Path folder, String prompt, String type, String model, String session) throws Exception {
    return site.client().create(new NewTask(site.id(folder), "t", prompt, type, 0, model, session)).id();
  }

  @ParameterizedTest
  @CsvSource(delimiter = '|', textBlock = """
      linger     | completed | all done
      fails      | completed | all done
      other      | completed | {jsonrpc:2.0,id:x1,error:{code:-32601,message:Method not found: fs/read_text_file}}
      recover it | completed | done without
      garbage    | completed | fine
      error rate of 401 unauthorized | failed | Internal error: rate of 401 unauthorized; log the agent in as
      mute       | failed    | the agent was ended: it said nothing for 2.0 s or longer
      vanish     | failed    | the agent ended without saying that it had finished
      """)
  void judgesEachEnding(String prompt, String status, String words) throws Exception {
    var task = done(prompt);
    assertThat(task.status().word()).as(task.toString()).isEqualTo(status);
    if (task.status() == TaskStatus.COMPLETED) {
      assertThat(task.result()).isEqualTo(words);
    } else {
      assertThat(task.error()).startsWith(words);
    }
  }

  @Test
  void showsTextToolsTokensAndTheAgentsName() throws Exception {
    var task = done("talk one two");
    assertThat(task.result()).isEqualTo("one two\nlast");
    assertThat(site.output(task.id())).containsPattern("^one two\nlast\n— completed after .*, 10 tokens in, 5 out\n$");
    var status = site.start("status", "--name", "w", "--json");
    assertThat(status.exit()).isZero();
    assertThat(status.out()).contains("\"agent\" : \"Made 1.2.3\"");
  }

  @Test
  void grantsWhatTheApprovalGrantsAndFailsWithTheRest() throws Exception {
    var task = done("write made.txt");
    assertThat(task.status()).as(task.toString()).isEqualTo(TaskStatus.FAILED);
    assertThat(task.error()).startsWith("the agent stopped because a tool call was refused or needs approval: execute touch ran"
        + " (refused by the user); agent_approval says");
    assertThat(code.resolve("made.txt")).exists();
    assertThat(code.resolve("ran")).doesNotExist();
    assertThat(site.output(task.id())).contains("[edit] made.txt\n[execute] touch ran\n[execute] touch ran — refused by the user\n",
        "(needs-approval)", "changed made.txt");
  }

  @Test
  void refusesAnEditOutsideTheFolderAndEveryEditToPlan() throws Exception {
    for (var prompt : new String[] {"write ../outside.txt", "write planned.txt"}) {
      var task = done(prompt, prompt.contains("planned") ? "plan" : "build", null, null);
      assertThat(task.error()).as(task.toString()).contains("needs approval");
      assertThat(code.resolve(prompt.substring(6))).doesNotExist();
    }
    assertThat(Files.readString(code.resolve("received"))).contains("\"method\":\"session/set_mode\",\"params\":{\"sessionId\":\"ses_acp");
  }

  @Test
  void setsTheModelThatTheAgentOffersAndNamesItsModelsOtherwise() throws Exception {
    assertThat(done("talk a b", "build", "any/two", null).status()).isEqualTo(TaskStatus.COMPLETED);
    assertThat(Files.readString(code.resolve("received"))).contains("\"modelId\":\"two\"");
    assertThat(done("talk a b", "build", "any/three", null).error())
        .startsWith("the agent does not know the model any/three; the nearest it offers: some/one, two");
  }

  @Test
  void continuesASessionWithoutRepeatingIt() throws Exception {
    var task = done("talk more words", "build", null, "ses_there");
    assertThat(task.sessionId()).isEqualTo("ses_there");
    assertThat(task.result()).isEqualTo("more words\nlast");
    assertThat(site.output(task.id())).doesNotContain("long ago");
  }

  @Test
  void startsFreshWhenTheSessionIsGone() throws Exception {
    var task = done("talk more words", "build", null, "ses_gone1");
    assertThat(task.status()).as(task.toString()).isEqualTo(TaskStatus.COMPLETED);
    assertThat(task.sessionId()).startsWith("ses_acp");
    assertThat(task.result()).isEqualTo("more words\nlast\n\n[session ses_gone1 is not there any more; this was done in a new session]");
  }

  @Test
  void failsWhenTheAgentCannotContinueASession() throws Exception {
    var other = site.folder("other");
    site.start("run", "--server", site.url().toString(), "--name", "o", "-b", "other:" + other, "--agent-kind", "acp", "--agent-bin", agent(),
        "--agent-args", "--no-load");
    var task = site.ended(create(other, "talk a b", "build", null, "ses_there"));
    assertThat(task.error()).startsWith("the agent cannot continue a session: it offers no session/load");
  }

  @Test
  void cancelsByAMessageAndGrantsNothingAfterIt() throws Exception {
    var id = create(code, "polite", "build", null, null);
    site.awaitOutput(id, "[execute] working");
    site.client().cancel(id, "enough");
    var task = site.ended(id);
    assertThat(task.status()).isEqualTo(TaskStatus.CANCELLED);
    assertThat(task.result()).isEqualTo("stopping");
    assertThat(Files.readString(code.resolve("received"))).contains("session/cancel").doesNotContain("\"id\":7");
  }

  @Test
  void endsAnAgentThatHearsNoCancelWithin11Seconds() throws Exception {
    var id = create(code, "deaf", "build", null, null);
    site.awaitOutput(id, "[execute] working");
    var before = System.nanoTime();
    site.client().cancel(id, "enough");
    assertThat(site.ended(id).status()).isEqualTo(TaskStatus.CANCELLED);
    assertThat(Duration.ofNanos(System.nanoTime() - before)).isBetween(Duration.ofSeconds(9), Duration.ofSeconds(20));
  }

  @ParameterizedTest
  @CsvSource({"tool, worked, in_progress", "open, allowed, request_permission"})
  void continuesTheConversationWhenTheWorkerIsKilledInAToolOrBeforeAQuestion(String mode, String result, String last) throws Exception {
    var folder = site.folder(mode);
    var gate = folder.resolve("gate");
    var command = site.arguments(site.url(), mode, "-b", mode + ":" + folder, "--agent-kind", "acp", "--agent-bin", agent());
    var first = site.process(command);
    var id = create(folder, mode + " " + gate, "build", null, null);
    var received = folder.resolve("received");
    Program.await("the prompt", () -> Files.exists(received) && Files.readString(received).contains("session/prompt"));
    first.signal("KILL");
    first.exit();
    Files.createFile(gate);
    var out = site.home().resolve(".local/state/a2a-worker").resolve(mode).resolve("tasks").resolve(id).resolve("1/out");
    Program.await(last, () -> Files.readString(out).contains(last));
    site.start(command);
    var task = site.ended(id);
    assertThat(task.status()).as(task.toString()).isEqualTo(TaskStatus.COMPLETED);
    assertThat(task.result()).isEqualTo(result);
    assertThat(Files.readAllLines(received).stream().map(line -> line.replaceFirst(".*\"method\":\"([a-z/_]+)\".*", "$1"))
        .filter(line -> !line.contains("{"))).containsExactly("initialize", "session/new", "session/prompt");
  }
}
