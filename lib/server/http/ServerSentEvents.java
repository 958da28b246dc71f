package lib.server.http;

import module java.base;
import com.fasterxml.jackson.databind.JsonNode;
import lib.core.Json;

/** Server-sent events as bytes, made once however many streams they go to. JSON is one line, so one data line is enough. */
public final class ServerSentEvents {
  /** Tells a client that the stream lives, and the server whether the client does. */
  public static final byte[] COMMENT = bytes(": alive\n\n");

  private ServerSentEvents() {}

  public static byte[] event(String name, JsonNode data) {
    return bytes("event: " + name + "\ndata: " + Json.write(data) + "\n\n");
  }

  public static byte[] event(String name, long id, JsonNode data) {
    return bytes("id: " + id + "\nevent: " + name + "\ndata: " + Json.write(data) + "\n\n");
  }

  private static byte[] bytes(String text) {
    return text.getBytes(StandardCharsets.UTF_8);
  }
}
