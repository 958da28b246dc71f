package lib.hub;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.util.List;
import lib.config.Json;

/**
 * A request's JSON object. Each reading of a field says what the field must be; a field that is missing or null takes
 * its fallback, and one of the wrong type refuses the request with 422.
 */
record Body(ObjectNode json) {
  private static final int MAX_ID = 256; // longer is no id but a mistake; ids stand in headers and log lines

  /** @throws Refused with 400 when it is no JSON object */
  static Body read(byte[] bytes) {
    try {
      if (Json.MAPPER.readTree(bytes) instanceof ObjectNode object) {
        return new Body(object);
      }
    } catch (JsonProcessingException e) {
      throw Refused.of(400, "the body is not JSON: " + e.getOriginalMessage());
    } catch (IOException e) {
      throw new IllegalStateException("bytes in memory can be read", e);
    }
    throw Refused.of(400, "the body is not a JSON object");
  }

  boolean has(String field) {
    return json.hasNonNull(field);
  }

  String text(String field) {
    if (!has(field)) {
      throw Refused.field(field, "missing", "Field required");
    }
    return text(field, null);
  }

  String text(String field, String fallback) {
    if (!has(field)) {
      return fallback;
    }
    if (!json.path(field).isTextual()) {
      throw Refused.field(field, "string_type", "Input should be a valid string");
    }
    return json.path(field).asText();
  }

  /** A required text that names something. */
  String id(String field) {
    return checkId(field, text(field));
  }

  /** An id from wherever in a request: short, not empty, printable. */
  static String checkId(String name, String id) {
    if (id.isBlank() || id.length() > MAX_ID || id.chars().anyMatch(Character::isISOControl)) {
      throw Refused.field(name, "id", "Input should be 1 to " + MAX_ID + " printable characters");
    }
    return id;
  }

  int whole(String field, int fallback) {
    if (!has(field)) {
      return fallback;
    }
    if (!json.path(field).isIntegralNumber() || !json.path(field).canConvertToInt()) {
      throw Refused.field(field, "int_type", "Input should be a valid integer");
    }
    return json.path(field).asInt();
  }

  /** Null when it is missing. */
  Long big(String field) {
    if (!has(field)) {
      return null;
    }
    if (!json.path(field).isIntegralNumber() || !json.path(field).canConvertToLong()) {
      throw Refused.field(field, "int_type", "Input should be a valid integer");
    }
    return json.path(field).asLong();
  }

  boolean flag(String field) {
    if (has(field) && !json.path(field).isBoolean()) {
      throw Refused.field(field, "bool_type", "Input should be a valid boolean");
    }
    return json.path(field).asBoolean();
  }

  ObjectNode object(String field) {
    if (!has(field)) {
      return Json.object();
    }
    if (json.path(field) instanceof ObjectNode object) {
      return object;
    }
    throw Refused.field(field, "dict_type", "Input should be a valid dictionary");
  }

  List<String> texts(String field) {
    var list = list(field);
    if (list.valueStream().allMatch(JsonNode::isTextual)) {
      return list.valueStream().map(JsonNode::asText).toList();
    }
    throw Refused.field(field, "string_type", "Input should be a list of strings");
  }

  /** The first of two names that is there. */
  List<String> either(String field, String newer) {
    return texts(has(field) ? field : newer);
  }

  JsonNode objects(String field) {
    var list = list(field);
    if (list.valueStream().allMatch(JsonNode::isObject)) {
      return list;
    }
    throw Refused.field(field, "dict_type", "Input should be a list of dictionaries");
  }

  private JsonNode list(String field) {
    if (!has(field)) {
      return Json.MAPPER.createArrayNode();
    }
    if (json.path(field).isArray()) {
      return json.path(field);
    }
    throw Refused.field(field, "list_type", "Input should be a valid list");
  }
}
