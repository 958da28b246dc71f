package tests.real;

import module java.base;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import lib.core.Json;
import tests.real.ModelServer.Call;
import tests.real.ModelServer.Move;
import tests.real.ModelServer.Say;

/** The OpenAI responses API, as Codex speaks it. */
final class ResponsesDialect implements Dialect {
  @Override
  public String path() {
    return "/v1/responses";
  }

  /** What stands in angle brackets the agent says in the user's name. */
  @Override
  public List<String> said(JsonNode request) {
    return request.path("input").valueStream().filter(item -> item.path("role").asText().equals("user"))
        .flatMap(item -> item.path("content").valueStream()).map(part -> part.path("text").asText())
        .filter(text -> !text.startsWith("<environment_context>")).toList();
  }

  @Override
  public int answered(JsonNode request) {
    var answered = 0;
    for (var item : request.path("input")) {
      answered = item.path("type").asText().endsWith("_output") ? answered + 1 : item.path("role").asText().equals("user") ? 0 : answered;
    }
    return answered;
  }

  @Override
  public List<Event> answer(Move move, String id) {
    var item = Json.object();
    if (move instanceof Call(var tool, var arguments)) {
      item.put("type", "function_call").put("call_id", id).put("name", tool).put("arguments", Json.write(arguments));
    } else {
      item.put("type", "message").put("role", "assistant").put("id", id).putArray("content").addObject().put("type", "output_text")
          .put("text", ((Say) move).text());
    }
    var response = Json.object().put("id", "r" + id);
    var whole = response.deepCopy();
    whole.putObject("usage").put("input_tokens", 100).put("output_tokens", 20).put("total_tokens", 120);
    return List.of(event("response.created", Json.object().set("response", response)),
        event("response.output_item.done", Json.object().set("item", item)),
        event("response.completed", Json.object().set("response", whole)));
  }

  private static Event event(String type, JsonNode data) {
    return new Event(type, ((ObjectNode) data).put("type", type));
  }

  @Override
  public int closing() {
    return 1;
  }
}
