package tests.real;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.Executors;
import java.util.function.BiFunction;
import lib.config.Json;

/**
 * A scripted model behind the OpenAI chat API, streaming, for driving a real agent. It is asked with what the user said last
 * and how many tools have answered since, and says what a model would.
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

  private final HttpServer server;
  private final BiFunction<String, Integer, Move> script;
  private final List<JsonNode> requests = new CopyOnWriteArrayList<>();

  /** @param script from the user's last words and the number of tools that have answered since */
  ModelServer(BiFunction<String, Integer, Move> script) throws IOException {
    this.script = script;
    this.server = HttpServer.create(new InetSocketAddress("127.0.0.1", 0), 16);
    server.setExecutor(Executors.newVirtualThreadPerTaskExecutor());
    server.createContext("/v1/chat/completions", this::complete);
    server.start();
  }

  /** The base URL for an OpenAI-compatible provider. */
  String url() {
    return "http://127.0.0.1:" + server.getAddress().getPort() + "/v1";
  }

  /** The last thing the user said, in each request. */
  List<String> prompts() {
    return requests.stream().map(request -> said(request).isEmpty() ? "" : said(request).getLast()).toList();
  }

  /** All that the user said, in the last request that asked for an answer to this. */
  List<String> conversation(String last) {
    return requests.stream().filter(request -> tools(request) && said(request).getLast().strip().equals(last)).map(ModelServer::said).toList()
        .getLast();
  }

  private static List<String> said(JsonNode request) {
    return request.path("messages").valueStream().filter(m -> m.path("role").asText().equals("user")).map(m -> text(m.path("content")).strip()).toList();
  }

  private static int answered(JsonNode request) {
    var turns = 0;
    for (var message : request.path("messages")) {
      var role = message.path("role").asText();
      turns = role.equals("user") ? 0 : role.equals("tool") ? turns + 1 : turns;
    }
    return turns;
  }

  /** Without tools it is a request for a title. */
  private static boolean tools(JsonNode request) {
    return !request.path("tools").isEmpty();
  }

  private void complete(HttpExchange exchange) throws IOException {
    try (exchange) {
      var request = Json.read(new String(exchange.getRequestBody().readAllBytes(), StandardCharsets.UTF_8));
      requests.add(request);
      var move = tools(request) ? script.apply(said(request).getLast(), answered(request)) : new Say("A title");
      if (move instanceof Refuse(var status, var message)) {
        var body = Json.object();
        body.putObject("error").put("message", message).put("type", "refused").put("code", "refused");
        var bytes = Json.write(body).getBytes(StandardCharsets.UTF_8);
        exchange.getResponseHeaders().set("Content-Type", "application/json");
        exchange.sendResponseHeaders(status, bytes.length);
        exchange.getResponseBody().write(bytes);
        return;
      }
      exchange.getResponseHeaders().set("Content-Type", "text/event-stream");
      exchange.sendResponseHeaders(200, move instanceof Cut ? 1 << 20 : 0);
      var delta = Json.object().put("role", "assistant");
      switch (move) {
        case Call(var tool, var arguments) -> {
          var call = delta.putArray("tool_calls").addObject().put("index", 0).put("id", "call_" + requests.size()).put("type", "function");
          call.putObject("function").put("name", tool).put("arguments", Json.write(arguments));
        }
        case Say(var text) -> delta.put("content", text);
        case Cut(var beginning) -> delta.put("content", beginning);
        case Refuse refuse -> throw new IllegalStateException("it was answered");
      }
      send(exchange, delta, null);
      if (!(move instanceof Cut)) {
        send(exchange, Json.object(), move instanceof Call ? "tool_calls" : "stop");
        exchange.getResponseBody().write("data: [DONE]\n\n".getBytes(StandardCharsets.UTF_8));
      }
    }
  }

  private static void send(HttpExchange exchange, ObjectNode delta, String reason) throws IOException {
    var chunk = Json.object().put("id", "c1").put("object", "chat.completion.chunk").put("created", 1).put("model", "scripted");
    var choice = chunk.putArray("choices").addObject().put("index", 0).put("finish_reason", reason);
    choice.set("delta", delta);
    if (reason != null) {
      chunk.putObject("usage").put("prompt_tokens", 100).put("completion_tokens", 20).put("total_tokens", 120);
    }
    exchange.getResponseBody().write(("data: " + Json.write(chunk) + "\n\n").getBytes(StandardCharsets.UTF_8));
    exchange.getResponseBody().flush();
  }

  private static String text(JsonNode content) {
    return content.isTextual() ? content.asText() : String.join("\n",
        content.valueStream().map(p -> p.path("text").asText()).toList());
  }

  @Override
  public void close() {
    server.stop(0);
  }
}
