package lib.control;

import module java.base;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.NullNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import jdk.net.ExtendedSocketOptions;
import lib.core.Clock;
import lib.core.Json;
import lib.core.Problem;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Serves one client: reads one request, one line of JSON-RPC 2.0, answers it and closes the connection. A subscription stays
 * open until either side closes. Writing blocks this connection's own thread, so a slow client holds up nobody else.
 */
final class ControlConnection {
  private static final Logger LOG = LoggerFactory.getLogger(ControlConnection.class);
  private static final int MAX_REQUEST = 64 << 10; // an id and a reason are far less
  private static final Duration TIMEOUT = Duration.ofSeconds(10); // a program sends its request and takes its answer at once
  private static final int PARSE_ERROR = -32700, INVALID_REQUEST = -32600, INTERNAL_ERROR = -32603; // numbers of JSON-RPC 2.0

  private final SocketChannel channel;
  private final Clock clock;
  private JsonNode id = NullNode.instance; // of the request, once it is read; null for a notification, which gets no answer

  ControlConnection(SocketChannel channel, Clock clock) {
    this.channel = channel;
    this.clock = clock;
  }

  /** Serves the client; returns when either side has closed the connection. */
  void run(ControlApi api) {
    try (channel) {
      serve(api);
    } catch (IOException | InterruptedException e) {
      LOG.debug("control client disconnected: {}", e.getMessage());
    }
  }

  /** Sends the reason for not serving the client, and closes the connection. */
  void refuse(String why) {
    try (channel) {
      reply("error", error(new Problem("the worker does not answer", why, "close others and try again").ending(Problem.Exit.TRY_LATER)));
    } catch (IOException | InterruptedException e) {
      LOG.debug("control client left before it was refused: {}", e.getMessage());
    }
  }

  private void serve(ControlApi api) throws IOException, InterruptedException {
    try {
      var request = parse(readLine());
      id = request.get("id");
      api.call(request.path("method").asText(), request.path("params"), this);
    } catch (RuntimeException e) {
      reply("error", error(e));
    }
  }

  private String readLine() throws IOException {
    var in = new BufferedInputStream(Channels.newInputStream(channel));
    var line = new ByteArrayOutputStream();
    try (var timeout = ChannelTimeout.start(channel, TIMEOUT, clock)) {
      for (var next = in.read(); next != '\n'; next = in.read()) {
        if (next < 0) {
          throw new EOFException("its request has no end");
        }
        if (line.size() == MAX_REQUEST) {
          throw new ControlApi.InvalidRequest(INVALID_REQUEST, "a request has at most " + MAX_REQUEST + " bytes");
        }
        line.write(next);
      }
    }
    return line.toString(StandardCharsets.UTF_8);
  }

  private static JsonNode parse(String line) {
    try {
      var request = Json.read(line);
      var id = request.path("id");
      var params = request.path("params");
      if (request.path("method").isTextual() && (id.isMissingNode() || id.isNull() || id.isTextual() || id.isNumber())
          && (params.isMissingNode() || params.isObject())) {
        return request;
      }
    } catch (JsonProcessingException e) {
      throw new ControlApi.InvalidRequest(PARSE_ERROR, "this is no JSON: " + e.getOriginalMessage());
    }
    throw new ControlApi.InvalidRequest(INVALID_REQUEST,
        "a request is one object with jsonrpc, id (a text or a number), method and params (an object)");
  }

  /** The user that the client runs as, for reports. */
  String user() throws InterruptedException {
    try {
      return channel.getOption(ExtendedSocketOptions.SO_PEERCRED).user().getName() + " on this machine";
    } catch (IOException e) {
      throw new InterruptedException("it has left: " + e.getMessage());
    }
  }

  /** Sends the result. From then on the client's leaving interrupts the calling thread. */
  void answer(JsonNode result) throws InterruptedException {
    reply("result", result);
    var connection = Thread.currentThread();
    Thread.ofVirtual().name("control client's end").start(() -> awaitEnd(connection));
  }

  /** Interrupts a subscription when its client leaves: one that has nothing to send would not notice. */
  private void awaitEnd(Thread connection) {
    try {
      Channels.newInputStream(channel).skip(Long.MAX_VALUE); // whatever follows the request
    } catch (IOException e) {
      LOG.debug("control client left: {}", e.getMessage());
    }
    connection.interrupt();
  }

  /**
   * Sends a notification; blocks until the client has taken it.
   *
   * @throws InterruptedException when the client has left
   */
  void send(String method, ObjectNode params) throws InterruptedException {
    write(Json.object().put("jsonrpc", "2.0").put("method", method).set("params", params));
  }

  private static JsonNode error(RuntimeException e) {
    var error = Json.object();
    return switch (e) {
      case ControlApi.InvalidRequest invalid -> error.put("code", invalid.code).put("message", invalid.getMessage());
      case Problem problem -> error.put("code", problem.exit().code).put("message", problem.what())
          .set("data", Json.object().put("why", problem.why()).put("fix", problem.fix()));
      default -> {
        LOG.error("control request failed: a bug in the worker", e);
        yield error.put("code", INTERNAL_ERROR).put("message", "a bug in the worker: " + e);
      }
    };
  }

  private void reply(String field, JsonNode value) throws InterruptedException {
    if (id != null) {
      try (var timeout = ChannelTimeout.start(channel, TIMEOUT, clock)) {
        write(((ObjectNode) Json.object().put("jsonrpc", "2.0").set("id", id)).set(field, value));
      }
    }
  }

  private void write(JsonNode message) throws InterruptedException {
    try {
      Channels.newOutputStream(channel).write((Json.write(message) + "\n").getBytes(StandardCharsets.UTF_8));
    } catch (IOException e) {
      throw new InterruptedException("it has left: " + e.getMessage());
    }
  }
}
