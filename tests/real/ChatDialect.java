package tests.real;

import module java.base;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import lib.core.Json;
import tests.real.ModelServer.Call;
import tests.real.ModelServer.Move;
import tests.real.ModelServer.Say;

/** The OpenAI chat API, as OpenCode speaks it. */
final class ChatDialect implements Dialect {
  @Override
  public String path() {
    return "/v1/chat/completions";
  }

  @Override
  public List<String> said(JsonNode request) {
    return request.path("messages").valueStream().filter(message -> message.path("role").asText().equals("user"))
        .map(message -> text(message.path("content"))).toList();
  }

  private static String text(JsonNode content) {
    return content.isTextual() ? content.asText()
        : String.join("\n", content.valueStream().map(part -> part.path("text").asText()).toList());
  }

  @Override
  public int answered(JsonNode request) {
    var answered = 0;
    for (var message : request.path("messages")) {
      var role = message.path("role").asText();
      answered = role.equals("user") ? 0 : role.equals("tool") ? answered + 1 : answered;
    }
    return answered;
  }

  @Override
  public List<Event> answer(Move move, String id) {
    var delta = Json.object().put("role", "assistant");
    if (move instanceof Call(var tool, var arguments)) {
      var call = delta.putArray("tool_calls").addObject().put("index", 0).put("id", id).put("type", "function");
      call.putObject("function").put("name", tool).put("arguments", Json.write(arguments));
    } else {
      delta.put("content", ((Say) move).text());
    }
    return List.of(chunk(delta, null), chunk(Json.object(), move instanceof Call ? "tool_calls" : "stop"));
  }

  private static Event chunk(ObjectNode delta, String reason) {
    var chunk = Json.object().put("id", "c1").put("object", "chat.completion.chunk").put("created", 1).put("model", "scripted");
    chunk.putArray("choices").addObject().put("index", 0).put("finish_reason", reason).set("delta", delta);
    if (reason != null) {
      chunk.putObject("usage").put("prompt_tokens", 100).put("completion_tokens", 20).put("total_tokens", 120);
    }
    return new Event("message", chunk);
  }

  @Override
  public int closing() {
    return 1;
  }
}
