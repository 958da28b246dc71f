package lib.server.http;

import module java.base;
import com.sun.net.httpserver.Headers;
import lib.core.Json;
import lib.protocol.Timestamps;

/**
 * A request as a call reads it.
 *
 * @param ids the path's variable parts by name, decoded
 * @param values the query's values by name, decoded; the last of a name counts
 * @param body an empty object when there was none
 */
public record ApiRequest(Map<String, String> ids, Map<String, String> values, Headers headers, JsonBody body) {
  private static final Instant LATEST = Instant.parse("9999-12-31T00:00:00Z"); // stamps have years of four digits

  /** @throws ApiError with 400 when the body is no JSON object */
  static ApiRequest of(Map<String, String> ids, URI uri, Headers headers, byte[] body) {
    var values = new HashMap<String, String>();
    for (var pair : Objects.requireNonNullElse(uri.getRawQuery(), "").split("&")) {
      var parts = pair.split("=", 2);
      values.put(decode(parts[0]), parts.length < 2 ? "" : decode(parts[1]));
    }
    return new ApiRequest(ids, values, headers, body.length == 0 ? new JsonBody(Json.object()) : JsonBody.read(body));
  }

  private static String decode(String text) {
    return URLDecoder.decode(text, StandardCharsets.UTF_8);
  }

  public String id(String name) {
    return ids.get(name);
  }

  /** A query value, or null; an empty one counts as missing. */
  public String query(String name) {
    var value = values.get(name);
    return value == null || value.isEmpty() ? null : value;
  }

  /** A header's value, or null; an empty one counts as missing. */
  public String header(String name) {
    var value = headers.getFirst(name);
    return value == null || value.isBlank() ? null : value.strip();
  }

  public String queryOrHeader(String name, String header) {
    return query(name) != null ? query(name) : header(header);
  }

  /** A header's comma list. */
  public Set<String> words(String name) {
    return Stream.of(Objects.requireNonNullElse(header(name), "").split(",")).map(String::strip).filter(s -> !s.isEmpty())
        .collect(Collectors.toSet());
  }

  /** A query value. @throws ApiError with 400 when it is there and not a whole number from least, which is not below 0, to most */
  public long number(String name, long fallback, long least, long most) {
    var text = query(name);
    if (text == null) {
      return fallback;
    }
    if (!text.matches("\\d{1,18}") || Long.parseLong(text) < least || Long.parseLong(text) > most) {
      throw ApiError.of(400, name + " must be a whole number from " + least + " to " + most);
    }
    return Long.parseLong(text);
  }

  /** The worker that calls a path below {@code /v1/worker}: from query, header or body, in this order. */
  public String workerId() {
    var id = queryOrHeader("worker_id", "X-Worker-ID");
    if (id == null && !body.has("worker_id")) {
      throw ApiError.of(400, "worker_id is required (query param or X-Worker-ID header)");
    }
    return id == null ? body.id("worker_id") : JsonBody.checkId("worker_id", id);
  }

  /** A client's time as the server stores it; {@code ours} when it is null or none that a clock shows. */
  public static String stamp(Instant instant, String ours) {
    return instant == null || instant.isBefore(Instant.EPOCH) || instant.isAfter(LATEST) ? ours : Timestamps.format(instant);
  }
}
