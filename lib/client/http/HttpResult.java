package lib.client.http;

import module java.base;
import com.fasterxml.jackson.databind.JsonNode;
import lib.core.Json;

/**
 * A server's answer. Error bodies may be anything: JSON, plain text, a proxy's page, nothing.
 *
 * @param retryAfter the header of that name; null for none
 * @param at when it was given, by the server's clock where it tells
 */
public record HttpResult(int status, byte[] body, String retryAfter, Instant at) {
  private static final int SHOWN = 300; // enough of an error body to recognise it

  public boolean ok() {
    return status >= 200 && status < 300;
  }

  /** The body as JSON; anything else under a 2xx is not this protocol, and any other status is a failure. */
  public JsonNode json() throws ApiException {
    if (!ok()) {
      throw failure();
    }
    try {
      var node = Json.MAPPER.readTree(body);
      if (node != null && !node.isMissingNode()) {
        return node;
      }
    } catch (IOException e) {
      throw new ApiException(ApiException.Kind.GARBLED, "HTTP " + status + " with a body that is not JSON: " + excerpt(), e);
    } catch (OutOfMemoryError e) { // what it became in memory is free again; the loop that called must go on
      throw new ApiException(ApiException.Kind.GARBLED, "HTTP " + status + " with a body that does not fit into memory", e);
    }
    throw new ApiException(ApiException.Kind.GARBLED, "HTTP " + status + " with an empty body", null);
  }

  /** This answer as a failure. */
  public ApiException failure() {
    var object = Json.readObject(text());
    var code = object.map(o -> Json.text(o, "code", "error_code")).orElse(null);
    return new ApiException(kind(), status, "HTTP " + status + ": " + detail(), asked(), code, null);
  }

  private ApiException.Kind kind() {
    return switch (status) {
      case 401, 403 -> ApiException.Kind.DENIED;
      case 407, 408, 425, 429 -> ApiException.Kind.BUSY;
      case 413 -> ApiException.Kind.TOO_LARGE; // a proxy's limit is as good as the server's
      default -> status >= 500 ? ApiException.Kind.BUSY : status >= 400 ? refusal() : ApiException.Kind.GARBLED;
    };
  }

  /**
   * The server's own refusals are JSON that says why. Without that it is the page of a proxy or gateway that has no server
   * behind it at the moment, for example during a deploy, and says nothing about what was asked.
   */
  private ApiException.Kind refusal() {
    var object = Json.readObject(text());
    if (object.isEmpty() || Json.text(object.get(), "code", "error_code") == null && !object.get().has("detail")
        && !object.get().path("error").asText().equals("deprecated_api_gone")) {
      return ApiException.Kind.GARBLED;
    }
    return switch (status) {
      case 404 -> "Not Found".equals(object.get().path("detail").asText()) ? ApiException.Kind.NO_ROUTE // the framework's own words
          : ApiException.Kind.MISSING;
      case 405 -> ApiException.Kind.NO_ROUTE;
      case 409 -> ApiException.Kind.CONFLICT;
      case 410 -> ApiException.Kind.GONE;
      default -> ApiException.Kind.REFUSED;
    };
  }

  /** What the server says is wrong: {@code detail} as text or as a list of field errors, else the body's start. */
  String detail() {
    return Json.readObject(text()).map(o -> {
      var detail = o.path("detail");
      if (detail.isArray()) {
        return oneLine(String.join("; ", detail.valueStream().map(HttpResult::field).toList()));
      }
      var text = Json.text(o, "detail", "message", "error");
      return text == null ? excerpt() : oneLine(text);
    }).orElseGet(this::excerpt);
  }

  private static String field(JsonNode error) {
    if (!error.path("loc").isArray()) {
      return error.isTextual() ? error.asText() : error.path("msg").asText(error.toString());
    }
    var where = String.join(".", error.path("loc").valueStream().map(JsonNode::asText).filter(s -> !s.equals("body")).toList());
    return where + ": " + error.path("msg").asText();
  }

  private String excerpt() {
    return oneLine(text().replaceAll("<[^>]*>", " "));
  }

  /** For one line of a log or a terminal, whatever a server puts into it. */
  private static String oneLine(String raw) {
    var text = raw.replaceAll("[\\s\\p{Cntrl}]+", " ").strip();
    return text.isEmpty() ? "(no text)" : text.length() > SHOWN ? text.substring(0, SHOWN) + "…" : text;
  }

  private String text() {
    return new String(body, StandardCharsets.UTF_8);
  }

  /** {@code Retry-After} in seconds or as a date; an hour at most, nothing when it makes no sense. */
  private Duration asked() {
    if (retryAfter == null) {
      return Duration.ZERO;
    }
    try {
      var wait = retryAfter.strip().matches("\\d{1,9}") ? Duration.ofSeconds(Long.parseLong(retryAfter.strip()))
          : Duration.between(at, ZonedDateTime.parse(retryAfter, DateTimeFormatter.RFC_1123_DATE_TIME));
      return wait.isNegative() ? Duration.ZERO : wait.compareTo(Duration.ofHours(1)) > 0 ? Duration.ofHours(1) : wait;
    } catch (DateTimeException e) {
      return Duration.ZERO; // a header that no one can read asks for nothing
    }
  }
}
