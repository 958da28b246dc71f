package lib.server.http;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpHandler;
import java.io.IOException;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.TreeSet;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import lib.core.Json;
import lib.store.DatabaseException;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Between the HTTP library and the calls: limits, the guard, finding the route, and an answer in JSON whatever happens.
 * A handler that let an exception out would leave its client without any answer. Thread-safe.
 */
public final class ApiHandler implements HttpHandler {
  private static final Logger LOG = LoggerFactory.getLogger(ApiHandler.class);

  private static final int MAX_HEADERS = 64 << 10; // eight times what clients send at most; the library has no limit
  private static final int MAX_STREAMS = 512;
  private static final int MAX_CALLS = 128; // at work at once; more wait
  private static final int MAX_WAIT_SECONDS = 10;
  private static final int MAX_EXCHANGES = Integer.MAX_VALUE; // the connections bound them

  private final AccessControl guard;
  private final List<Route> routes;
  private final Patience patience;
  private final Bodies bodies;
  private final Room room;
  private final Semaphore calls = new Semaphore(MAX_CALLS);
  private final Semaphore streams = new Semaphore(MAX_STREAMS);
  private final Semaphore exchanges = new Semaphore(MAX_EXCHANGES);
  private volatile boolean stopping;

  public ApiHandler(AccessControl guard, List<Route> routes, Patience patience, Room room) {
    this.guard = guard;
    this.routes = routes;
    this.patience = patience;
    this.room = room;
    this.bodies = new Bodies(patience);
  }

  /** The route that a request asks for, and the path's variable parts. */
  private record Found(Route route, Map<String, String> ids) {}

  /** An answer as it goes out: bytes, or a source of events. */
  private record Ready(int status, byte[] bytes, ApiResponse.Source source) {}

  /** @throws IOException when nobody knows where the request ends: only then does the library close, instead of reading on */
  @Override
  public void handle(HttpExchange exchange) throws IOException {
    exchanges.acquireUninterruptibly();
    try {
      serveAndEnd(exchange);
    } catch (RuntimeException e) { // what the library makes of some lengths of chunks, also when it looks for the rest
      throw new IOException("a request without an end", e);
    } finally {
      exchanges.release();
    }
  }

  private void serveAndEnd(HttpExchange exchange) {
    try {
      serve(exchange);
    } catch (IOException e) {
      LOG.debug("a client went away: {}", e.toString());
    } catch (InterruptedException e) {
      LOG.debug("a request ended with the server");
    } finally {
      end(exchange);
    }
  }

  /** Takes no more requests, and waits for those that are there; streams must have been ended before. */
  public void drain(Duration limit) throws InterruptedException {
    stopping = true;
    if (!exchanges.tryAcquire(MAX_EXCHANGES, limit.toNanos(), TimeUnit.NANOSECONDS)) {
      LOG.warn("some clients did not take their answers in {} s", limit.toSeconds());
    }
  }

  private void serve(HttpExchange exchange) throws IOException, InterruptedException {
    var length = Bodies.length(exchange.getRequestHeaders());
    Ready ready;
    try (var held = room.none()) {
      Found found;
      byte[] body;
      try {
        found = refusing(() -> find(exchange, length != 0));
        body = bodies.read(exchange.getRequestBody(), length, held);
      } catch (ApiError e) {
        held.close();
        leave(exchange, ready(e), length != 0 || e.status() == 431);
        return;
      }
      var request = new ApiRequest(found.ids, ApiRequest.query(exchange.getRequestURI()), exchange.getRequestHeaders(), body);
      ready = found.route.open() ? answer(found.route, request) : answerInTurn(found.route, request);
    }
    if (ready.source == null) {
      send(exchange, ready);
    } else {
      stream(exchange, ready.source);
    }
  }

  /** Whoever is refused is not heard out; what is left of a body must not be read as the next request. */
  private void leave(HttpExchange exchange, Ready ready, boolean close) throws IOException, InterruptedException {
    if (!close) {
      send(exchange, ready);
      return;
    }
    exchange.getResponseHeaders().set("Connection", "close");
    send(exchange, ready);
    // what is there already is taken in: closing over it resets the connection, with which some clients lose the answer
    var left = new byte[Math.clamp(exchange.getRequestBody().available(), 0, Room.PIECE)];
    exchange.getRequestBody().readNBytes(left, 0, left.length);
  }

  private interface Work<T> {
    T run() throws DatabaseException, InterruptedException;
  }

  /** Whatever goes wrong is a refusal. */
  private static <T> T refusing(Work<T> work) throws InterruptedException {
    try {
      return work.run();
    } catch (DatabaseException e) {
      if (e.disk()) {
        LOG.error("the server cannot write to its disk: {}", e.getMessage());
        throw ApiError.of(503, "the server cannot write to its disk");
      }
      LOG.error("the database failed", e);
    } catch (ApiError | InterruptedException e) {
      throw e;
    } catch (Exception | StackOverflowError | OutOfMemoryError e) {
      LOG.error("a call failed", e);
    }
    throw ApiError.of(500, "Internal server error");
  }

  private Found find(HttpExchange exchange, boolean hasBody) {
    var headers = exchange.getRequestHeaders();
    if (stopping) {
      throw ApiError.of(503, "the server is stopping");
    }
    if (headers.values().stream().flatMapToInt(h -> h.stream().mapToInt(String::length)).sum() > MAX_HEADERS) {
      throw ApiError.of(431, "the request's headers are larger than " + (MAX_HEADERS >> 10) + " KiB");
    }
    var method = exchange.getRequestMethod().equals("HEAD") ? "GET" : exchange.getRequestMethod();
    var path = Route.canonical(ApiRequest.parts(exchange.getRequestURI()));
    var allowed = new TreeSet<String>();
    Found found = null;
    for (var route : routes) {
      var match = route.match(path);
      if (match.isPresent()) {
        allowed.addAll(route.method().equals("GET") ? List.of("GET", "HEAD") : List.of(route.method()));
        found = found == null && route.method().equals(method) ? new Found(route, match.get()) : found;
      }
    }
    guard.check(headers, hasBody, found != null && found.route.open());
    if (found == null) {
      if (allowed.isEmpty()) {
        throw ApiError.of(404, "Not Found");
      }
      exchange.getResponseHeaders().set("Allow", String.join(", ", allowed));
      throw ApiError.of(405, "Method Not Allowed");
    }
    found.ids.forEach(JsonBody::checkId);
    return found;
  }

  private Ready answerInTurn(Route route, ApiRequest request) throws InterruptedException {
    if (!calls.tryAcquire(MAX_WAIT_SECONDS, TimeUnit.SECONDS)) {
      return ready(ApiError.of(503, "the server is too busy"));
    }
    try {
      return answer(route, request);
    } finally {
      calls.release();
    }
  }

  private static Ready answer(Route route, ApiRequest request) throws InterruptedException {
    try {
      return refusing(() -> switch (route.call().answer(request)) {
        case ApiResponse.Data(var status, var body) -> new Ready(status, bytes(body), null);
        case ApiResponse.Events(var source) -> new Ready(200, null, source);
      });
    } catch (ApiError e) {
      return ready(e);
    }
  }

  private static Ready ready(ApiError refused) {
    return new Ready(refused.status(), bytes(refused.body()), null);
  }

  private static byte[] bytes(JsonNode body) {
    try {
      return Json.MAPPER.writeValueAsBytes(body);
    } catch (JsonProcessingException e) { // it is an IOException too, but no client's doing
      throw new IllegalStateException("an answer cannot be written as JSON", e);
    }
  }

  private void send(HttpExchange exchange, Ready ready) throws IOException, InterruptedException {
    var headers = exchange.getResponseHeaders();
    headers.set("Content-Type", "application/json");
    if (exchange.getRequestMethod().equals("HEAD")) {
      headers.set("Content-Length", Integer.toString(ready.bytes.length));
      exchange.sendResponseHeaders(ready.status, -1);
      return;
    }
    try (var held = room.none()) {
      held.upTo(ready.bytes.length);
      patience.bytes(ready.bytes.length, () -> {
        exchange.sendResponseHeaders(ready.status, ready.bytes.length);
        exchange.getResponseBody().write(ready.bytes);
        exchange.getResponseBody().flush();
        return null;
      });
    } catch (ApiError e) {
      send(exchange, ready(e));
    }
  }

  /** What the library still writes at the end may wait for the client too. */
  private void end(HttpExchange exchange) {
    try {
      patience.bytes(0, () -> {
        exchange.close();
        return null;
      });
    } catch (IOException | InterruptedException e) {
      LOG.debug("a connection did not end well: {}", e.toString());
    }
  }

  private void stream(HttpExchange exchange, ApiResponse.Source source) throws IOException, InterruptedException {
    if (!streams.tryAcquire()) {
      send(exchange, ready(ApiError.of(503, "too many open streams")));
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
      source.writeTo(patience.stream(exchange.getResponseBody()));
    } catch (ApiError e) {
      LOG.warn("a stream broke off: {}", e.getMessage());
    } catch (DatabaseException | RuntimeException e) {
      LOG.error("a stream broke off", e);
    } finally {
      streams.release();
    }
  }
}
