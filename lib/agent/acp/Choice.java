package lib.agent.acp;

import module java.base;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import lib.core.Json;

/**
 * The models or the modes that an agent offers for a session.
 *
 * @param call the call that chooses one
 * @param option the id of the agent's option; null where it has a call of its own for this
 * @param names what people may call each, and what the agent calls it
 * @param current the one that is set; null when the agent does not say
 */
record Choice(Call call, String option, Map<String, String> names, String current) {

  /** @param offer the agent's answer to the begin of the session, in the newer form or the older one */
  static Choice of(JsonNode offer, Call call) {
    var word = call == Call.MODEL ? "model" : "mode";
    var options = offer.path("configOptions").valueStream()
        .filter(option -> option.path("category").asText(option.path("id").asText()).equals(word)).findFirst();
    if (options.isPresent()) {
      var flat = options.get().path("options").valueStream() // some are in groups
          .flatMap(value -> value.has("options") ? value.path("options").valueStream() : Stream.of(value));
      return new Choice(call, options.get().path("id").asText(), names(flat, "value"), Json.text(options.get(), "currentValue"));
    }
    var older = offer.path(word + "s");
    return call == Call.MODEL ? new Choice(call, null, names(older.path("availableModels").valueStream(), "modelId"), Json.text(older, "currentModelId"))
        : new Choice(call, null, names(older.path("availableModes").valueStream(), "id"), Json.text(older, "currentModeId"));
  }

  /** Some agents' ids hold what no task can name; then the name is the one that they show to people. */
  private static Map<String, String> names(Stream<JsonNode> offered, String field) {
    var names = new LinkedHashMap<String, String>();
    offered.forEach(one -> {
      var id = one.path(field).asText();
      names.put(id.matches("[\\w./:@+-]+") ? id : one.path("name").asText(id), id);
    });
    return names;
  }

  /** The agent's id of a name: as it is, or without the provider that agents with one provider do not know. */
  Optional<String> find(String name) {
    return Optional.ofNullable(names.getOrDefault(name, names.get(name.substring(name.indexOf('/') + 1))));
  }

  ObjectNode message(String session, String name) {
    var params = Json.object().put("sessionId", session);
    return option != null ? call.message(Call.SET_OPTION, params.put("configId", option).put("value", name))
        : call.message(params.put(call == Call.MODEL ? "modelId" : "modeId", name));
  }
}
