package lib.hub;

import com.fasterxml.jackson.databind.JsonNode;
import java.nio.charset.StandardCharsets;
import lib.core.Json;

/** Server-sent events as bytes, made once however many streams they go to. JSON is one line, so one data line is enough. */
final class Frames {
  /** Tells a client that the stream lives, and the server whether the client does. */
  static final byte[] COMMENT = bytes(": alive\n\n");

  private Frames() {}

  static byte[] event(String name, JsonNode data) {
    return bytes("event: " + name + "\ndata: " + Json.write(data) + "\n\n");
  }

  static byte[] event(String name, long id, JsonNode data) {
    return bytes("id: " + id + "\nevent: " + name + "\ndata: " + Json.write(data) + "\n\n");
  }

  private static byte[] bytes(String text) {
    return text.getBytes(StandardCharsets.UTF_8);
  }
}
