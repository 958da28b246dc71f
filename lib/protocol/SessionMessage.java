package lib.protocol;

import module java.base;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import lib.core.Json;

/**
 * One message of a session, in any of the shapes that servers give it. Whatever was absent is null.
 *
 * @param role {@code user}, {@code assistant} or {@code system}
 * @param model {@code provider/model}
 * @param text what was said, without what the model only thought; empty when nothing was
 * @param tools the names of the tools that were called, in order
 * @param raw the object as it came
 */
public record SessionMessage(String id, String role, Instant created, String model, String text, List<String> tools, ObjectNode raw) {
  private static final Set<String> TOOLS = Set.of("tool", "tool_use", "tool_call");

  public static Optional<SessionMessage> read(JsonNode node) {
    if (!(node instanceof ObjectNode raw)) {
      return Optional.empty();
    }
    var info = raw.path("info");
    var created = Timestamps.read(raw.path("time"), "created");
    return Optional.of(new SessionMessage(or(Json.text(raw, "id"), Json.text(info, "id")),
        or(Json.text(raw, "role"), Json.text(info, "role")), created != null ? created : Timestamps.read(raw, "created_at", "created"), or(model(raw), model(info)),
        text(raw, info), tools(raw), raw));
  }

  private static String model(JsonNode node) {
    var model = node.path("model");
    var name = Json.text(model, "modelID", "id");
    var provider = Json.text(model, "providerID", "provider");
    return !model.isObject() ? Json.text(node, "model") : provider == null || name == null ? name : provider + "/" + name;
  }

  private static String text(ObjectNode raw, JsonNode info) {
    for (var content : List.of(raw.path("content"), raw.path("parts"), info.path("content"))) {
      var text = content.isTextual() ? content.asText() : content.valueStream().filter(SessionMessage::said)
          .map(part -> part.isTextual() ? part.asText() : part.path("text").asText("")).collect(Collectors.joining("\n"));
      if (!text.isBlank()) {
        return text;
      }
    }
    return "";
  }

  private static boolean said(JsonNode part) {
    return part.isTextual() || part.path("text").isTextual() && part.path("type").asText("text").equals("text");
  }

  private static List<String> tools(ObjectNode raw) {
    var parts = raw.path("parts").isArray() ? raw.path("parts") : raw.path("content");
    return parts.valueStream().filter(part -> TOOLS.contains(part.path("type").asText()))
        .map(part -> or(Json.text(part, "tool", "name"), "tool")).toList();
  }

  private static String or(String value, String other) {
    return value != null ? value : other;
  }
}
