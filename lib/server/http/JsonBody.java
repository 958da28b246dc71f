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

  /** The field's value when it is there. @throws ApiError with 422 when it does not fit */
  private Optional<JsonNode> value(String field, String type, String expected, Predicate<JsonNode> fits) {
    if (has(field) && !fits.test(json.path(field))) {
      throw ApiError.field(field, type, "Input should be a valid " + expected);
    }
    return has(field) ? Optional.of(json.path(field)) : Optional.empty();
  }

  private JsonBody required(String field) {
    if (!has(field)) {
      throw ApiError.field(field, "missing", "Field required");
    }
    return this;
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

  public String longText(String field, String fallback) {
    return value(field, "string_type", "string", JsonNode::isTextual)
        .map(text -> text.asText().replace('\0', '\uFFFD')).orElse(fallback); // PostgreSQL stores no zeros
  }

  /** A text that says something, or null. */
  public String filledText(String field) {
    return Optional.ofNullable(text(field, null)).filter(text -> !text.isBlank()).orElse(null);
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

  /** 0 when it is missing. */
  public int whole(String field) {
    return value(field, "int_type", "integer", number -> number.isIntegralNumber() && number.canConvertToInt()).map(JsonNode::asInt).orElse(0);
  }

  /** A number that counts something; null when it is missing. */
  public Long count(String field) {
    return value(field, "int_type", "integer, not below 0", number -> number.isIntegralNumber() && number.canConvertToLong()
        && number.asLong() >= 0).map(JsonNode::asLong).orElse(null);
  }

  /** The number of a claim; 0 when it is missing. */
  public int attempt() {
    return Math.clamp(Objects.requireNonNullElse(count("attempt"), 0L), 0, Integer.MAX_VALUE);
  }

  public boolean flag(String field) {
    return value(field, "bool_type", "boolean", JsonNode::isBoolean).map(JsonNode::asBoolean).orElse(false);
  }

  public ObjectNode object(String field) {
    return value(field, "dict_type", "dictionary", JsonNode::isObject).map(object -> checkSize(field, (ObjectNode) object)).orElseGet(Json::object);
  }

  public List<String> texts(String field) {
    return list(field, "list of strings", JsonNode::isTextual).map(list -> checkSize(field, list)).stream().flatMap(JsonNode::valueStream)
        .map(JsonNode::asText).toList();
  }

  /** The first of two names that is there. */
  public List<String> either(String field, String newer) {
    return texts(has(field) ? field : newer);
  }

  public JsonNode objects(String field) {
    return list(field, "list of dictionaries", JsonNode::isObject).map(list -> checkSize(field, list)).orElseGet(Json.MAPPER::createArrayNode);
  }

  /** A required list of objects, of which each may be as large as any other tree; all of them are bounded by the body. */
  public List<ObjectNode> rows(String field) {
    return required(field).list(field, "list of dictionaries", JsonNode::isObject).orElseThrow().valueStream()
        .map(row -> checkSize("an entry of " + field, (ObjectNode) row)).toList();
  }

  private Optional<JsonNode> list(String field, String expected, Predicate<JsonNode> fits) {
    return value(field, "list_type", expected, list -> list.isArray() && list.valueStream().allMatch(fits));
  }

  private static <T extends JsonNode> T checkSize(String field, T tree) {
    if (Json.write(tree).length() > MAX_TREE_CHARS) {
      throw ApiError.of(413, "too_large", field + " is larger than " + (MAX_TREE_CHARS >> 20) + " MiB");
    }
    return tree;
  }
}
