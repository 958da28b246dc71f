package lib.client.http;

import module java.base;

/**
 * An open stream of server-sent events. The thread that opened it reads and closes it; interrupting that thread, when
 * it is a virtual one, ends a read at once.
 */
public final class EventStream implements AutoCloseable {
  private final HttpURLConnection connection;
  private final SseParser events;

  EventStream(HttpURLConnection connection, InputStream in) {
    this.connection = connection;
    this.events = new SseParser(in);
  }

  /** The next event; null when the server ended the stream. Fails when it breaks or stays silent for too long. */
  public SseParser.Event next() throws ApiException {
    try {
      return events.next();
    } catch (IOException e) {
      throw new ApiException(ApiException.Kind.UNREACHABLE, "the event stream broke: " + e.getMessage(), e);
    }
  }

  public long retryMillis() {
    return events.retryMillis();
  }

  /** Closes the connection itself, so that the server sees the end before another stream opens. */
  @Override
  public void close() {
    connection.disconnect();
  }
}
