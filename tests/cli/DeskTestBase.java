package tests.cli;

import module java.base;

import lib.cli.Command;
import lib.cli.output.CommandIo;
import lib.client.ApiClient;
import lib.client.http.ApiException;
import lib.client.http.ServerAddress;
import lib.core.Clock;
import lib.core.Environment;
import lib.core.Json;
import lib.protocol.NewTask;
import lib.protocol.Registration;
import lib.protocol.Task;
import lib.protocol.TaskReport;
import lib.protocol.TaskStatus;
import lib.server.EmbeddedServer;
import lib.server.ServerOptions;
import lib.server.http.Tokens;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.io.TempDir;
import tests.config.Ran;

/** Each test gives commands, which run within it, to a server of its own. */
abstract class DeskTestBase {
  @TempDir
  Path folder;
  Path home;
  EmbeddedServer hub;
  ApiClient client;
  private boolean terminal;
  private Map<String, String> vars = Map.of();
  private String input = "";
  private Duration patience = Duration.ofSeconds(10);

  @BeforeEach
  void openDesk() throws Exception {
    home = folder.toRealPath();
    hub = EmbeddedServer.start(new ServerOptions("127.0.0.1", 0, home.resolve("data/server.db"), Tokens.NONE), Clock.SYSTEM);
    client = new ApiClient(new ServerAddress(hub.url(), null, null, env()));
  }

  @AfterEach
  void closeDesk() throws InterruptedException {
    hub.close();
  }

  /** From now on at a terminal that is so wide. */
  DeskTestBase at(int width) {
    terminal = true;
    vars = Map.of("COLUMNS", Integer.toString(width));
    return this;
  }

  /** Standard input from now on. */
  DeskTestBase input(String text) {
    input = text;
    return this;
  }

  /** From now on waits no longer for an answer. */
  DeskTestBase patience(Duration most) {
    patience = most;
    return this;
  }

  Environment env() {
    return new Environment(vars, home, home, "desk");
  }

  /** Runs a command for the server: {@code ran("tasks", "list")}. */
  Ran ran(String... args) {
    return ranAt(hub.url(), args);
  }

  /** Runs a command for another server. */
  Ran ranAt(URI server, String... args) {
    return alone(Stream.concat(Arrays.stream(args), Stream.of("--server", server.toString())).toArray(String[]::new));
  }

  /** Runs it as it is. */
  Ran alone(String... args) {
    return into(new ByteArrayOutputStream(), args);
  }

  /** The same, with another place for what it prints. */
  Ran into(OutputStream out, String... args) {
    var io = new CommandIo(new ByteArrayInputStream(input.getBytes(StandardCharsets.UTF_8)), null, null, terminal, env(), patience);
    return Ran.of(command(args[0]), io, out, Arrays.copyOfRange(args, 1, args.length));
  }

  private static Command command(String name) {
    try {
      return (Command) Class.forName("cmd." + name).getConstructor().newInstance();
    } catch (ReflectiveOperationException e) {
      throw new IllegalArgumentException(name, e);
    }
  }

  /** The state folder of a worker of this name. */
  Path state(String worker) throws IOException {
    return Files.createDirectories(home.resolve(".local/state/a2a-worker").resolve(worker));
  }

  // --- a worker's part

  /** Registers a worker with one codebase, whose id this gives. */
  String worker(String id, String codebase, String path) throws ApiException, InterruptedException {
    client.register(new Registration(id, "name-of-" + id, List.of(), "host", List.of(), null));
    return client.registerCodebase(codebase, path, "", id).id();
  }

  String task(String codebase, String prompt, int priority) throws ApiException, InterruptedException {
    return client.create(new NewTask(codebase, prompt, prompt, "build", priority, null, null)).id();
  }

  /** A task that this worker has taken. */
  String running(String worker) throws ApiException, InterruptedException {
    client.register(new Registration(worker, worker, List.of(), "host", List.of(), null));
    var id = task(null, "x", 0);
    client.claim(id, worker);
    return id;
  }

  /** A task that is done, with this result and no output. */
  String answered(String result) throws ApiException, InterruptedException {
    var id = running("w");
    client.status(new TaskReport(id, "w", TaskStatus.COMPLETED, null, result, null, 1));
    return id;
  }

  static List<String> titles(String json) throws IOException {
    return Json.read(json).valueStream().map(t -> Task.read(t).orElseThrow().title()).toList();
  }
}
