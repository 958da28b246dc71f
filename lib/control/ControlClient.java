package lib.control;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.BufferedReader;
import java.io.IOException;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.AsynchronousCloseException;
import java.nio.channels.Channels;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.function.Predicate;
import lib.config.Settings;
import lib.config.StateDir;
import lib.config.Table;
import lib.core.Clock;
import lib.core.Json;
import lib.core.Problem;
import lib.store.Lock;

/** Speaks to the running worker of a state folder. For one thread. */
public final class ControlClient implements AutoCloseable {
  /** The longest that a worker takes for an answer: it may have to ask a server that is slow. */
  private static final Duration PATIENCE = Duration.ofSeconds(30);
  private static final int BAD_PARAMS = -32602; // of JSON-RPC 2.0

  private final Path stateDir;
  private final SocketChannel channel;
  private final BufferedReader lines;
  private int last;

  private ControlClient(Path stateDir, SocketChannel channel) {
    this.stateDir = stateDir;
    this.channel = channel;
    this.lines = new BufferedReader(Channels.newReader(channel, StandardCharsets.UTF_8));
  }

  /**
   * The worker that the settings name, else the only one of this user that runs on this machine.
   *
   * @throws Problem ending with {@link Problem.Exit#NO_WORKER} when there is none; another one when there are several
   */
  public static ControlClient of(Settings settings) {
    return connect(stateDir(settings));
  }

  /**
   * The state folder of that worker. One that is named need not run.
   *
   * @throws Problem as {@link #of}
   */
  public static Path stateDir(Settings settings) {
    var found = stateDirs(settings);
    if (found.size() > 1) {
      throw new Problem("several workers run here", "they are called "
          + String.join(", ", found.stream().map(folder -> folder.getFileName().toString()).toList()), "choose one with --name");
    }
    return found.stream().findFirst().orElseThrow(() -> new Problem("no worker runs here", "none of this user's holds its state folder in "
        + StateDir.all(settings.env()), "start one: run; or name one that keeps its state elsewhere: --state-dir")
        .ending(Problem.Exit.NO_WORKER));
  }

  /** The state folder of the worker that the settings name, else those of this user's workers that run on this machine. */
  public static List<Path> stateDirs(Settings settings) {
    var env = settings.env();
    if (settings.given(Table.WORKER_NAME) || settings.given(Table.STATE_DIR) || env.var("STATE_DIRECTORY") != null) {
      return List.of(StateDir.of(settings));
    }
    var all = StateDir.all(env);
    if (!Files.isDirectory(all)) {
      return List.of();
    }
    try (var folders = Files.list(all)) {
      return folders.filter(folder -> Lock.holder(folder.resolve("lock")).isPresent()).sorted().toList();
    } catch (IOException e) {
      throw new Problem("the state folders in " + all + " cannot be read", String.valueOf(e.getMessage()), "name one with --state-dir").from(e);
    }
  }

  /** @throws Problem ending with {@link Problem.Exit#NO_WORKER} when no worker answers there */
  public static ControlClient connect(Path stateDir) {
    try {
      var channel = SocketChannel.open(StandardProtocolFamily.UNIX);
      try {
        channel.connect(UnixDomainSocketAddress.of(SocketFile.of(stateDir)));
        return new ControlClient(stateDir, channel);
      } catch (IOException e) {
        channel.close();
        throw e;
      }
    } catch (IOException e) {
      throw new Problem("no worker answers in " + stateDir, String.valueOf(e.getMessage()),
          "start one: run; or name another with --name or --state-dir").ending(Problem.Exit.NO_WORKER).from(e);
    }
  }

  /**
   * Asks, and waits for the answer.
   *
   * @throws Problem as the worker gives it, or when it does not answer
   */
  public JsonNode call(String method, ObjectNode params) {
    var watch = Thread.ofVirtual().name("patience").start(this::giveUp);
    try {
      ask(method, params);
      while (true) {
        var message = read();
        if (message.path("id").asInt() == last) {
          return result(message);
        }
      }
    } catch (IOException e) {
      throw lost(e);
    } finally {
      watch.interrupt();
    }
  }

  private void giveUp() {
    try {
      Clock.SYSTEM.sleep(PATIENCE);
      close();
    } catch (InterruptedException e) {
      return; // the answer has come
    }
  }

  /**
   * Asks for something that goes on.
   *
   * @param goOn handed the answer and then each notification; false when that was the last one wanted
   * @throws Problem as the worker gives it, or when it ends
   */
  public void follow(String method, ObjectNode params, Predicate<JsonNode> goOn) {
    try {
      ask(method, params);
      while (true) {
        var message = read();
        if (message.path("id").asInt() == last ? !goOn.test(result(message)) : !goOn.test(message)) {
          return;
        }
      }
    } catch (IOException e) {
      throw lost(e);
    }
  }

  private void ask(String method, ObjectNode params) throws IOException {
    var request = Json.object().put("jsonrpc", "2.0").put("id", ++last).put("method", method);
    request.set("params", params);
    var line = ByteBuffer.wrap((Json.write(request) + "\n").getBytes(StandardCharsets.UTF_8));
    try {
      while (line.hasRemaining()) {
        channel.write(line);
      }
    } catch (IOException e) {
      read(); // a worker that has too many clients says so before it hangs up
      throw e;
    }
  }

  private ObjectNode read() throws IOException {
    var line = lines.readLine();
    if (line == null) {
      throw new IOException("it has closed the connection");
    }
    var message = Json.readObject(line).orElseThrow(() -> new IOException("its answer is no JSON object"));
    if (message.path("id").isNull()) { // it is about no request: it turns us away
      result(message);
    }
    return message;
  }

  private static JsonNode result(ObjectNode message) {
    var error = message.path("error");
    if (error.isMissingNode()) {
      return message.path("result");
    }
    if (error.path("code").asInt() == BAD_PARAMS) {
      throw new Problem(error.path("message").asText(), "the worker takes no other", "give another one").ending(Problem.Exit.USAGE);
    }
    var exit = Arrays.stream(Problem.Exit.values()).filter(e -> e.code == error.path("code").asInt()).findFirst()
        .orElse(Problem.Exit.PROBLEM);
    var why = Json.text(error.path("data"), "why");
    var fix = Json.text(error.path("data"), "fix");
    throw new Problem(error.path("message").asText(), why == null ? "the worker refused the request" : why,
        fix == null ? "use the same version of the commands and the worker" : fix).ending(exit);
  }

  private Problem lost(IOException e) {
    var why = e instanceof AsynchronousCloseException ? "it has said nothing for " + PATIENCE.toSeconds() + " s" : String.valueOf(e.getMessage());
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
