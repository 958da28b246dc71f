package lib.control;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Consumer;
import jdk.net.ExtendedSocketOptions;
import lib.core.Clock;
import lib.core.Json;
import lib.core.Problem;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * One client of the socket: lines of JSON-RPC 2.0 in, answers and notifications out. Requests are answered one after the
 * other, each when the answer before has been taken; one past {@value #MAX_REQUEST} bytes is refused. A client that does not
 * read what it asked for is left.
 */
final class ControlConnection {
  private static final Logger LOG = LoggerFactory.getLogger(ControlConnection.class);
  private static final int MAX_REQUEST = 64 << 10; // an id and a reason are far less
  private static final int MAX_UNREAD = 256; // events, which are short; a client so far behind is not reading
  private static final Duration PATIENCE = Duration.ofSeconds(10); // for an answer to be taken; a program that reads takes it at once
  private static final Duration LOOK = Duration.ofMillis(10);
  private static final int PARSE = -32700, INVALID = -32600, BUG = -32603; // numbers of JSON-RPC 2.0

  private final SocketChannel channel;
  private final ControlApi methods;
  private final Consumer<ControlConnection> over;
  private final BlockingQueue<Line> unread = new ArrayBlockingQueue<>(MAX_UNREAD);
  private final Semaphore room = new Semaphore(1); // for what may be long: one answer, or one piece of a task's output
  private final String who;
  private volatile boolean answering;
  private final AtomicInteger unwritten = new AtomicInteger();
  private AutoCloseable listening; // what it follows; only the reading thread sets it

  /** @param waited whether something long waits until this one has been taken */
  private record Line(byte[] bytes, boolean waited) {}

  /** @param over told when it has ended */
  ControlConnection(SocketChannel channel, ControlApi methods, Consumer<ControlConnection> over) throws IOException {
    this.channel = channel;
    this.methods = methods;
    this.over = over;
    this.who = user(channel);
  }

  private static String user(SocketChannel channel) throws IOException {
    try {
      return channel.getOption(ExtendedSocketOptions.SO_PEERCRED).user().getName() + " on this machine";
    } catch (UnsupportedOperationException e) {
      return "somebody on this machine";
    }
  }

  /** Tells a client why it is not served. */
  static void refuse(SocketChannel channel, String why) throws IOException {
    try (channel) {
      channel.configureBlocking(false); // one line always fits
      channel.write(ByteBuffer.wrap(line(failure(null, new Problem("the worker does not answer", why, "close others and try again")
          .ending(Problem.Exit.TRY_LATER)))));
    }
  }

  void start() {
    var writer = Thread.ofVirtual().name("control writer").start(this::write);
    Thread.ofVirtual().name("control reader").start(() -> {
      try {
        read();
      } catch (IOException e) {
        LOG.debug("a client of the control socket left: {}", e.getMessage());
      } catch (InterruptedException e) {
        LOG.debug("a conversation on the control socket ends");
      } finally {
        writer.interrupt();
        close();
      }
    });
  }

  /**
   * Ends it, once the answer that is under way has been written, or the time is up. Any thread.
   *
   * @param until as {@link Clock#nanos}
   */
  void finish(long until) throws InterruptedException {
    while ((answering || unwritten.get() > 0) && Clock.SYSTEM.nanos() < until) {
      Clock.SYSTEM.sleep(LOOK);
    }
    close();
  }

  /** Ends it. Any thread. */
  void close() {
    try {
      channel.close();
      if (listening != null) {
        listening.close();
      }
    } catch (Exception e) {
      LOG.debug("closing a conversation: {}", e.getMessage());
    }
    over.accept(this);
  }

  private void read() throws IOException, InterruptedException {
    var block = ByteBuffer.allocate(8 << 10);
    var line = new ByteArrayOutputStream();
    var skipping = false; // the rest of a line that was refused
    while (channel.read(block.clear()) >= 0) {
      block.flip();
      while (block.hasRemaining()) {
        var next = block.get();
        if (next == '\n') {
          answering = true;
          answer(line.toString(StandardCharsets.UTF_8));
          answering = false;
          line.reset();
          skipping = false;
        } else if (line.size() < MAX_REQUEST && !skipping) {
          line.write(next);
        } else if (!skipping) {
          say(error(null, INVALID, "a request has at most " + MAX_REQUEST + " bytes"));
          line.reset();
          skipping = true;
        }
      }
    }
  }

  private void answer(String text) throws InterruptedException {
    if (text.isBlank()) {
      return;
    }
    JsonNode request;
    try {
      request = Json.read(text);
    } catch (JsonProcessingException e) {
      say(error(null, PARSE, "this is no JSON: " + e.getOriginalMessage()));
      return;
    }
    var id = request.get("id");
    var params = request.path("params");
    var known = id == null || id.isNull() || id.isTextual() || id.isNumber();
    if (!known || !request.isObject() || !request.path("method").isTextual() || !(params.isMissingNode() || params.isObject())) {
      say(error(known ? id : null, INVALID, "a request is one object with jsonrpc, id (a text or a number), method and params (an object)"));
      return;
    }
    try {
      var answer = methods.call(request.path("method").asText(), params, who);
      reply(id, ((ObjectNode) Json.object().put("jsonrpc", "2.0").set("id", id)).set("result", answer.result()));
      if (answer.then() != null) {
        follow(answer.then());
      }
    } catch (ControlApi.Refused e) {
      reply(id, error(id, e.code(), e.getMessage()));
    } catch (Problem e) {
      reply(id, failure(id, e));
    } catch (RuntimeException e) {
      LOG.error("a bug in the worker: {} on the control socket", request.path("method").asText(), e);
      reply(id, error(id, BUG, "a bug in the worker: " + e));
    }
  }

  /** A request without an id is a notification: nothing is said to it, however it went. */
  private void reply(JsonNode id, JsonNode answer) throws InterruptedException {
    if (id != null) {
      say(answer);
    }
  }

  /** What it follows from now on, in place of what it followed before. */
  private void follow(ControlApi.Following following) {
    try {
      if (listening != null) {
        listening.close();
      }
    } catch (Exception e) {
      LOG.debug("closing what a client followed: {}", e.getMessage());
    }
    listening = following.begin(new ControlApi.Notify() {
      @Override
      public void tell(String method, ObjectNode params) {
        add(new Line(line(notification(method, params)), false));
      }

      @Override
      public void hand(String method, ObjectNode params) throws InterruptedException {
        room.acquire();
        add(new Line(line(notification(method, params)), true));
      }
    });
  }

  private static JsonNode notification(String method, ObjectNode params) {
    return ((ObjectNode) Json.object().put("jsonrpc", "2.0").put("method", method)).set("params", params);
  }

  private void say(JsonNode message) throws InterruptedException {
    if (room.tryAcquire(PATIENCE.toMillis(), TimeUnit.MILLISECONDS)) {
      add(new Line(line(message), true));
    } else {
      leave();
    }
  }

  private void add(Line line) {
    unwritten.incrementAndGet();
    if (!unread.offer(line)) {
      leave();
    }
  }

  private void leave() {
    LOG.warn("a client of the control socket does not read and is left");
    close();
  }

  private void write() {
    try {
      while (true) {
        var line = unread.take();
        var bytes = ByteBuffer.wrap(line.bytes());
        while (bytes.hasRemaining()) {
          channel.write(bytes);
        }
        unwritten.decrementAndGet();
        if (line.waited()) {
          room.release();
        }
      }
    } catch (IOException | InterruptedException e) {
      close();
    }
  }

  private static byte[] line(JsonNode message) {
    return (Json.write(message) + "\n").getBytes(StandardCharsets.UTF_8);
  }

  private static ObjectNode error(JsonNode id, int code, String message) {
    var answer = Json.object().put("jsonrpc", "2.0");
    answer.set("id", id);
    answer.putObject("error").put("code", code).put("message", message);
    return answer;
  }

  private static ObjectNode failure(JsonNode id, Problem problem) {
    var answer = error(id, problem.exit().code, problem.what());
    ((ObjectNode) answer.get("error")).putObject("data").put("why", problem.why()).put("fix", problem.fix());
    return answer;
  }
}
