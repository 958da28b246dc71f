package lib.control;

import module java.base;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import lib.config.Settings;
import lib.config.StateDirectory;
import lib.core.Clock;
import lib.core.Json;
import lib.core.Problem;
import lib.store.LockFile;

/** One request to the running worker of a state folder. For one thread. */
public final class ControlClient implements AutoCloseable {
  private static final Duration TIMEOUT = Duration.ofSeconds(30); // the worker may have to ask a slow server
  private static final int INVALID_PARAMS = -32602; // of JSON-RPC 2.0

  private final Path stateDir;
  private final SocketChannel channel;
  private final BufferedReader lines;

  private ControlClient(Path stateDir, SocketChannel channel) {
    this.stateDir = stateDir;
    this.channel = channel;
    this.lines = new BufferedReader(Channels.newReader(channel, StandardCharsets.UTF_8));
  }

  /**
   * The state folder of the worker that the settings name, which need not run, else of this user's only running one.
   *
   * @throws Problem ending with {@link Problem.Exit#NO_WORKER} when there is none; another one when there are several
   */
  public static Path stateDir(Settings settings) {
    var found = stateDirs(settings);
    if (found.size() > 1) {
      throw new Problem("several workers run here", "they are called "
          + String.join(", ", found.stream().map(folder -> folder.getFileName().toString()).toList()), "choose one with --name");
    }
    return found.stream().findFirst().orElseThrow(() -> new Problem("no worker runs here", "none of this user's holds its state folder in "
        + StateDirectory.all(settings.env()), "start one: run; or name one that keeps its state elsewhere: --state-dir")
        .ending(Problem.Exit.NO_WORKER));
  }

  /** The state folder of the worker that the settings name, else those of this user's running workers. */
  public static List<Path> stateDirs(Settings settings) {
    return StateDirectory.isNamed(settings) ? List.of(StateDirectory.of(settings))
        : StateDirectory.existing(settings.env()).stream().filter(folder -> LockFile.holder(folder.resolve("lock")).isPresent()).toList();
  }

  /** @throws Problem ending with {@link Problem.Exit#NO_WORKER} when no worker answers there */
  public static ControlClient connect(Path stateDir) {
    try {
      return new ControlClient(stateDir, SocketChannel.open(UnixDomainSocketAddress.of(SocketFile.of(stateDir))));
    } catch (IOException e) {
      throw new Problem("no worker answers in " + stateDir, String.valueOf(e.getMessage()),
          "start one: run; or name another with --name or --state-dir").ending(Problem.Exit.NO_WORKER).from(e);
    }
  }

  /**
   * Sends the request and returns the result.
   *
   * @throws Problem that the worker answers, or when it does not answer within 30 s
   */
  public JsonNode call(String method, ObjectNode params) {
    try (var timeout = ChannelTimeout.start(channel, TIMEOUT, Clock.SYSTEM)) {
      send(method, params);
      return read().path("result");
    } catch (IOException e) {
      throw noAnswer(e);
    }
  }

  /**
   * Subscribes to something.
   *
   * @param more handed each message, the first of which has a {@code result}, the others a {@code method}; false after the last
   *     one wanted
   * @throws Problem that the worker answers, or when it ends
   */
  public void follow(String method, ObjectNode params, Predicate<JsonNode> more) {
    try {
      send(method, params);
      while (more.test(read())) {
        continue;
      }
    } catch (IOException e) {
      throw noAnswer(e);
    }
  }

  private void send(String method, ObjectNode params) throws IOException {
    var request = Json.object().put("jsonrpc", "2.0").put("id", 1).put("method", method);
    try {
      Channels.newOutputStream(channel).write((Json.write(request.set("params", params)) + "\n").getBytes(StandardCharsets.UTF_8));
    } catch (IOException e) {
      read(); // a worker that refuses the client says why before it closes the connection
      throw e;
    }
  }

  private ObjectNode read() throws IOException {
    var line = lines.readLine();
    if (line == null) {
      throw new IOException("it has closed the connection");
    }
    var message = Json.readObject(line).orElseThrow(() -> new IOException("its answer is no JSON object"));
    if (message.has("error")) {
      throw problem(message.path("error"));
    }
    return message;
  }

  private static Problem problem(JsonNode error) {
    var what = error.path("message").asText();
    if (error.path("code").asInt() == INVALID_PARAMS) {
      return new Problem(what, "the worker takes no other", "give another one").ending(Problem.Exit.USAGE);
    }
    var exit = Arrays.stream(Problem.Exit.values()).filter(e -> e.code == error.path("code").asInt()).findFirst()
        .orElse(Problem.Exit.PROBLEM);
    return new Problem(what, error.at("/data/why").asText("the worker refused the request"),
        error.at("/data/fix").asText("use the same version of the commands and the worker")).ending(exit);
  }

  private Problem noAnswer(IOException e) {
    var why = e instanceof AsynchronousCloseException ? "it said nothing for " + TIMEOUT.toSeconds() + " s" : String.valueOf(e.getMessage());
    return new Problem("the worker in " + stateDir + " did not answer", why,
        "look whether it is ending, or try again").ending(Problem.Exit.TRY_LATER).from(e);
  }

  @Override
  public void close() {
    try {
      channel.close();
    } catch (IOException e) {
      throw new IllegalStateException("closing the connection to " + stateDir, e);
    }
  }
}
