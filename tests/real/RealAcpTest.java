package tests.real;

import module java.base;
import static org.assertj.core.api.Assertions.assertThat;

import lib.core.Json;
import lib.protocol.NewTask;
import lib.protocol.TaskStatus;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.io.TempDir;
import tests.Heavy;
import tests.Program;
import tests.program.Site;
import tests.real.ModelServer.Call;
import tests.real.ModelServer.Move;
import tests.real.ModelServer.Say;

/** OpenCode {@value RealOpenCode#NEW} over the Agent Client Protocol: a real agent on the other side of each message. */
@Heavy
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class RealAcpTest {
  private final Map<String, Move[]> moves = new ConcurrentHashMap<>();
  private Site site;
  private ModelServer model;
  private Path agent;

  @BeforeAll
  void open(@TempDir Path folder) throws Exception {
    site = new Site(folder);
    model = new ModelServer(new ChatDialect(), (said, turn) -> {
      var script = moves.get(said);
      return script[Math.min(turn, script.length - 1)];
    });
    var home = Files.createDirectories(site.home().resolve("agent-home"));
    agent = new NewOpenCodeTest().install(home, model.url());
    var config = home.resolve(".config/opencode/opencode.json");
    Files.writeString(config, Files.readString(config).replace("\"allow\"", "\"ask\""));
    site.openServer();
  }

  @AfterAll
  void close() throws Exception {
    if (site != null) {
      site.close();
      model.close();
    }
  }

  private static Call shell(String command) {
    return new Call("bash", Json.object().put("command", command).put("description", "a command"));
  }

  private String[] worker(String name, Path folder, String approval) {
    return new String[] {"run", "--server", site.url().toString(), "--name", name, "-b", name + ":" + folder, "--agent-bin", agent.toString(),
        "--agent-kind", "acp", "--agent-args", "acp", "--agent-approval", approval};
  }

  private String create(Path folder, String prompt, String session, Move... script) throws Exception {
    moves.put(prompt, script);
    return site.client().create(new NewTask(site.id(folder), "t", prompt, "build", 0, "fake/scripted", session)).id();
  }

  @Test
  void writesAFileAndFailsAtTheCommandThatNobodyAllowed() throws Exception {
    var folder = site.folder("edits");
    var file = folder.resolve("hello.txt");
    site.start(worker("edits", folder, "edits"));
    var id = create(folder, "Write hello.txt", null, new Call("write", Json.object().put("filePath", file.toString())
        .put("content", "made by a model")), shell("touch ran"), new Say("never said"));
    Program.await("the file", () -> Files.exists(file));
    var task = site.ended(id);
    assertThat(task.status()).as(task.toString()).isEqualTo(TaskStatus.FAILED);
    assertThat(task.error()).contains("a tool call was refused or needs approval: execute touch ran");
    assertThat(file).hasContent("made by a model");
    assertThat(folder.resolve("ran")).doesNotExist();
    assertThat(site.output(task.id())).contains("[edit] " + file + "\n", "\n[execute] touch ran\n", "tokens in", "changed " + file);
  }

  @Test
  void outlivesItsWorkerAndContinuesItsSessionUntilItIsCancelled() throws Exception {
    var folder = site.folder("all");
    var note = folder.resolve("tool.pid");
    var first = Program.start(site.home(), site.home(), Map.of(), worker("all", folder, "all"));
    var id = create(folder, "Remember the word dunlin", null, shell("echo ran >>ran; echo $$ >tool.pid; until [ -e gate ]; do sleep 0.1; done"), new Say("I\nwill."));
    Program.await("the tool", () -> Files.exists(note) && !Files.readString(note).isBlank());
    first.signal("KILL");
    first.exit();
    Files.createFile(folder.resolve("gate"));
    site.start(worker("all", folder, "all"));
    var task = site.ended(id);
    assertThat(task.status()).as(task.toString()).isEqualTo(TaskStatus.COMPLETED);
    assertThat(task.result()).isEqualTo("I\nwill.");
    assertThat(folder.resolve("ran")).as("asked once").hasContent("ran");
    Files.delete(note);
    var again = create(folder, "Run long", task.sessionId(), shell("echo $$ >tool.pid; sleep 300"), new Say("done"));
    Program.await("the tool", () -> Files.exists(note) && !Files.readString(note).isBlank());
    site.client().cancel(again, "enough");
    var cancelled = site.ended(again);
    assertThat(cancelled.status()).as(cancelled.toString()).isEqualTo(TaskStatus.CANCELLED);
    assertThat(cancelled.sessionId()).isEqualTo(task.sessionId());
    assertThat(model.conversation("Run long")).contains("Remember the word dunlin");
    assertThat(site.output(again)).doesNotContain("will.");
    var tool = Long.parseLong(Files.readString(note).strip());
    Program.await("the end of the tool", () -> ProcessHandle.of(tool).filter(ProcessHandle::isAlive).isEmpty());
  }
}
