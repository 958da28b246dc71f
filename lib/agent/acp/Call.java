package lib.agent.acp;

import module java.base;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import lib.core.Json;

/** The worker's own calls. Each is made once and its id is its number here, so that an answer tells what it is about. */
enum Call {
  INITIALIZE("initialize"), NEW("session/new"), LOAD("session/load"), MODEL("session/set_model"), MODE("session/set_mode"),
  PROMPT("session/prompt");

  /** For a model or a mode that is one of the agent's options. */
  static final String SET_OPTION = "session/set_config_option";
  static final int PROTOCOL = 1;
  private static final int METHOD_NOT_FOUND = -32601;
  private final String method;

  Call(String method) {
    this.method = method;
  }

  /** The call that a message answers; empty when it answers none. */
  static Optional<Call> answeredBy(JsonNode message) {
    var id = message.path("id");
    return id.isInt() && id.asInt() >= 0 && id.asInt() < values().length && !message.has("method") ? Optional.of(values()[id.asInt()])
        : Optional.empty();
  }

  ObjectNode message(ObjectNode params) {
    return message(method, params);
  }

  ObjectNode message(String otherMethod, ObjectNode params) {
    return notification(otherMethod, params).put("id", ordinal());
  }

  static ObjectNode notification(String method, ObjectNode params) {
    return Json.object().put("jsonrpc", "2.0").put("method", method).set("params", params);
  }

  /** The agent uses its own tools, none of the worker's. */
  static ObjectNode capabilities() {
    var params = Json.object().put("protocolVersion", PROTOCOL);
    var client = params.putObject("clientCapabilities").put("terminal", false);
    client.putObject("fs").put("readTextFile", false).put("writeTextFile", false);
    return params;
  }

  /** The answer to a call of the agent. */
  static ObjectNode answer(JsonNode call, ObjectNode result) {
    return Json.object().put("jsonrpc", "2.0").<ObjectNode>set("id", call.path("id")).set("result", result);
  }

  /** The answer to a call of the agent that the worker does not know. */
  static ObjectNode unknown(JsonNode call) {
    var answer = Json.object().put("jsonrpc", "2.0").<ObjectNode>set("id", call.path("id"));
    answer.putObject("error").put("code", METHOD_NOT_FOUND).put("message", "Method not found: " + call.path("method").asText());
    return answer;
  }
}
