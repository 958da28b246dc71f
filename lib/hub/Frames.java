package lib.hub;

import com.fasterxml.jackson.databind.JsonNode;
import lib.config.Json;

/** Server-sent events as text. JSON is one line, so one data line is enough. */
final class Frames {
  /** Tells a client that the stream lives, and the server whether the client does. */
  static final String COMMENT = ": alive\n\n";

  private Frames() {}

  static String event(String name, JsonNode data) {
    return "event: " + name + "\ndata: " + Json.write(data) + "\n\n";
  }

  static String event(String name, long id, JsonNode data) {
    return "id: " + id + "\n" + event(name, data);
  }
}
