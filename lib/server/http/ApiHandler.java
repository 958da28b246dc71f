package lib.server.http;

import module java.base;
import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpHandler;
import lib.store.DatabaseException;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Routes the HTTP library's requests to their calls. Every failure becomes an answer in JSON: a handler that lets an
 * exception out would leave its client without any. Thread-safe.
 */
public final class ApiHandler implements HttpHandler {
  private static final Logger LOG = LoggerFactory.getLogger(ApiHandler.class);

  private static final int MAX_BODY = 16 << 20;

  private final AccessControl access;
  private final List<Route> routes;
  private final Phaser requests = new Phaser(1); // the one is this class, until it drains
  private volatile boolean stopping;

  public ApiHandler(AccessControl access, List<Route> routes) {
    this.access = access;
    this.routes = routes;
  }

  /** The route of a request, and the path's variable parts. */
  private record Found(Route route, Map<String, String> ids) {}

  /** @throws IOException when the end of the request is unknown: only then does the library close the connection */
  @Override
  public void handle(HttpExchange exchange) throws IOException {
    requests.register();
    try (exchange) {
      serve(exchange);
    } catch (IOException e) {
      LOG.debug("request ended early path={}: {}", exchange.getRequestURI(), e.toString());
    } catch (InterruptedException e) {
      LOG.debug("request ended with the server path={}", exchange.getRequestURI());
    } catch (IndexOutOfBoundsException e) { // the library's answer to some lengths of chunks, also while it closes
      throw new IOException("a request without an end", e);
    } finally {
      requests.arriveAndDeregister();
    }
  }

  /** Rejects new requests and waits for the running ones. The caller has ended the streams before. */
  public void drain(Duration limit) throws InterruptedException {
    stopping = true;
    try {
      requests.awaitAdvanceInterruptibly(requests.arrive(), limit.toMillis(), TimeUnit.MILLISECONDS);
    } catch (TimeoutException e) {
      LOG.warn("requests still running seconds={}: their connections are closed", limit.toSeconds());
    }
  }

  private void serve(HttpExchange exchange) throws IOException, InterruptedException {
    var length = length(exchange);
    var unread = length != 0;
    ApiResponse response;
    try {
      var found = find(exchange, length != 0);
      var body = body(exchange, length);
      unread = false;
      response = found.route.call().answer(ApiRequest.of(found.ids, exchange.getRequestURI(), exchange.getRequestHeaders(), body));
    } catch (ApiError e) {
      response = e.response();
    } catch (DatabaseException e) {
      LOG.error("request failed method={} path={}: {}", exchange.getRequestMethod(), exchange.getRequestURI().getRawPath(), e.getMessage());
      response = (e.disk() ? ApiError.of(503, "the server cannot write to its disk") : ApiError.of(500, "Internal server error")).response();
    } catch (RuntimeException | StackOverflowError | OutOfMemoryError e) {
      LOG.error("request failed method={} path={}", exchange.getRequestMethod(), exchange.getRequestURI().getRawPath(), e);
      response = ApiError.of(500, "Internal server error").response();
    }
    if (unread) { // the rest of the body must not be taken for the next request
      exchange.getResponseHeaders().set("Connection", "close");
    }
    switch (response) {
      case ApiResponse.Data(var status, var body) -> send(exchange, status, body);
      case ApiResponse.Events(var source) -> stream(exchange, source);
    }
    if (unread) { // closing over bytes that have arrived resets the connection, with which some clients lose the answer
      exchange.getRequestBody().readNBytes(Math.clamp(exchange.getRequestBody().available(), 0, 1 << 16));
    }
  }

  private Found find(HttpExchange exchange, boolean hasBody) {
    if (stopping) {
      throw ApiError.of(503, "the server is stopping");
    }
    var path = Route.parts(Objects.requireNonNullElse(exchange.getRequestURI().getRawPath(), "")); // null for "mailto:x"
    var byMethod = new TreeMap<String, Found>();
    for (var route : routes) {
      route.match(path).ifPresent(ids -> byMethod.putIfAbsent(route.method(), new Found(route, ids)));
    }
    if (byMethod.containsKey("GET")) {
      byMethod.put("HEAD", byMethod.get("GET"));
    }
    var found = byMethod.get(exchange.getRequestMethod());
    access.check(exchange.getRequestHeaders(), hasBody, found != null && found.route.open());
    if (byMethod.isEmpty()) {
      throw ApiError.of(404, "Not Found");
    }
    if (found == null) {
      exchange.getResponseHeaders().set("Allow", String.join(", ", byMethod.keySet()));
      throw ApiError.of(405, "Method Not Allowed");
    }
    found.ids.forEach(JsonBody::checkId);
    return found;
  }

  /** The body's length; -1 when only its end tells. */
  private static long length(HttpExchange exchange) {
    var text = exchange.getRequestHeaders().getFirst("Content-Length"); // the library has checked that it is a number
    return exchange.getRequestHeaders().containsKey("Transfer-Encoding") ? -1 : text == null ? 0 : Long.parseLong(text.strip());
  }

  private static byte[] body(HttpExchange exchange, long length) {
    if (length == 0) {
      return new byte[0]; // untouched: after `Connection: upgrade` the library's stream would wait for the connection's end
    }
    var most = length < 0 ? MAX_BODY + 1 : (int) Math.min(length, MAX_BODY + 1);
    var body = new ByteArrayOutputStream(); // grows with what arrives, not with what is announced
    var piece = new byte[Math.min(1 << 16, most)];
    try {
      for (var n = 1; length <= MAX_BODY && n > 0 && body.size() < most; body.write(piece, 0, n)) {
        // the other form of readNBytes waits for a byte more
        n = exchange.getRequestBody().readNBytes(piece, 0, Math.min(piece.length, most - body.size()));
      }
    } catch (IOException | IndexOutOfBoundsException e) { // the latter comes from the library for some lengths of chunks
      throw ApiError.of(400, "the body ends before its end");
    }
    if (length > MAX_BODY || body.size() > MAX_BODY) {
      throw ApiError.of(413, "too_large", "the body is larger than " + (MAX_BODY >> 20) + " MiB");
    }
    return body.toByteArray();
  }

  private static void send(HttpExchange exchange, int status, byte[] bytes) throws IOException {
    var headers = exchange.getResponseHeaders();
    headers.set("Content-Type", "application/json");
    if (exchange.getRequestMethod().equals("HEAD")) {
      headers.set("Content-Length", Integer.toString(bytes.length));
      exchange.sendResponseHeaders(status, -1);
      return;
    }
    exchange.sendResponseHeaders(status, bytes.length);
    exchange.getResponseBody().write(bytes);
    exchange.getResponseBody().flush();
  }

  private static void stream(HttpExchange exchange, ApiResponse.Source source) throws IOException, InterruptedException {
    var headers = exchange.getResponseHeaders();
    headers.set("Content-Type", "text/event-stream; charset=utf-8");
    headers.set("Cache-Control", "no-cache");
    headers.set("X-Accel-Buffering", "no");
    if (exchange.getRequestMethod().equals("HEAD")) {
      exchange.sendResponseHeaders(200, -1);
      return;
    }
    exchange.sendResponseHeaders(200, 0); // of unknown length
    try {
      source.writeTo(exchange.getResponseBody());
    } catch (DatabaseException | RuntimeException e) {
      LOG.error("stream broke off path={}", exchange.getRequestURI().getRawPath(), e);
    }
  }
}
