package lib.server.http;

import module java.base;
import com.fasterxml.jackson.databind.JsonNode;
import lib.core.Json;
import lib.store.DatabaseException;

/** What a call answers. */
public sealed interface ApiResponse {
  /** @param body JSON */
  public record Data(int status, byte[] body) implements ApiResponse {}

  /** A stream of events, written once the headers are out. */
  public record Events(Source source) implements ApiResponse {}

  /** Writes events until there are no more; ends early when the client is gone. */
  public interface Source {
    void writeTo(OutputStream out) throws IOException, DatabaseException, InterruptedException;
  }

  public static ApiResponse of(JsonNode body) {
    return of(200, body);
  }

  static ApiResponse of(int status, JsonNode body) {
    return new Data(status, Json.write(body).getBytes(StandardCharsets.UTF_8));
  }
}
