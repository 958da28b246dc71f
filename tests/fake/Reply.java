package tests.fake;

import module java.base;
import com.fasterxml.jackson.databind.JsonNode;
import lib.core.Json;

/** An answer of the fake server. */
record Reply(int status, String type, String body, Map<String, String> headers) {

  static Reply ok(JsonNode body) {
    return new Reply(200, "application/json", Json.write(body), Map.of());
  }

  static Reply success() {
    return ok(Json.object().put("success", true));
  }

  static Reply detail(int status, String detail) {
    return new Reply(status, "application/json", Json.write(Json.object().put("detail", detail)), Map.of());
  }

  static Reply noRoute() {
    return detail(404, "Not Found");
  }

  Reply with(String name, String value) {
    var more = new LinkedHashMap<>(headers);
    more.put(name, value);
    return new Reply(status, type, body, more);
  }

  /** Writes it whole; {@code missing} bytes more are announced than come. */
  void write(OutputStream out, int missing) throws IOException {
    var bytes = body.getBytes(StandardCharsets.UTF_8);
    var head = new StringBuilder("HTTP/1.1 " + status + " Status\r\nContent-Type: " + type + "\r\nContent-Length: "
        + (bytes.length + missing) + "\r\n");
    headers.forEach((name, value) -> head.append(name).append(": ").append(value).append("\r\n"));
    out.write(head.append("\r\n").toString().getBytes(StandardCharsets.ISO_8859_1));
    out.write(bytes);
    out.flush();
  }
}
