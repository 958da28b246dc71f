package tests.real;

import module java.base;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import lib.core.Json;
import tests.real.ModelServer.Call;
import tests.real.ModelServer.Move;
import tests.real.ModelServer.Say;

/** The Anthropic messages API, as Claude Code speaks it. */
final class MessagesDialect implements Dialect {
  @Override
  public String path() {
    return "/v1/messages";
  }

  /** What stands in angle brackets the agent says in the user's name. */
  @Override
  public List<String> said(JsonNode request) {
    return request.path("messages").valueStream().flatMap(MessagesDialect::blocks)
        .filter(block -> block.path("type").asText().equals("text"))
        .map(block -> block.path("text").asText()).filter(text -> !text.startsWith("<system-reminder>")).toList();
  }

  private static Stream<JsonNode> blocks(JsonNode message) {
    return !message.path("role").asText().equals("user") ? Stream.empty() : message.path("content").isTextual()
        ? Stream.of(Json.object().put("type", "text").set("text", message.path("content"))) : message.path("content").valueStream();
  }

  @Override
  public int answered(JsonNode request) {
    var answered = 0;
    for (var block : request.path("messages").valueStream().flatMap(MessagesDialect::blocks).toList()) {
      var reminder = block.path("text").asText().startsWith("<system-reminder>");
      answered = block.path("type").asText().equals("tool_result") ? answered + 1 : reminder ? answered : 0;
    }
    return answered;
  }

  @Override
  public List<Event> answer(Move move, String id) {
    var start = Json.object();
    start.putObject("message").put("id", "msg_" + id).put("type", "message").put("role", "assistant").put("model", "scripted")
        .putNull("stop_reason").putNull("stop_sequence").set("content", Json.array(List.of()));
    ((ObjectNode) start.path("message")).putObject("usage").put("input_tokens", 100).put("output_tokens", 1);
    var begin = Json.object().put("index", 0);
    var block = begin.putObject("content_block");
    var more = Json.object().put("index", 0);
    if (move instanceof Call(var tool, var arguments)) {
      block.put("type", "tool_use").put("id", "toolu_" + id).put("name", tool).putObject("input");
      more.putObject("delta").put("type", "input_json_delta").put("partial_json", Json.write(arguments));
    } else {
      block.put("type", "text").put("text", "");
      more.putObject("delta").put("type", "text_delta").put("text", ((Say) move).text());
    }
    var end = Json.object();
    end.putObject("delta").put("stop_reason", move instanceof Call ? "tool_use" : "end_turn").putNull("stop_sequence");
    end.putObject("usage").put("output_tokens", 20);
    return List.of(event("message_start", start), event("content_block_start", begin), event("content_block_delta", more),
        event("content_block_stop", Json.object().put("index", 0)), event("message_delta", end), event("message_stop", Json.object()));
  }

  private static Event event(String type, ObjectNode data) {
    return new Event(type, data.put("type", type));
  }

  @Override
  public int closing() {
    return 2;
  }
}
