package lib.client.http;

import module java.base;
import lib.core.WebAddress;

/**
 * One request and its answer, over redirects that keep method and body. One thread runs it; any other can
 * {@link #abandon} it.
 */
final class HttpCall {
  private static final int MAX_REDIRECTS = 5; // as browsers and curl agree, more is a loop
  private static final int REST = 64 << 10; // enough of what nobody wants to see whole

  private final HttpTransport http;
  private final String method;
  private final String path;
  private final byte[] body;
  private final Map<String, String> headers;
  private final int readMillis;
  private volatile HttpURLConnection connection;
  private volatile boolean abandoned;

  /**
   * An exchange that has not begun.
   *
   * @param body null for none
   * @param silence how long a read may bring nothing
   */
  HttpCall(HttpTransport http, String method, String path, byte[] body, Map<String, String> headers, Duration silence) {
    this.http = http;
    this.method = method;
    this.path = path;
    this.body = body;
    this.headers = headers;
    this.readMillis = (int) silence.toMillis();
  }

  /** The whole answer. */
  HttpResult answer() throws IOException, ApiException {
    open();
    try (var in = content()) {
      var bytes = in.readNBytes(HttpTransport.LARGEST + 1);
      if (bytes.length > HttpTransport.LARGEST) {
        connection.disconnect();
        throw new ApiException(ApiException.Kind.GARBLED, this + ": the answer is larger than " + HttpTransport.LARGEST + " bytes", null);
      }
      return answer(bytes);
    }
  }

  /** The answer as an open event stream; anything else is a failure. */
  EventStream stream() throws IOException, ApiException {
    open();
    var type = connection.getContentType();
    if (connection.getResponseCode() != 200 || type == null || !type.toLowerCase(Locale.ROOT).startsWith("text/event-stream")) {
      try (var in = content()) {
        throw answer(in.readNBytes(REST)).failure();
      }
    }
    var stream = new EventStream(connection, connection.getInputStream());
    if (abandoned) {
      stream.close(); // nobody will
    }
    return stream;
  }

  /** Ends it where it stands: nobody waits for it any more. Waits for a read that is under way. */
  void abandon() {
    abandoned = true;
    var current = connection;
    if (current != null) {
      current.disconnect();
    }
  }

  private HttpResult answer(byte[] bytes) throws IOException {
    var date = connection.getDate(); // 0 for none
    return new HttpResult(connection.getResponseCode(), bytes, connection.getHeaderField("Retry-After"),
        date == 0 ? Instant.now() : Instant.ofEpochMilli(date));
  }

  /** The answer's body, whose reading ends when the exchange is abandoned. */
  private InputStream content() throws IOException {
    var in = connection.getResponseCode() >= 400 ? connection.getErrorStream() : connection.getInputStream();
    return new FilterInputStream(in == null ? InputStream.nullInputStream() : in) {
      @Override
      public int read(byte[] bytes, int offset, int length) throws IOException {
        if (abandoned) {
          throw new InterruptedIOException("given up");
        }
        return super.read(bytes, offset, length);
      }
    };
  }

  /** Sends the request, and again to where the answer leads, until there is an answer that leads nowhere. */
  private void open() throws IOException, ApiException {
    var uri = URI.create(http.server().url() + path);
    for (var redirects = 0; ; redirects++) {
      var status = send(uri);
      var location = connection.getHeaderField("Location");
      if (location == null || !List.of(301, 302, 307, 308).contains(status)) {
        return;
      }
      if (redirects == MAX_REDIRECTS) {
        throw new IOException("more than " + MAX_REDIRECTS + " redirects, the last to " + location);
      }
      try (var rest = content()) {
        rest.readNBytes(REST); // read to the end, so that the connection can be used again
      }
      uri = follow(uri, location);
    }
  }

  private static URI follow(URI from, String location) throws IOException {
    try {
      var to = from.resolve(new URI(location));
      if (WebAddress.host(to) == null || WebAddress.port(to) > 65_535 || !List.of("http", "https").contains(to.getScheme())) {
        throw new IOException("a redirect to an address that is no web address: " + location);
      }
      // a server behind a TLS proxy sees itself as http; the token must not leave unencrypted because of that
      return from.getScheme().equals("https") && to.getScheme().equals("http") && WebAddress.host(from).equals(WebAddress.host(to))
          ? new URI("https://" + from.getRawAuthority() + to.getRawPath() + (to.getRawQuery() == null ? "" : "?" + to.getRawQuery()))
          : to;
    } catch (URISyntaxException | IllegalArgumentException e) {
      throw new IOException("a redirect to an address that is none: " + location, e);
    }
  }

  /** Sends the request to this address and waits for the answer's head; returns its status. */
  private int send(URI uri) throws IOException, ApiException {
    connect(uri);
    if (body != null) {
      connection.getOutputStream().write(body);
    } else if (!method.equals("GET")) {
      connection.getOutputStream().close(); // a POST without a body still needs a length of 0
    }
    return connection.getResponseCode();
  }

  private void connect(URI uri) throws IOException {
    if (abandoned) {
      throw new InterruptedIOException("given up");
    }
    connection = http.connection(uri, readMillis);
    connection.setRequestMethod(method);
    connection.setDoOutput(!method.equals("GET"));
    connection.setRequestProperty("Accept", "application/json");
    if (body != null) {
      connection.setRequestProperty("Content-Type", "application/json");
    }
    headers.forEach((name, value) -> {
      if (HttpTransport.sendable(value)) {
        connection.setRequestProperty(name, value);
      }
    });
  }

  @Override
  public String toString() {
    return method + " " + path;
  }
}
