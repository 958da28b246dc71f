package lib.session.sync;

import module java.base;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.fasterxml.jackson.databind.node.TextNode;
import lib.core.Json;

/**
 * Masks sessions and messages, then truncates them to the size of one request. Every text says how much it lost. The input
 * stays as it is.
 */
final class Truncation {
  /** Bytes of a request: proxies take 1 MB by default, and a kilobyte is left for the names around. */
  static final int MAX_REQUEST = 1_000_000 - 1_024;
  private static final int MAX_TEXT = 64 << 10; // characters; more than anybody reads in a list of messages
  private static final int MIN_TEXT = 256; // characters; with less nobody could see what it was
  private static final int MAX_LIST_TEXT = 4_096; // characters; the longest path of a folder
  private static final int MAX_DEPTH = 64; // servers take JSON nested 100 deep, and a request has some ten levels around

  /** Fields of the protocol itself. Deeper down these are names that a tool's input may have as well. */
  private static final Set<String> VERBATIM = Set.of("type", "role", "agent_kind", "created", "updated", "version");

  private final UnaryOperator<String> mask;

  Truncation(UnaryOperator<String> mask) {
    this.mask = mask;
  }

  /** The bytes on the wire. */
  static byte[] bytes(JsonNode node) {
    return Json.write(node).getBytes(StandardCharsets.UTF_8); // by way of text, since half a character pair must not fail
  }

  static int bytes(List<? extends JsonNode> nodes) {
    return nodes.stream().mapToInt(node -> bytes(node).length + 1).sum();
  }

  /** Masks the list and keeps its first entries, as many as fit. */
  List<ObjectNode> list(List<ObjectNode> sessions) {
    var masked = sessions.stream().map(session -> (ObjectNode) cut(masked(session), MAX_LIST_TEXT)).toList();
    return masked.subList(0, fitting(masked, MAX_REQUEST));
  }

  /** Truncates masked messages: first the middle of long texts goes, then the oldest messages, then the first parts of the last. */
  List<ObjectNode> messages(List<ObjectNode> masked) {
    var fit = masked;
    for (var max = MAX_TEXT; max >= MIN_TEXT && (max == MAX_TEXT || bytes(fit) > MAX_REQUEST); max /= 2) {
      var longest = max;
      fit = masked.stream().map(message -> (ObjectNode) cut(message, longest)).toList();
    }
    var kept = fitting(fit.reversed(), MAX_REQUEST);
    return kept == 0 && !fit.isEmpty() ? List.of(lastParts(fit.getLast())) : fit.subList(fit.size() - kept, fit.size());
  }

  private static ObjectNode lastParts(ObjectNode message) {
    var all = ((ArrayNode) message.remove("parts")).valueStream().toList();
    var note = message.putArray("parts").addObject().put("type", "text");
    var kept = fitting(all.reversed(), MAX_REQUEST - bytes(message).length - MIN_TEXT);
    note.put("text", "[… parts left out: " + (all.size() - kept) + "]");
    message.withArray("parts").addAll(all.subList(all.size() - kept, all.size()));
    return message;
  }

  /** How many of the first nodes fit. */
  private static int fitting(List<? extends JsonNode> nodes, int max) {
    var room = max;
    for (var i = 0; i < nodes.size(); i++) {
      room -= bytes(nodes.get(i)).length + 1;
      if (room < 0) {
        return i;
      }
    }
    return nodes.size();
  }

  /** Masks a session, a message or a part of one. */
  ObjectNode masked(ObjectNode raw) {
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

  private static JsonNode cut(JsonNode node, int max) {
    return each(node, 0, text -> middle(text, max), UnaryOperator.identity());
  }

  /** Copies a node with each text, number and name changed. Deeply nested JSON becomes one text. */
  private static JsonNode each(JsonNode node, int depth, UnaryOperator<String> change, UnaryOperator<String> names) {
    if (node.isTextual() || node.isContainerNode() && depth > MAX_DEPTH) {
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

  private static String middle(String text, int max) {
    if (text.length() <= max) {
      return text;
    }
    var head = max / 2;
    var tail = text.length() - max / 2;
    head -= Character.isHighSurrogate(text.charAt(head - 1)) ? 1 : 0;
    tail += Character.isLowSurrogate(text.charAt(tail)) ? 1 : 0;
    return text.substring(0, head) + "\n[… " + (tail - head) + " characters left out …]\n" + text.substring(tail);
  }
}
