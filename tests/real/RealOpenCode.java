package tests.real;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.node.ObjectNode;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import lib.config.Json;
import lib.wire.NewTask;
import lib.wire.SessionCalls.Resume;
import lib.wire.Task;
import lib.wire.TaskStatus;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.io.TempDir;
import tests.Program;
import tests.program.Site;
import tests.real.ModelServer.Call;
import tests.real.ModelServer.Cut;
import tests.real.ModelServer.Move;
import tests.real.ModelServer.Refuse;
import tests.real.ModelServer.Say;

/** A real agent CLI does real tasks for a real worker; only the model behind it is scripted. */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
abstract class RealOpenCode {
  private final String version;
  private final Map<String, Move[]> moves = new ConcurrentHashMap<>();
  private Site site;
  private ModelServer model;
  private Path code;

  RealOpenCode(String version) {
    this.version = version;
  }

  @BeforeAll
  void open(@TempDir Path home) throws Exception {
    site = new Site(home);
    model = new ModelServer((said, turn) -> {
      var script = moves.getOrDefault(said.strip(), new Move[] {new Say("I have nothing to say to that.")});
      return script[Math.min(turn, script.length - 1)];
    });
    var agent = OpenCodeProgram.install(site.home(), model.url(), version);
    site.serve();
    code = site.folder("code");
    site.start("run", "--server", site.url().toString(), "--name", "w", "--agent-bin", agent.toString(), "-b", "code:" + code,
        "--silence", "dead=60,limited=5", "--agent-storage-path", site.home().resolve("agent-home/.local/share/opencode").toString());
    site.id(code);
  }

  @AfterAll
  void close() throws Exception {
    if (site != null) {
      site.close();
    }
    if (model != null) {
      model.close();
    }
  }

  private void script(String prompt, Move... script) {
    moves.put(prompt.strip(), script);
  }

  private Task done(String prompt) throws Exception {
    return done(prompt, null, null);
  }

  private Task done(String prompt, String named, String session) throws Exception {
    return site.ended(created(prompt, named, session));
  }

  private String created(String prompt, String named, String session) throws Exception {
    return site.client().create(new NewTask(site.id(code), "t", prompt, "build", 0, named, session)).id();
  }

  private static ObjectNode bash(String command) {
    return Json.object().put("command", command).put("description", "a command");
  }

  @Test
  void toolsChangeFilesAndWhatPeopleSeeTellsIt() throws Exception {
    var file = code.resolve("hello.txt");
    script("Write hello.txt", new Call("write", Json.object().put("filePath", file.toString()).put("content", "made by a model\n")),
        new Call("bash", bash("cat hello.txt")), new Say("I wrote hello.txt for you."));
    var task = done("Write hello.txt");
    assertThat(task.status()).as(task.toString()).isEqualTo(TaskStatus.COMPLETED);
    assertThat(file).hasContent("made by a model\n");
    assertThat(task.result()).isEqualTo("I wrote hello.txt for you.");
    assertThat(task.sessionId()).startsWith("ses_");
    assertThat(site.output(task.id())).contains("[write] ", "[bash] cat hello.txt\n", "I wrote hello.txt for you.\n").containsPattern(
        "— completed after [0-9.]+ s, [1-9][0-9]* tokens in, [1-9][0-9]* out, changed \\S*hello.txt");
  }

  @Test
  void aSessionIsGoneOnWith() throws Exception {
    script("Remember the word plover", new Say("I will."));
    script("Which word?", new Say("plover"));
    var first = done("Remember the word plover");
    var second = done("Which word?", null, first.sessionId());
    assertThat(second.status()).as(second.toString()).isEqualTo(TaskStatus.COMPLETED);
    assertThat(second.sessionId()).isEqualTo(first.sessionId());
    assertThat(model.conversation("Which word?")).contains("Remember the word plover");
  }

  @Test
  void itsSessionIsToldAndGoneOnWithFromTheServerByOneTask() throws Exception {
    script("Say hello", new Say("Hello."));
    script("And again", new Say("Hello again."));
    var first = done("Say hello");
    var sessions = site.client().sessions();
    var where = site.id(code);
    Program.await("the session", () -> sessions.list(where, 100, 0, first.sessionId()).total() == 1
        && sessions.messages(where, first.sessionId(), 10).total() == 2);
    assertThat(sessions.messages(where, first.sessionId(), 10).messages().getLast()).satisfies(answer -> {
      assertThat(answer.role()).isEqualTo("assistant");
      assertThat(answer.text()).isEqualTo("Hello.");
      assertThat(answer.model()).isEqualTo("fake/scripted");
    });
    var how = new Resume("And again", null, null, null);
    var pressed = sessions.resume(where, first.sessionId(), how);
    var again = sessions.resume(where, first.sessionId(), how);
    assertThat(again.taskId()).isEqualTo(pressed.taskId());
    assertThat(again.created()).isFalse();
    assertThat(site.ended(pressed.taskId()).sessionId()).isEqualTo(first.sessionId());
    Program.await("the rest of it", () -> sessions.messages(where, first.sessionId(), 10).total() == 4);
  }

  @Test
  void aSessionThatIsGoneCostsOnlyTheMemory() throws Exception {
    script("Go on", new Say("I began anew."));
    var task = done("Go on", null, "ses_4d6c1ec0bffeabcdefghijklmn");
    assertThat(task.status()).as(task.toString()).isEqualTo(TaskStatus.COMPLETED);
    assertThat(task.result()).startsWith("I began anew.").contains("ses_4d6c1ec0bffeabcdefghijklmn is not there any more");
    assertThat(task.sessionId()).startsWith("ses_").isNotEqualTo("ses_4d6c1ec0bffeabcdefghijklmn");
  }

  @Test
  void aRefusalByTheProviderIsAFailureInItsWords() throws Exception {
    script("Be refused", new Refuse(401, "this key is not known here"));
    var task = done("Be refused");
    assertThat(task.status()).as(task.toString()).isEqualTo(TaskStatus.FAILED);
    assertThat(task.error()).contains("this key is not known here");
  }

  @Test
  void aUsageLimitEndsTheTaskInsteadOfTheAgentsEndlessTries() throws Exception {
    script("Be limited", new Refuse(429, "rate limit reached, try again in 20 minutes"));
    var id = created("Be limited", null, null);
    site.awaitOutput(id, "(limit)");
    site.client().cancel(id, "it waits for its provider");
  }

  @Test
  void aLongAnswerArrivesWhole() throws Exception {
    var answer = "0123456789 äöü€😀 ".repeat(20_000);
    script("Talk long", new Say(answer));
    var task = done("Talk long");
    assertThat(task.status()).isEqualTo(TaskStatus.COMPLETED);
    assertThat(task.result().strip()).isEqualTo(answer.strip());
    assertThat(site.output(task.id())).contains(answer.strip());
  }

  @Test
  void aCancelInTheMiddleOfAToolEndsTheToolToo() throws Exception {
    var note = code.resolve("tool.pid");
    script("Run long", new Call("bash", bash("echo $$ >tool.pid; sleep 300")), new Say("done"));
    var id = created("Run long", null, null);
    Program.await("the tool", () -> Files.exists(note) && !Files.readString(note).isBlank());
    site.client().cancel(id, "enough");
    var task = site.ended(id);
    assertThat(task.status()).isEqualTo(TaskStatus.CANCELLED);
    var tool = Long.parseLong(Files.readString(note).strip());
    Program.await("the end of the tool", () -> ProcessHandle.of(tool).filter(ProcessHandle::isAlive).isEmpty());
  }

  @Test
  void aSubAgentIsOneToolCallAndTheSessionStaysTheMainOne() throws Exception {
    script("Delegate", new Call("task", Json.object().put("description", "look around").put("prompt", "Look around for me")
        .put("subagent_type", "general")), new Say("It was delegated."));
    script("Look around for me", new Say("I looked around."));
    var task = done("Delegate");
    assertThat(task.status()).as(task.toString()).isEqualTo(TaskStatus.COMPLETED);
    assertThat(task.result()).isEqualTo("It was delegated.");
    assertThat(model.prompts()).anyMatch(said -> said.contains("Look around for me"));
    assertThat(site.output(task.id())).contains("[task] look around").doesNotContain("I looked around.");
  }

  @Test
  void aPromptReachesTheModelAsItIs() throws Exception {
    var megabyte = "A prompt of a megabyte. ".repeat(45_000);
    for (var prompt : new String[] {"--help", "-x \"quoted\" $HOME `id` @file /cmd", "ünï 日本語 😀\ttab\nline\u0007bell\u001b[31m", megabyte}) {
      script(prompt, new Say("read " + prompt.length()));
      var task = done(prompt);
      assertThat(task.status()).as(task.toString()).isEqualTo(TaskStatus.COMPLETED);
      assertThat(task.result()).isEqualTo("read " + prompt.length());
      assertThat(model.prompts()).anyMatch(said -> said.strip().equals(prompt.strip()));
    }
  }

  @Test
  void aStreamThatIsCutIsNoSuccess() throws Exception {
    script("Be cut off", new Cut("half an ans"));
    var id = created("Be cut off", null, null);
    Program.await("the model to be asked", () -> model.prompts().stream().anyMatch(said -> said.contains("Be cut off")));
    moves.put("Be cut off", new Move[] {new Refuse(400, "and now it refuses")}); // newer versions try again and again
    var task = site.ended(id);
    assertThat(task.status()).as(task.toString()).isEqualTo(TaskStatus.FAILED);
  }

  @Test
  void aModelThatTheAgentDoesNotKnowFailsAtOnceWithTheNearest() throws Exception {
    var task = done("Whatever", "fake/scribbled", null);
    assertThat(task.status()).isEqualTo(TaskStatus.FAILED);
    assertThat(task.error()).contains("does not know the model fake/scribbled", "fake/scripted");
  }
}
