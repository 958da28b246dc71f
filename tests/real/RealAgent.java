package tests.real;

import module java.base;
import static org.assertj.core.api.Assertions.assertThat;

import lib.agent.adapter.Adapter;
import lib.client.SessionClient.Resume;
import lib.protocol.NewTask;
import lib.protocol.SessionMessage;
import lib.protocol.Task;
import lib.protocol.TaskStatus;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.io.TempDir;
import tests.Program;
import tests.program.Site;
import tests.real.ModelServer.Call;
import tests.real.ModelServer.Move;
import tests.real.ModelServer.Refuse;
import tests.real.ModelServer.Say;

/** A real agent CLI does real tasks for a real worker; only the model behind it is scripted. What is promised of each kind. */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
abstract class RealAgent {
  private final Map<String, Move[]> moves = new ConcurrentHashMap<>();
  private final Dialect dialect;
  Site site;
  ModelServer model;
  Path code;
  private final Adapter adapter;
  private Path agent;

  RealAgent(Adapter adapter, Dialect dialect) {
    this.adapter = adapter;
    this.dialect = dialect;
  }

  /**
   * A program named {@code agent} in the site's home that asks this model and nobody else.
   *
   * @param home for its own files
   */
  abstract Path install(Path home, String modelUrl) throws IOException, InterruptedException;

  /** Variables by which a worker finds the agent's sessions. */
  abstract Map<String, String> variables(Path home);

  /** Further flags of the worker. */
  List<String> flags() {
    return List.of();
  }

  /** Its tool that runs a command. */
  abstract Call shell(String command);

  /** Its tool that makes a file. */
  abstract Call write(Path file, String text);

  /** The line that people see of the tool that made this file. */
  abstract String written(Path file);

  /** A session that it does not have. */
  abstract String goneSession();

  @BeforeAll
  void open(@TempDir Path folder) throws Exception {
    site = new Site(folder);
    model = new ModelServer(dialect, (said, turn) -> {
      var script = moves.getOrDefault(said, new Move[] {new Say("I have nothing to say to that.")});
      return script[Math.min(turn, script.length - 1)];
    });
    var home = Files.createDirectories(site.home().resolve("agent-home"));
    agent = install(home, model.url());
    site.openServer();
    code = site.folder("code");
    var arguments = new ArrayList<>(List.of("run", "--server", site.url().toString(), "--name", "w", "--agent-bin", agent.toString(),
        "-b", "code:" + code, "--silence", "dead=60,limited=5"));
    arguments.addAll(flags());
    site.start(variables(home), arguments.toArray(String[]::new));
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

  /** What the model does when the user says this. */
  void script(String prompt, Move... script) {
    moves.put(prompt.strip(), script);
  }

  Task done(String prompt) throws Exception {
    return done(prompt, null, null);
  }

  Task done(String prompt, String named, String session) throws Exception {
    return site.ended(created(prompt, named, session));
  }

  String created(String prompt, String named, String session) throws Exception {
    return site.client().create(new NewTask(site.id(code), "t", prompt, "build", 0, named, session)).id();
  }

  /** Further calls of its tools in a task that writes a file. */
  List<Move> furtherCalls() {
    return List.of();
  }

  @Test
  void changesFilesUploadsItsSessionAndContinuesItFromTheServerByOneTask() throws Exception {
    var file = code.resolve("hello.txt");
    var calls = new ArrayList<Move>(List.of(write(file, "made by a model"), shell("cat hello.txt")));
    calls.addAll(furtherCalls());
    calls.add(new Say("I wrote hello.txt for you."));
    script("Write hello.txt", calls.toArray(Move[]::new));
    var task = done("Write hello.txt");
    assertThat(task.status()).as(task.toString()).isEqualTo(TaskStatus.COMPLETED);
    assertThat(file).hasContent("made by a model");
    assertThat(task.result()).isEqualTo("I wrote hello.txt for you.");
    checkOutput(task.id());
    continues(task.sessionId());
  }

  /** What people see of a task that writes a file. */
  void checkOutput(String task) throws Exception {
    assertThat(site.output(task)).contains(written(code.resolve("hello.txt")), "] cat hello.txt\n", "I wrote hello.txt for you.\n")
        .containsPattern("— completed after [0-9.]+ s, [1-9][0-9]* tokens in, [1-9][0-9]* out.*, changed \\S*hello.txt");
  }

  /** Two requests to resume the session at the server make one task. */
  private void continues(String id) throws Exception {
    assertThat(uploaded(id, "I wrote hello.txt for you.")).first().satisfies(asked -> {
      assertThat(asked.role()).isEqualTo("user");
      assertThat(asked.text()).contains("Write hello.txt");
    });
    script("And again", new Say("Hello again."));
    var how = new Resume("And again", null, null, null);
    var pressed = site.client().sessions().resume(site.id(code), id, how);
    var again = site.client().sessions().resume(site.id(code), id, how);
    assertThat(again.taskId()).isEqualTo(pressed.taskId());
    assertThat(again.created()).isFalse();
    assertThat(site.ended(pressed.taskId()).sessionId()).isEqualTo(id);
    assertThat(model.conversation("And again")).contains("Write hello.txt");
    assertThat(uploaded(id, "Hello again.")).last().satisfies(answer -> {
      assertThat(answer.role()).isEqualTo("assistant");
      assertThat(answer.model()).contains("scripted");
    });
  }

  @Test
  void continuesASessionOfASubfolderThereAndPassesTextOnAsItIs() throws Exception {
    var prompt = "--help -x \"quoted\" $HOME `id` @file /cmd ünï 日本語 😀\ttab\nline\u0007bell\u001b[31m "
        + "A prompt of a megabyte. ".repeat(42_000); // Codex takes 1,048,576 characters
    var answer = "0123456789 äöü€😀 ".repeat(5_000).strip(); // more than a pipe holds
    script("Remember the word dunlin", new Say("I will."));
    script(prompt, shell("pwd >where.txt"), new Say(answer));
    var below = site.folder("code/below");
    var session = begun(below, "Remember the word dunlin");
    var task = done(prompt, null, session);
    assertThat(task.status()).as(task.error()).isEqualTo(TaskStatus.COMPLETED);
    assertThat(task.sessionId()).isEqualTo(session);
    assertThat(below.resolve("where.txt")).hasContent(below.toString());
    assertThat(model.conversation(prompt.strip())).contains("Remember the word dunlin");
    assertThat(task.result().strip()).isEqualTo(answer);
    assertThat(site.output(task.id())).contains(answer);
  }

  /** Begins a session there, as a person would by hand. */
  private String begun(Path directory, String prompt) throws IOException, InterruptedException {
    var ask = new Adapter.LaunchSpec(agent, null, "build", null, null, Adapter.Approval.CONFIGURED, List.of(), prompt, null, directory);
    var input = Files.writeString(site.home().resolve("prompt"), prompt);
    var output = site.home().resolve("said");
    var process = new ProcessBuilder(adapter.argv(ask)).directory(directory.toFile()).redirectInput(input.toFile())
        .redirectOutput(output.toFile()).redirectError(ProcessBuilder.Redirect.DISCARD).start();
    assertThat(process.waitFor(Program.PATIENCE.toSeconds(), TimeUnit.SECONDS)).isTrue();
    return Files.readAllLines(output).stream().map(line -> adapter.parseLine(line).sessionId()).filter(Objects::nonNull).findFirst()
        .orElseThrow();
  }

  /** The messages of a session at the server, once the last one says this. */
  private List<SessionMessage> uploaded(String session, String last) throws Exception {
    var sessions = site.client().sessions();
    Program.await("the session with " + last, () -> sessions.list(site.id(code), 100, 0, session).total() == 1
        && sessions.messages(site.id(code), session, 100).messages().stream().reduce((m, n) -> n).filter(m -> m.text().equals(last)).isPresent());
    return sessions.messages(site.id(code), session, 100).messages();
  }

  @Test
  void aSessionThatIsGoneCostsOnlyTheMemory() throws Exception {
    script("Go on", new Say("I began again."));
    var task = done("Go on", null, goneSession());
    assertThat(task.status()).as(task.toString()).isEqualTo(TaskStatus.COMPLETED);
    assertThat(task.result()).startsWith("I began again.").contains(goneSession() + " is not there any more");
    assertThat(task.sessionId()).isNotNull().isNotEqualTo(goneSession());
  }

  @Test
  void aRefusalByTheProviderIsAFailureInItsWords() throws Exception {
    script("Be refused", new Refuse(400, "this request is not liked here"));
    var task = done("Be refused");
    assertThat(task.status()).as(task.toString()).isEqualTo(TaskStatus.FAILED);
    assertThat(task.error().lines().findFirst()).get().asString().contains("this request is not liked here");
  }

  @Test
  void aCancelInTheMiddleOfAToolEndsTheToolToo() throws Exception {
    var note = code.resolve("tool.pid");
    script("Run long", shell("echo $$ >tool.pid; sleep 300"), new Say("done"));
    var id = created("Run long", null, null);
    Program.await("the tool", () -> Files.exists(note) && !Files.readString(note).isBlank());
    site.client().cancel(id, "enough");
    var task = site.ended(id);
    assertThat(task.status()).isEqualTo(TaskStatus.CANCELLED);
    var tool = Long.parseLong(Files.readString(note).strip());
    Program.await("the end of the tool", () -> ProcessHandle.of(tool).filter(ProcessHandle::isAlive).isEmpty());
  }
}
