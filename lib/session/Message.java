package lib.session;

import module java.base;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import lib.core.Json;

/**
 * One message of a session: what the user said, or one turn of the model.
 *
 * @param role {@code user}, {@code assistant} or {@code system}
 * @param agent the agent's role, {@code build} for example; null when unknown
 * @param model {@code provider/model}; null when unknown
 * @param cost in US dollars, as the CLI tells it; 0 when it does not
 * @param tokens {@code input}, {@code output} and what else the CLI counts; a missing node when it does not
 * @param parts each with {@code id} and {@code type} ({@code text}, {@code tool} …) and, where there is something to tell,
 *     {@code text}, {@code tool}, {@code callID}, {@code state}, {@code reason}, {@code cost}, {@code tokens}
 */
public record Message(String id, String role, Instant created, String agent, String model, double cost, JsonNode tokens,
    List<ObjectNode> parts) {

  /** As {@code POST …/sessions/{sid}/messages/sync} takes it. */
  public ObjectNode toJson(String sessionId) {
    var json = Json.object().put("id", id).put("sessionID", sessionId).put("role", role);
    json.putObject("time").put("created", created == null ? null : created.toString());
    json.put("agent", agent).put("model", model).put("cost", cost).set("tokens", tokens.isObject() ? tokens : null);
    json.putArray("tool_calls");
    json.putArray("parts").addAll(parts);
    return json;
  }
}
