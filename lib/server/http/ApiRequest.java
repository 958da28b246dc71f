package lib.server.http;

import module java.base;
import com.sun.net.httpserver.Headers;
import lib.protocol.Timestamps;

/** A request as a call reads it. For one thread. */
public final class ApiRequest {
  private static final Instant LATEST = Instant.parse("9999-12-31T00:00:00Z"); // stamps have years of four digits

  private static final int MAX_HEADER = 64 << 10;

  private final Map<String, String> ids;
  private final Map<String, String> query;
  private final Headers headers;
  private final byte[] bytes;
  private JsonBody body; // null until a call asks for it

  /**
   * Parses the query.
   *
   * @param ids the path's variable parts by name, decoded
   * @param bytes the body; empty when there was none
   */
  public ApiRequest(Map<String, String> ids, URI uri, Headers headers, byte[] bytes) {
    this.ids = ids;
    this.query = query(uri);
    this.headers = headers;
    this.bytes = bytes;
  }

  public String id(String name) {
    return ids.get(name);
  }

  /** A query value, or null; an empty one counts as missing. */
  public String query(String name) {
    var value = query.get(name);
    return value == null || value.isEmpty() ? null : value;
  }

  /** A header's value, or null; an empty one counts as missing. @throws ApiError when it is longer than any list of ids */
  public String header(String name) {
    var value = headers.getFirst(name);
    if (value != null && value.length() > MAX_HEADER) {
      throw ApiError.of(431, "the header " + name + " is longer than " + (MAX_HEADER >> 10) + " KiB");
    }
    return value == null || value.isBlank() ? null : value.strip();
  }

  /** A header's comma list. */
  public List<String> words(String name) {
    var value = header(name);
    return value == null ? List.of()
        : List.of(value.split(",")).stream().map(String::strip).filter(s -> !s.isEmpty()).toList();
  }

  /** @throws ApiError with 400 when it is there and not a whole number from least to most */
  public long number(String name, String text, long fallback, long least, long most) {
    if (text == null) {
      return fallback;
    }
    try {
      var number = Long.parseLong(text);
      if (number >= least && number <= most) {
        return number;
      }
    } catch (NumberFormatException e) {
      throw notANumber(name, least, most);
    }
    throw notANumber(name, least, most);
  }

  private static ApiError notANumber(String name, long least, long most) {
    return ApiError.of(400, name + " must be a whole number from " + least + " to " + most);
  }

  /** The body, which must be a JSON object; no body is read as an empty one. */
  public JsonBody body() {
    if (body == null) {
      body = JsonBody.read(bytes.length > 0 ? bytes : new byte[] {'{', '}'});
    }
    return body;
  }

  /** The worker that calls a path below {@code /v1/worker}: from query, header or body, in this order. */
  public String workerId() {
    var id = query("worker_id") != null ? query("worker_id") : header("X-Worker-ID") != null ? header("X-Worker-ID")
        : body().text("worker_id", null);
    if (id == null) {
      throw ApiError.of(400, "worker_id is required (query param or X-Worker-ID header)");
    }
    return JsonBody.checkId("worker_id", id);
  }

  /** A client's time as the server stores it; {@code ours} when it is unreadable or none that a clock shows. */
  public static String stamp(String said, String ours) {
    return stamp(Timestamps.parse(said), ours);
  }

  /** The same of a time that is read already, or null. */
  public static String stamp(Instant instant, String ours) {
    return instant == null || instant.isBefore(Instant.EPOCH) || instant.isAfter(LATEST) ? ours : Timestamps.format(instant);
  }

  /** The path's parts, each decoded on its own: a slash within one stays within it. A slash at the end is nothing. */
  public static List<String> parts(URI uri) {
    var parts = new ArrayList<String>();
    var path = uri.getRawPath() == null ? "" : uri.getRawPath().replaceFirst("^/", ""); // null for "mailto:x"
    for (var part : path.split("/", -1)) {
      parts.add(URLDecoder.decode(part.replace("+", "%2B"), StandardCharsets.UTF_8));
    }
    if (parts.size() > 1 && parts.getLast().isEmpty()) {
      parts.removeLast();
    }
    return parts;
  }

  /** The query's values; the last of a name counts. */
  private static Map<String, String> query(URI uri) {
    var values = new HashMap<String, String>();
    if (uri.getRawQuery() != null) {
      for (var pair : uri.getRawQuery().split("&")) {
        var cut = pair.indexOf('=');
        values.put(decode(cut < 0 ? pair : pair.substring(0, cut)), cut < 0 ? "" : decode(pair.substring(cut + 1)));
      }
    }
    return values;
  }

  private static String decode(String text) {
    return URLDecoder.decode(text, StandardCharsets.UTF_8);
  }
}
