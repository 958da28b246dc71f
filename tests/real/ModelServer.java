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
import lib.config.Json;

/**
 * A scripted model behind the OpenAI chat API, streaming, for driving a real agent: it asks for the given tool calls, one
 * per turn, and then gives its answer.
 */
final class ModelServer implements AutoCloseable {

  /** A tool call that the model asks for. */
  record Call(String tool, ObjectNode arguments) {}

  private final HttpServer server;
  private final List<Call> calls;
  private final String answer;
  private final List<JsonNode> requests = new CopyOnWriteArrayList<>();

  ModelServer(List<Call> calls, String answer) throws IOException {
    this.calls = calls;
    this.answer = answer;
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
    return requests.stream().map(request -> request.path("messages").valueStream().filter(m -> m.path("role").asText().equals("user"))
        .map(m -> text(m.path("content"))).reduce("", (first, last) -> last)).toList();
  }

  private void complete(HttpExchange exchange) throws IOException {
    try (exchange) {
      var request = Json.read(new String(exchange.getRequestBody().readAllBytes(), StandardCharsets.UTF_8));
      requests.add(request);
      var turn = (int) request.path("messages").valueStream().filter(m -> m.path("role").asText().equals("tool")).count();
      var tools = !request.path("tools").isEmpty(); // without tools it is a request for a title
      exchange.getResponseHeaders().set("Content-Type", "text/event-stream");
      exchange.sendResponseHeaders(200, 0);
      var delta = Json.object().put("role", "assistant");
      var reason = "stop";
      if (tools && turn < calls.size()) {
        reason = "tool_calls";
        var call = delta.putArray("tool_calls").addObject().put("index", 0).put("id", "call_" + turn).put("type", "function");
        call.putObject("function").put("name", calls.get(turn).tool()).put("arguments", Json.write(calls.get(turn).arguments()));
      } else {
        delta.put("content", tools ? answer : "A title");
      }
      send(exchange, delta, null);
      send(exchange, Json.object(), reason);
      exchange.getResponseBody().write("data: [DONE]\n\n".getBytes(StandardCharsets.UTF_8));
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
    return content.isTextual() ? content.asText() : String.join("\n", content.valueStream().map(p -> p.path("text").asText()).toList());
  }

  @Override
  public void close() {
    server.stop(0);
  }
}
