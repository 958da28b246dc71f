package lib.hub;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.IOException;
import java.io.OutputStream;
import lib.store.StoreFailed;

/** What a call answers. */
sealed interface Reply {
  record Data(int status, JsonNode body) implements Reply {}

  /** A stream of events, written once the headers are out. */
  record Events(Source source) implements Reply {}

  /** Writes events until there are no more; ends early when the client is gone. */
  interface Source {
    void writeTo(OutputStream out) throws IOException, StoreFailed, InterruptedException;
  }

  static Reply of(JsonNode body) {
    return new Data(200, body);
  }
}
