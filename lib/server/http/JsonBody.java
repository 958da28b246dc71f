package lib.server.http;

import module java.base;
import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.StreamReadConstraints;
import com.fasterxml.jackson.core.exc.StreamConstraintsException;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import lib.core.Json;

/**
 * A request's JSON object. Each reading of a field says what the field must be; a field that is missing or null takes
 * its fallback, and one of the wrong type refuses the request with 422.
 */
public record JsonBody(ObjectNode json) {
  private static final int MAX_ID = 256; // longer is no id but a mistake; ids stand in headers and log lines
  private static final int MAX_TEXT = 8192; // names, titles, models: such texts come with every list
  private static final int MAX_TREE_CHARS = 1 << 20; // of what is not plain text; it comes with every list and every claim
  private static final int MAX_DEPTH = 100; // far below the 1000 that can be written, within whatever it is shown later
  private static final int MAX_TOKENS = 1 << 20; // each takes some 50 bytes of memory, and as few as 2 of the body
  private static final JsonMapper MAPPER = JsonMapper.builder(JsonFactory.builder().streamReadConstraints(StreamReadConstraints
          .builder().maxNestingDepth(MAX_DEPTH).maxTokenCount(MAX_TOKENS).build()).build())
      .enable(DeserializationFeature.FAIL_ON_TRAILING_TOKENS).build();

  /** @throws ApiError with 400 when it is no JSON object */
  public static JsonBody read(byte[] bytes) {
    try {
      if (MAPPER.readTree(bytes) instanceof ObjectNode object) {
        return new JsonBody(object);
      }
    } catch (StreamConstraintsException e) {
      throw ApiError.of(400, "the body is JSON nested deeper than " + MAX_DEPTH + ", or with too many or too long values");
    } catch (JsonProcessingException e) {
      var place = e.getLocation();
      throw ApiError.of(400, "the body is not JSON" + (place == null ? ""
          : ", see line " + place.getLineNr() + ", column " + place.getColumnNr()));
    } catch (IOException e) {
      throw new IllegalStateException("bytes in memory can be read", e);
    }
    throw ApiError.of(400, "the body is not a JSON object");
  }

  public boolean has(String field) {
    return json.hasNonNull(field);
  }

  public String text(String field) {
    return required(field).text(field, null);
  }

  /** A text that is shown in lists, and therefore short. */
  public String text(String field, String fallback) {
    var text = longText(field, fallback);
    if (text != null && text.length() > MAX_TEXT) {
      throw ApiError.field(field, "string_too_long", "String should have at most " + MAX_TEXT + " characters");
    }
    return text;
  }

  /** A text that only the body's size bounds. */
  public String longText(String field) {
    return required(field).longText(field, null);
  }

  private JsonBody required(String field) {
    if (!has(field)) {
      throw ApiError.field(field, "missing", "Field required");
    }
    return this;
  }

  public String longText(String field, String fallback) {
    if (!has(field)) {
      return fallback;
    }
    if (!json.path(field).isTextual()) {
      throw ApiError.field(field, "string_type", "Input should be a valid string");
    }
    return json.path(field).asText().replace('\0', '\uFFFD'); // PostgreSQL stores no zeros
  }

  /** A required text that names something. */
  public String id(String field) {
    return checkId(field, text(field));
  }

  /** An id from any part of a request, or null: short, not empty, printable. */
  public static String checkId(String name, String id) {
    if (id != null && (id.isBlank() || id.length() > MAX_ID
        || id.codePoints().anyMatch(c -> Character.isISOControl(c) || c == '\uFFFD' || Character.getType(c) == Character.SURROGATE))) {
      throw ApiError.field(name, "id", "Input should be 1 to " + MAX_ID + " printable characters");
    }
    return id;
  }

  /** The beginning of a text, whole characters only. */
  public static String cut(String text, int most) {
    return text.codePointCount(0, text.length()) <= most ? text : text.substring(0, text.offsetByCodePoints(0, most));
  }

  public int whole(String field, int fallback) {
    if (!has(field)) {
      return fallback;
    }
    if (!json.path(field).isIntegralNumber() || !json.path(field).canConvertToInt()) {
      throw ApiError.field(field, "int_type", "Input should be a valid integer");
    }
    return json.path(field).asInt();
  }

  /** A number that counts something; null when it is missing. */
  public Long count(String field) {
    if (!has(field)) {
      return null;
    }
    var value = json.path(field);
    if (!value.isIntegralNumber() || !value.canConvertToLong() || value.asLong() < 0) {
      throw ApiError.field(field, "int_type", "Input should be a valid integer, not below 0");
    }
    return value.asLong();
  }

  /** The number of a claim; 0 when it is missing. */
  public int attempt() {
    var attempt = count("attempt");
    return attempt == null ? 0 : (int) Math.min(attempt, Integer.MAX_VALUE);
  }

  public boolean flag(String field) {
    if (has(field) && !json.path(field).isBoolean()) {
      throw ApiError.field(field, "bool_type", "Input should be a valid boolean");
    }
    return json.path(field).asBoolean();
  }

  public ObjectNode object(String field) {
    if (!has(field)) {
      return Json.object();
    }
    if (json.path(field) instanceof ObjectNode object) {
      return checkSize(field, object);
    }
    throw ApiError.field(field, "dict_type", "Input should be a valid dictionary");
  }

  public List<String> texts(String field) {
    var list = list(field);
    if (list.valueStream().allMatch(JsonNode::isTextual)) {
      return list.valueStream().map(JsonNode::asText).toList();
    }
    throw ApiError.field(field, "string_type", "Input should be a list of strings");
  }

  /** The first of two names that is there. */
  public List<String> either(String field, String newer) {
    return texts(has(field) ? field : newer);
  }

  public JsonNode objects(String field) {
    var list = list(field);
    if (list.valueStream().allMatch(JsonNode::isObject)) {
      return list;
    }
    throw ApiError.field(field, "dict_type", "Input should be a list of dictionaries");
  }

  /** A required list of objects, of which each may be as large as any other tree; all of them are bounded by the body. */
  public List<ObjectNode> rows(String field) {
    required(field);
    if (!json.path(field).isArray()) {
      throw ApiError.field(field, "list_type", "Input should be a valid list");
    }
    return json.path(field).valueStream().map(row -> {
      if (row instanceof ObjectNode object) {
        return checkSize("an entry of " + field, object);
      }
      throw ApiError.field(field, "dict_type", "Input should be a list of dictionaries");
    }).toList();
  }

  private JsonNode list(String field) {
    if (!has(field)) {
      return Json.MAPPER.createArrayNode();
    }
    if (json.path(field).isArray()) {
      return checkSize(field, json.path(field));
    }
    throw ApiError.field(field, "list_type", "Input should be a valid list");
  }

  private static <T extends JsonNode> T checkSize(String field, T tree) {
    if (Json.write(tree).length() > MAX_TREE_CHARS) {
      throw ApiError.of(413, "too_large", field + " is larger than " + (MAX_TREE_CHARS >> 20) + " MiB");
    }
    return tree;
  }
}
