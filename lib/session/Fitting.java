package lib.session;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.fasterxml.jackson.databind.node.TextNode;
import java.nio.charset.StandardCharsets;
import java.util.ArrayDeque;
import java.util.Set;
import java.util.function.UnaryOperator;
import lib.core.Json;

/**
 * Makes what an agent CLI has kept fit to leave: every text passes the mask, and what is larger than a request may be is cut,
 * with a note of how much is missing. What it is given stays as it is. Thread-safe when the mask is.
 */
final class Fitting {
  /** What the protocol itself is made of; everywhere deeper these are names that a tool's input may have as well. */
  private static final Set<String> VERBATIM = Set.of("id", "sessionID", "messageID", "callID", "project_id", "type", "role", "agent_kind",
      "created", "updated", "version");
  private static final int SHORTEST = 256; // characters of each text; cut further, nobody could tell what it was

  /** Servers take JSON nested 100 deep at most, and a request has some ten levels around a message's part. */
  private static final int DEEPEST = 64;

  private final UnaryOperator<String> mask;

  Fitting(UnaryOperator<String> mask) {
    this.mask = mask;
  }

  /** An entry of the list, in so many bytes: first its summary goes, then the middle of its texts. */
  ObjectNode session(ObjectNode raw, int most) {
    var fit = masked(raw);
    if (bytes(fit).length > most) {
      fit.putObject("summary");
    }
    return bytes(fit).length > most ? (ObjectNode) cut(fit, SHORTEST) : fit;
  }

  /** A message in so many bytes: the middle of long texts goes first, then its first parts. */
  ObjectNode message(ObjectNode raw, int most) {
    var whole = masked(raw);
    var fit = whole;
    for (var longest = most / 2; bytes(fit).length > most && longest >= SHORTEST; longest /= 2) {
      fit = (ObjectNode) cut(whole, longest);
    }
    return bytes(fit).length > most ? lastParts(fit, most) : fit;
  }

  private static ObjectNode lastParts(ObjectNode message, int most) {
    var all = (ArrayNode) message.remove("parts");
    var note = message.putArray("parts").addObject().put("type", "text").put("text", "[… parts left out: " + all.size() + "]");
    var room = most - bytes(message).length;
    var kept = new ArrayDeque<JsonNode>();
    for (var i = all.size() - 1; i >= 0; i--) {
      room -= bytes(all.get(i)).length + 1;
      if (room < 0) {
        break;
      }
      kept.addFirst(all.get(i));
    }
    note.put("text", "[… parts left out: " + (all.size() - kept.size()) + "]");
    ((ArrayNode) message.path("parts")).addAll(kept);
    return message;
  }

  /** The bytes it is on the wire. */
  static byte[] bytes(JsonNode node) {
    return Json.write(node).getBytes(StandardCharsets.UTF_8); // by way of text: half a character pair in it is no failure
  }

  /** A session, a message or a part of one. */
  private ObjectNode masked(ObjectNode raw) {
    var masked = Json.object();
    raw.properties().forEach(field -> {
      var value = field.getValue();
      if (VERBATIM.contains(field.getKey()) && value.isValueNode()) {
        masked.set(field.getKey(), value.isTextual() ? TextNode.valueOf(storable(value.asText())) : value);
      } else if (field.getKey().equals("parts") && value.isArray()) {
        var parts = masked.putArray("parts");
        value.forEach(part -> parts.add(part instanceof ObjectNode object ? masked(object) : masked(part)));
      } else {
        masked.set(field.getKey(), masked(value));
      }
    });
    return masked;
  }

  private JsonNode masked(JsonNode raw) {
    UnaryOperator<String> change = text -> mask.apply(storable(text));
    return each(raw, 0, change, change);
  }

  /** Databases behind servers take no NUL. */
  private static String storable(String text) {
    return text.replace('\0', '\uFFFD');
  }

  private static JsonNode cut(JsonNode node, int longest) {
    return each(node, 0, text -> middle(text, longest), name -> name);
  }

  /** A copy with each text, number and name of a field replaced; what is nested too deep is one text. */
  private static JsonNode each(JsonNode node, int depth, UnaryOperator<String> change, UnaryOperator<String> names) {
    if (node.isTextual() || node.isContainerNode() && depth > DEEPEST) {
      return TextNode.valueOf(change.apply(node.isTextual() ? node.asText() : Json.write(node)));
    }
    if (node.isNumber()) {
      var text = change.apply(node.asText());
      return text.equals(node.asText()) ? node : TextNode.valueOf(text); // a PIN can be a secret
    }
    if (node.isObject()) {
      var copy = Json.object();
      node.properties().forEach(field -> copy.set(names.apply(field.getKey()), each(field.getValue(), depth + 1, change, names)));
      return copy;
    }
    if (node.isArray()) {
      var copy = Json.MAPPER.createArrayNode();
      node.forEach(item -> copy.add(each(item, depth + 1, change, names)));
      return copy;
    }
    return node;
  }

  private static String middle(String text, int longest) {
    if (text.length() <= longest) {
      return text;
    }
    var head = longest / 2;
    var tail = text.length() - longest / 2;
    head -= Character.isHighSurrogate(text.charAt(head - 1)) ? 1 : 0;
    tail += Character.isLowSurrogate(text.charAt(tail)) ? 1 : 0;
    return text.substring(0, head) + "\n[… " + (tail - head) + " characters left out …]\n" + text.substring(tail);
  }
}
