package tests.cli;

import module java.base;
import static org.assertj.core.api.Assertions.assertThat;

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

/** Somebody who gives commands, run within the test, and a server of ours to give them to. */
final class Desk implements AutoCloseable {
  final Path home;
  final EmbeddedServer hub;
  final ApiClient client;
  private boolean terminal;
  private Map<String, String> vars = Map.of();
  private String input = "";
  private Duration patience = Duration.ofSeconds(10);

  Desk(Path folder) throws Exception {
    home = folder.toRealPath();
    hub = EmbeddedServer.start(new ServerOptions("127.0.0.1", 0, home.resolve("data/server.db"), Tokens.NONE), Clock.SYSTEM);
    client = new ApiClient(new ServerAddress(hub.url(), null, null, env()));
  }

  /** What came of a command. */
  record Ran(int exit, String out, String err) {
    /** It failed so, and said all of this. */
    void fails(int code, String... words) {
      assertThat(exit).as(toString()).isEqualTo(code);
      assertThat(err).contains(words);
    }
  }

  /** From now on at a terminal that is so wide. */
  Desk at(int width) {
    terminal = true;
    vars = Map.of("COLUMNS", Integer.toString(width));
    return this;
  }

  /** Standard input from now on. */
  Desk input(String text) {
    input = text;
    return this;
  }

  /** From now on waits no longer for an answer. */
  Desk patience(Duration most) {
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
    var out = new ByteArrayOutputStream();
    return into(out, args);
  }

  /** The same, with another place for what it prints. */
  Ran into(OutputStream out, String... args) {
    var err = new ByteArrayOutputStream();
    var io = new CommandIo(new ByteArrayInputStream(input.getBytes(StandardCharsets.UTF_8)), new PrintStream(out, true, StandardCharsets.UTF_8),
        new PrintStream(err, true, StandardCharsets.UTF_8), terminal, env(), patience);
    var exit = command(args[0]).run(io, Arrays.copyOfRange(args, 1, args.length));
    return new Ran(exit, out.toString(), err.toString(StandardCharsets.UTF_8));
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

  @Override
  public void close() throws InterruptedException {
    hub.close();
  }
}
