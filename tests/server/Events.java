package tests.server;

import module java.base;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import lib.core.Json;

/** An open stream of server-sent events as its client sees it. */
final class Events implements AutoCloseable {
  private final Wire wire;
  private final StringBuilder text = new StringBuilder();

  Events(Wire wire) {
    this.wire = wire;
  }

  /** One event. @param id null when it has none */
  record Event(String id, String name, JsonNode data) {}

  /** The next event, comments left out; null when the server has ended the stream. */
  Event next() throws IOException {
    while (true) {
      var frame = frame();
      if (frame == null) {
        return null;
      }
      String id = null;
      String name = null;
      String data = null;
      for (var line : frame.split("\n")) {
        id = line.startsWith("id: ") ? line.substring(4) : id;
        name = line.startsWith("event: ") ? line.substring(7) : name;
        data = line.startsWith("data: ") ? line.substring(6) : data;
      }
      if (name != null) {
        return new Event(id, name, read(data));
      }
    }
  }

  /** The next event of this name, whatever comes before it. */
  Event next(String name) throws IOException {
    for (var event = next(); event != null; event = next()) {
      if (event.name.equals(name)) {
        return event;
      }
    }
    throw new AssertionError("the stream ended without the event " + name);
  }

  /** The next frame, also a mere comment; null when the server has ended the stream. */
  String frame() throws IOException {
    var end = text.indexOf("\n\n");
    while (end < 0) {
      var chunk = wire.chunk();
      if (chunk == null) {
        return null;
      }
      var from = Math.max(0, text.length() - 1);
      text.append(new String(chunk, StandardCharsets.UTF_8));
      end = text.indexOf("\n\n", from);
    }
    var frame = text.substring(0, end);
    text.delete(0, end + 2);
    return frame;
  }

  private static JsonNode read(String data) {
    try {
      return Json.read(data);
    } catch (JsonProcessingException e) {
      throw new AssertionError("not JSON: " + data, e);
    }
  }

  @Override
  public void close() throws IOException {
    wire.close();
  }
}
