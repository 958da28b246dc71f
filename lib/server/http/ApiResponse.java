package lib.server.http;

import module java.base;
import com.fasterxml.jackson.databind.JsonNode;
import lib.store.DatabaseException;

/** What a call answers. */
public sealed interface ApiResponse {
  public record Data(int status, JsonNode body) implements ApiResponse {}

  /** A stream of events, written once the headers are out. */
  public record Events(Source source) implements ApiResponse {}

  /** Writes events until there are no more; ends early when the client is gone. */
  public interface Source {
    void writeTo(OutputStream out) throws IOException, DatabaseException, InterruptedException;
  }

  public static ApiResponse of(JsonNode body) {
    return new Data(200, body);
  }
}
