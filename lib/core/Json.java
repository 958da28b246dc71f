package lib.core;

import module java.base;
import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.StreamReadConstraints;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.MissingNode;
import com.fasterxml.jackson.databind.node.ObjectNode;

/** The one JSON mapper, and reading that forgives what other people's servers and agents send. Thread-safe. */
public final class Json {
  /** An agent's event line can be many megabytes long; Jackson's own limit of 20 million characters is too near. */
  private static final int MAX_STRING = 256 << 20;

  public static final JsonMapper MAPPER = JsonMapper.builder(JsonFactory.builder()
          .streamReadConstraints(StreamReadConstraints.builder().maxStringLength(MAX_STRING).build()).build())
      .enable(DeserializationFeature.FAIL_ON_TRAILING_TOKENS)
      .build();

  private Json() {}

  public static ObjectNode object() {
    return MAPPER.createObjectNode();
  }

  public static ArrayNode array(Collection<String> texts) {
    var array = MAPPER.createArrayNode();
    texts.forEach(array::add);
    return array;
  }

  /** Reads one JSON value; anything else, also text after the value, is an error. */
  public static JsonNode read(String text) throws JsonProcessingException {
    return MAPPER.readTree(text);
  }

  /** The JSON object that this text is, or empty when it is anything else. */
  public static Optional<ObjectNode> readObject(String text) {
    if (text == null || text.isBlank()) {
      return Optional.empty();
    }
    try {
      return MAPPER.readTree(text) instanceof ObjectNode object ? Optional.of(object) : Optional.empty();
    } catch (JsonProcessingException e) {
      return Optional.empty(); // the caller treats it as text, which is what it is
    }
  }

  /** One line of JSON. */
  public static String write(JsonNode node) {
    return node.toString();
  }

  /** Indented JSON for people and files. */
  public static String pretty(JsonNode node) {
    return node.toPrettyString();
  }

  /** The first of these fields that holds non-empty text or a number, as text; null when none does. */
  public static String text(JsonNode node, String... fields) {
    for (var field : fields) {
      var value = node.path(field);
      if (value.isValueNode() && !value.isNull() && !value.asText().isEmpty()) {
        return value.asText();
      }
    }
    return null;
  }

  /** The first of these fields that is an object; a missing node when none is. */
  public static JsonNode object(JsonNode node, String... fields) {
    for (var field : fields) {
      if (node.path(field).isObject()) {
        return node.path(field);
      }
    }
    return MissingNode.getInstance();
  }

  /** The field's texts: an array of texts, a comma list, or nothing. */
  public static List<String> texts(JsonNode node, String field) {
    var value = node.path(field);
    if (value.isTextual()) {
      return Arrays.stream(value.asText().split(",")).map(String::strip).filter(s -> !s.isEmpty()).toList();
    }
    return value.valueStream().filter(JsonNode::isTextual).map(JsonNode::asText).toList();
  }
}
