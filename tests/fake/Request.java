package tests.fake;

import module java.base;
import com.fasterxml.jackson.databind.node.ObjectNode;
import lib.core.Json;

/**
 * A request as the fake server got it.
 *
 * @param path without the query
 * @param query decoded
 * @param headers by name, whose case does not matter
 */
public record Request(String method, String path, Map<String, String> query, Map<String, String> headers, String body) {

  /** The body as a JSON object; an empty one when it is none. */
  public ObjectNode json() {
    return Json.readObject(body).orElseGet(Json::object);
  }

  /** The path as the V16 family spells it, so that one pattern fits every family. */
  public String canonical() {
    return path.replaceFirst("^/v1/opencode(?=/|$)", "/v1/agent").replaceFirst("^/v1/agent/workspaces(?=/|$)", "/v1/agent/codebases");
  }

  /** The worker that speaks, where the worker routes look for it. */
  String worker() {
    return query.getOrDefault("worker_id", headers.get("X-Worker-ID"));
  }

  /** Reads one; null when the other side has closed the connection. */
  static Request read(InputStream in) throws IOException {
    var first = line(in);
    if (first == null) {
      return null;
    }
    var headers = new TreeMap<String, String>(String.CASE_INSENSITIVE_ORDER);
    for (var line = line(in); line != null && !line.isEmpty(); line = line(in)) {
      var colon = line.indexOf(':');
      headers.put(line.substring(0, colon), line.substring(colon + 1).strip());
    }
    var length = Integer.parseInt(headers.getOrDefault("Content-Length", "0"));
    var body = in.readNBytes(length);
    if (body.length < length) {
      throw new EOFException("a body cut short");
    }
    var words = first.split(" ");
    var target = words[1].split("\\?", 2);
    var query = new LinkedHashMap<String, String>();
    for (var part : (target.length > 1 ? target[1] : "").split("&")) {
      var pair = part.split("=", 2);
      if (pair.length == 2) {
        query.put(decode(pair[0]), decode(pair[1]));
      }
    }
    return new Request(words[0], target[0], query, headers, new String(body, StandardCharsets.UTF_8));
  }

  static String decode(String text) {
    return URLDecoder.decode(text, StandardCharsets.UTF_8);
  }

  private static String line(InputStream in) throws IOException {
    var line = new StringBuilder();
    for (var b = in.read(); b != '\n'; b = in.read()) {
      if (b < 0) {
        return null;
      }
      if (b != '\r') {
        line.append((char) b);
      }
    }
    return line.toString();
  }
}
