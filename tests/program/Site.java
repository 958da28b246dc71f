package tests.program;

import module java.base;
import lib.client.ApiClient;
import lib.client.http.ApiException;
import lib.client.http.ServerAddress;
import lib.core.Clock;
import lib.core.Environment;
import lib.protocol.CodebaseInfo;
import lib.protocol.NewTask;
import lib.protocol.Task;
import lib.protocol.TaskStatus;
import lib.server.EmbeddedServer;
import lib.server.ServerOptions;
import lib.server.http.Tokens;
import tests.Program;
import tests.Project;

/** A machine in a folder of the test: a server and workers as processes, folders with code, a made agent. */
public final class Site implements AutoCloseable {
  private final Path home;
  private final List<Program> programs = new CopyOnWriteArrayList<>();
  private URI url;
  private ApiClient client;
  private EmbeddedServer hub;

  public Site(Path home) throws IOException {
    this.home = home.toRealPath();
  }

  public static String agent() {
    return Project.file("tests/fake/agent.sh").toString();
  }

  public Path home() {
    return home;
  }

  /** A folder for code. */
  public Path folder(String name) throws IOException {
    return Files.createDirectories(home.resolve("code").resolve(name));
  }

  /** Opens the embedded server within this JVM, for tests that do not read its log; first on a free port, later on the same one. */
  public void openServer() throws InterruptedException {
    openServer(home.resolve(".local/share/a2a-server"), Tokens.NONE);
  }

  /** The same with its data in this folder, open to these tokens. */
  void openServer(Path data, Tokens tokens) throws InterruptedException {
    hub = EmbeddedServer.start(new ServerOptions("127.0.0.1", url == null ? 0 : url.getPort(), data.resolve("server.db"), tokens), Clock.SYSTEM);
    at(hub.url());
  }

  /** Starts the embedded server as a process, in place of the one within; first on a free port, later on the same one. */
  public Program serve() throws Exception {
    closeServer();
    var program = start("serve", "--no-token", "--port", url == null ? "0" : Integer.toString(url.getPort()));
    at(URI.create(program.awaitOut("(http://\\S+)")));
    return program;
  }

  /** Uses another server than the embedded one. */
  public void at(URI server) {
    url = server;
    client = new ApiClient(new ServerAddress(server, null, null, new Environment(Map.of(), home, home, "site")));
  }

  /** Starts a worker named {@code w} for the server, with the made agent, and waits for its stream. */
  public Program work(String... more) throws Exception {
    return work(Map.of(), more);
  }

  public Program work(Map<String, String> variables, String... more) throws Exception {
    var program = work(variables, url, "w", more);
    program.awaitErr("stream open");
    return program;
  }

  /** Starts a worker of this name for a server or a proxy; waits for nothing. */
  public Program work(URI server, String name, String... more) throws IOException {
    return work(Map.of(), server, name, more);
  }

  private Program work(Map<String, String> variables, URI server, String name, String... more) throws IOException {
    return start(variables, arguments(server, name, more));
  }

  /** The command line of a worker of this name for a server or a proxy. */
  String[] arguments(URI server, String name, String... more) {
    return Stream.concat(Stream.of("run", "--server", server.toString(), "--name", name, "--agent-bin", agent()), Stream.of(more))
        .toArray(String[]::new);
  }

  public Program start(String... arguments) throws IOException {
    return start(Map.of(), arguments);
  }

  public Program start(Map<String, String> variables, String... arguments) throws IOException {
    return kept(Program.command(home, folder("here"), variables, arguments));
  }

  /** The same in a process of its own, which can get every signal. */
  Program process(String... arguments) throws IOException {
    return process(Map.of(), arguments);
  }

  Program process(Map<String, String> variables, String... arguments) throws IOException {
    return kept(Program.start(home, folder("here"), variables, arguments));
  }

  /** A worker as {@link #work} starts it, in a process of its own. */
  Program workApart(String... more) throws Exception {
    var program = process(arguments(url, "w", more));
    program.awaitErr("stream open");
    return program;
  }

  private Program kept(Program program) {
    programs.add(program);
    return program;
  }

  public ApiClient client() {
    return client;
  }

  public URI url() {
    return url;
  }

  /** The id of a registered folder. */
  public String id(Path folder) throws Exception {
    Program.await("the registration of " + folder, () -> find(folder) != null);
    return find(folder);
  }

  private String find(Path folder) throws ApiException, InterruptedException {
    return client.codebases().stream().filter(c -> folder.toString().equals(c.path())).map(CodebaseInfo::id).findFirst().orElse(null);
  }

  /** Creates a task for the made agent in this folder. */
  public String create(Path folder, String prompt) throws Exception {
    return create(folder, prompt, "build");
  }

  public String create(Path folder, String prompt, String type) throws Exception {
    return client.create(new NewTask(folder == null ? null : id(folder), "a task", prompt, type, 0, null, null)).id();
  }

  /** The task, once it has ended. */
  public Task ended(String id) throws Exception {
    return reached(id, null);
  }

  /** The task, once it has this status; null waits for any end. */
  public Task reached(String id, TaskStatus status) throws Exception {
    try {
      Program.await("task " + id, () -> {
        var now = client.task(id).status();
        return now == status || now.terminal();
      });
    } catch (AssertionError e) {
      throw new AssertionError(e.getMessage() + "\n" + this, e);
    }
    return client.task(id);
  }

  public String output(String id) throws Exception {
    var all = new StringBuilder();
    for (long place = 0; ; ) {
      var page = client.output(id, place);
      page.chunks().forEach(all::append);
      place += page.chunks().size();
      if (place >= page.total()) {
        return all.toString();
      }
    }
  }

  /** Waits until the output has this text. */
  public void awaitOutput(String id, String text) throws Exception {
    Program.await("'" + text + "' in the output of " + id, () -> output(id).contains(text));
  }

  /** Waits until no agent, child process or supervisor is left; a supervisor records the end before it exits. */
  void awaitNoAgents() throws Exception {
    Program.await("the end of every agent", () -> agents().isEmpty());
  }

  /** The living processes of the made agents and their children. */
  List<ProcessHandle> agents() {
    return ProcessHandle.allProcesses().filter(p -> marked(p.pid())).toList();
  }

  private boolean marked(long pid) {
    try {
      var stat = Files.readString(Path.of("/proc/" + pid + "/stat"));
      var state = stat.substring(stat.lastIndexOf(')') + 2).charAt(0);
      return state != 'Z' && Files.readString(Path.of("/proc/" + pid + "/environ")).contains("HOME=" + home + "\0")
          && programs.stream().noneMatch(program -> program.pid() == pid);
    } catch (IOException e) {
      return false; // the process ended in between
    }
  }

  /** Kills all processes at once. Any thread. */
  void kill() {
    programs.forEach(Program::kill);
    agents().forEach(ProcessHandle::destroyForcibly);
  }

  @Override
  public void close() throws InterruptedException {
    for (var program : programs.reversed()) {
      program.close();
    }
    agents().forEach(ProcessHandle::destroyForcibly);
    closeServer();
  }

  /** Ends the server within this JVM: connections break, and further ones are refused. */
  void closeServer() throws InterruptedException {
    if (hub != null) {
      hub.close();
      hub = null;
    }
  }

  @Override
  public String toString() {
    return String.join("\n", programs.stream().map(Program::toString).toList());
  }
}
