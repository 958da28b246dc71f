package tests.real;

import module java.base;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import lib.core.Json;

/**
 * A scripted model behind a provider's streaming API, for driving a real agent. It is asked with what the user said last and how
 * many tools have answered since, and says what a model would.
 */
final class ModelServer implements AutoCloseable {

  /** What the model does in one turn. */
  sealed interface Move {}

  /** It asks for this tool. */
  record Call(String tool, ObjectNode arguments) implements Move {}

  /** It gives its answer. */
  record Say(String text) implements Move {}

  /** Its server refuses. */
  record Refuse(int status, String message) implements Move {}

  /** The connection breaks off in the middle of the answer. */
  record Cut(String beginning) implements Move {}

  /** The answer ends early, as if it were whole. */
  record Stop(String beginning) implements Move {}

  private final Dialect dialect;
  private final HttpServer server;
  private final BiFunction<String, Integer, Move> script;
  private final List<JsonNode> requests = new CopyOnWriteArrayList<>();

  /** @param script from the user's last words and the number of tools that have answered since */
  ModelServer(Dialect dialect, BiFunction<String, Integer, Move> script) throws IOException {
    this.dialect = dialect;
    this.script = script;
    this.server = HttpServer.create(new InetSocketAddress("127.0.0.1", 0), 16);
    server.setExecutor(Executors.newVirtualThreadPerTaskExecutor());
    server.createContext(dialect.path(), this::answer);
    server.start();
  }

  /** Its address, without a path. */
  String url() {
    return "http://127.0.0.1:" + server.getAddress().getPort();
  }

  /** The last thing the user said, in each request. */
  List<String> prompts() {
    return requests.stream().map(request -> said(request).isEmpty() ? "" : said(request).getLast()).toList();
  }

  /** All that the user said, in the last request that asked for an answer to this. */
  List<String> conversation(String last) {
    return requests.stream().filter(request -> tools(request) && said(request).getLast().equals(last)).map(this::said).toList().getLast();
  }

  private List<String> said(JsonNode request) {
    return dialect.said(request).stream().map(String::strip).toList();
  }

  /** Without tools it is a request for a title. */
  private static boolean tools(JsonNode request) {
    return !request.path("tools").isEmpty();
  }

  private void answer(HttpExchange exchange) throws IOException {
    try (exchange) {
      var request = Json.read(new String(exchange.getRequestBody().readAllBytes(), StandardCharsets.UTF_8));
      requests.add(request);
      var move = tools(request) ? script.apply(said(request).getLast(), dialect.answered(request)) : new Say("A title");
      switch (move) {
        case Refuse(var status, var message) -> refuse(exchange, status, message);
        case Cut(var beginning) -> stream(exchange, new Say(beginning), dialect.closing(), 1 << 20);
        case Stop(var beginning) -> stream(exchange, new Say(beginning), dialect.closing(), 0);
        case Say say -> stream(exchange, say, 0, 0);
        case Call call -> stream(exchange, call, 0, 0);
      }
    }
  }

  private static void refuse(HttpExchange exchange, int status, String message) throws IOException {
    var body = Json.object().put("type", "error");
    body.putObject("error").put("message", message).put("type", "refused").put("code", "refused");
    var bytes = Json.write(body).getBytes(StandardCharsets.UTF_8);
    exchange.getResponseHeaders().set("Content-Type", "application/json");
    exchange.sendResponseHeaders(status, bytes.length);
    exchange.getResponseBody().write(bytes);
  }

  /**
   * Sends an answer.
   *
   * @param without so many of its last events
   * @param length what is announced; 0 for nothing
   */
  private void stream(HttpExchange exchange, Move move, int without, long length) throws IOException {
    exchange.getResponseHeaders().set("Content-Type", "text/event-stream");
    exchange.sendResponseHeaders(200, length);
    var events = dialect.answer(move, "call_" + requests.size());
    for (var event : events.subList(0, events.size() - without)) {
      write(exchange, "event: " + event.name() + "\ndata: " + Json.write(event.data()) + "\n\n");
    }
    if (without == 0) {
      write(exchange, "data: [DONE]\n\n");
    }
  }

  private static void write(HttpExchange exchange, String text) throws IOException {
    exchange.getResponseBody().write(text.getBytes(StandardCharsets.UTF_8));
    exchange.getResponseBody().flush();
  }

  @Override
  public void close() {
    server.stop(0);
  }
}
