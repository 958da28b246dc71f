package lib.hub;

import com.sun.net.httpserver.Headers;
import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpHandler;
import java.io.IOException;
import java.io.InputStream;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.TreeSet;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import lib.config.Json;
import lib.store.StoreFailed;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Between the HTTP library and the calls: limits, the guard, finding the route, and an answer in JSON whatever happens.
 * A handler that let an exception out would leave its client without any answer. Thread-safe.
 */
final class Web implements HttpHandler {
  private static final Logger LOG = LoggerFactory.getLogger(Web.class);

  private static final int MAX_BODY = 16 << 20;
  /** A body that is refused is still read so far: the library sends no answer while the client is not heard out. */
  private static final long MAX_DISCARD = 64L << 20;
  private static final int MAX_HEADERS = 64 << 10; // eight times what clients send at most; the library has no limit
  private static final int MAX_STREAMS = 512;
  private static final int MAX_REQUESTS = 128; // at once; more wait
  private static final int MAX_WAIT_SECONDS = 10;

  private final Guard guard;
  private final List<Route> routes;
  private final Semaphore requests = new Semaphore(MAX_REQUESTS);
  private final Semaphore streams = new Semaphore(MAX_STREAMS);
  private volatile boolean stopping;

  Web(Guard guard, List<Route> routes) {
    this.guard = guard;
    this.routes = routes;
  }

  @Override
  public void handle(HttpExchange exchange) {
    try (exchange) {
      serve(exchange);
    } catch (IOException e) {
      LOG.debug("a client went away: {}", e.toString());
    } catch (InterruptedException e) {
      LOG.debug("a request ended with the server");
    }
  }

  /** Takes no more requests, and waits for those that run; streams must have been ended before. */
  void drain(Duration limit) throws InterruptedException {
    stopping = true;
    var end = System.nanoTime() + limit.toNanos();
    if (!requests.tryAcquire(MAX_REQUESTS, limit.toNanos(), TimeUnit.NANOSECONDS)
        || !streams.tryAcquire(MAX_STREAMS, Math.max(0, end - System.nanoTime()), TimeUnit.NANOSECONDS)) {
      LOG.warn("some clients did not take their answers in {} s", limit.toSeconds());
    }
  }

  private void serve(HttpExchange exchange) throws IOException, InterruptedException {
    if (stopping || !requests.tryAcquire(MAX_WAIT_SECONDS, TimeUnit.SECONDS)) {
      refuse(exchange, Refused.of(503, "the server is " + (stopping ? "stopping" : "too busy")));
      return;
    }
    Reply reply;
    try {
      reply = answer(exchange);
      if (reply instanceof Reply.Data data) {
        send(exchange, data);
      }
    } catch (Refused e) {
      refuse(exchange, e);
      return;
    } finally {
      requests.release();
    }
    if (reply instanceof Reply.Events events) {
      stream(exchange, events);
    }
  }

  private Reply answer(HttpExchange exchange) throws IOException, InterruptedException {
    try {
      return call(exchange);
    } catch (StoreFailed e) {
      LOG.error("the database failed", e);
      throw Refused.of(e.disk() ? 503 : 500, e.disk() ? "the server cannot write to its disk" : "Internal server error");
    } catch (Refused | IOException | InterruptedException e) {
      throw e;
    } catch (Exception | StackOverflowError | OutOfMemoryError e) {
      LOG.error("{} failed", exchange.getRequestMethod(), e);
      throw Refused.of(500, "Internal server error");
    }
  }

  private Reply call(HttpExchange exchange) throws IOException, StoreFailed, InterruptedException {
    var headers = exchange.getRequestHeaders();
    var length = length(headers);
    var head = exchange.getRequestMethod().equals("HEAD");
    var method = head ? "GET" : exchange.getRequestMethod();
    var path = Route.canonical(Request.parts(exchange.getRequestURI()));
    var allowed = new TreeSet<String>();
    Route route = null;
    Map<String, String> ids = Map.of();
    for (var candidate : routes) {
      var match = candidate.match(path);
      if (match.isPresent()) {
        allowed.add(candidate.method());
        if (route == null && candidate.method().equals(method)) {
          route = candidate;
          ids = match.get();
        }
      }
    }
    guard.check(headers, length != 0, route != null && route.open());
    if (route == null) {
      if (allowed.isEmpty()) {
        throw Refused.of(404, "Not Found");
      }
      exchange.getResponseHeaders().set("Allow", String.join(", ", allowed));
      throw Refused.of(405, "Method Not Allowed");
    }
    for (var id : ids.entrySet()) {
      Body.checkId(id.getKey(), id.getValue());
    }
    var body = read(exchange.getRequestBody(), length);
    return route.call().answer(new Request(ids, Request.query(exchange.getRequestURI()), headers, body));
  }

  /** The body's length; -1 when only its end will tell. */
  private static long length(Headers headers) {
    var size = headers.entrySet().stream().flatMapToInt(h -> h.getValue().stream().mapToInt(String::length)).sum();
    if (size > MAX_HEADERS) {
      throw Refused.of(431, "the request's headers are larger than " + (MAX_HEADERS >> 10) + " KiB");
    }
    if (headers.containsKey("Transfer-Encoding")) {
      return -1;
    }
    var text = headers.getFirst("Content-Length"); // the library has checked that it is a number
    return text == null ? 0 : Long.parseLong(text.strip());
  }

  private static byte[] read(InputStream in, long length) throws IOException {
    var body = length > MAX_BODY ? null : in.readNBytes(MAX_BODY + 1);
    if (body == null || body.length > MAX_BODY) {
      throw Refused.of(413, "too_large", "the body is larger than " + (MAX_BODY >> 20) + " MiB");
    }
    return body;
  }

  private void refuse(HttpExchange exchange, Refused refused) throws IOException {
    var left = MAX_DISCARD;
    var buffer = new byte[16 << 10];
    for (var n = 0; n >= 0 && left > 0; left -= n) {
      n = exchange.getRequestBody().read(buffer);
    }
    if (left <= 0 || refused.status() == 503) {
      exchange.getResponseHeaders().set("Connection", "close");
    }
    send(exchange, new Reply.Data(refused.status(), refused.body()));
  }

  private static void send(HttpExchange exchange, Reply.Data data) throws IOException {
    var bytes = Json.MAPPER.writeValueAsBytes(data.body());
    exchange.getResponseHeaders().set("Content-Type", "application/json");
    if (exchange.getRequestMethod().equals("HEAD")) {
      exchange.getResponseHeaders().set("Content-Length", Integer.toString(bytes.length));
      exchange.sendResponseHeaders(data.status(), -1);
      return;
    }
    exchange.sendResponseHeaders(data.status(), bytes.length);
    exchange.getResponseBody().write(bytes);
  }

  private void stream(HttpExchange exchange, Reply.Events events) throws IOException, InterruptedException {
    if (!streams.tryAcquire()) {
      refuse(exchange, Refused.of(503, "too many open streams"));
      return;
    }
    try {
      var headers = exchange.getResponseHeaders();
      headers.set("Content-Type", "text/event-stream; charset=utf-8");
      headers.set("Cache-Control", "no-cache");
      headers.set("X-Accel-Buffering", "no");
      if (exchange.getRequestMethod().equals("HEAD")) {
        exchange.sendResponseHeaders(200, -1);
        return;
      }
      exchange.sendResponseHeaders(200, 0); // of unknown length
      events.source().writeTo(exchange.getResponseBody());
    } catch (StoreFailed | RuntimeException e) {
      LOG.error("a stream broke off", e);
    } finally {
      streams.release();
    }
  }
}
