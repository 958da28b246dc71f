package lib.wire;

import java.io.IOException;
import java.io.InputStream;
import java.net.HttpURLConnection;
import java.net.URI;
import java.net.URISyntaxException;
import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.FutureTask;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import javax.net.ssl.HttpsURLConnection;
import javax.net.ssl.SSLSocketFactory;
import lib.Version;

/**
 * One HTTP exchange at a time per call: token, proxy, own authorities, redirects that keep method and body, and a
 * deadline on the whole exchange, however slowly a server dribbles. Blocking; thread-safe.
 */
public final class Http {
  static {
    // the JDK would send a POST a second time on its own when a kept-alive connection turns out to be closed
    System.setProperty("sun.net.http.retryPost", "false");
    // as many idle connections are kept as tasks can run at once; the JDK's own 5 would reconnect all the time
    System.setProperty("http.maxConnections", "64");
    // a proxy's password is asked for by Basic, which the JDK switches off for tunnels
    System.setProperty("jdk.http.auth.tunneling.disabledSchemes", "");
  }

  /** Connecting: a SYN that gets no answer is repeated after 1, 3 and 7 s; what has not come by 10 s will not come. */
  private static final int CONNECT_MILLIS = 10_000;
  /** The answer to an ordinary call; the old worker's value, which the server's slowest calls keep. */
  public static final Duration DEADLINE = Duration.ofSeconds(30);
  /** Larger answers are refused: 64 MiB is four bodies of the largest size that our own server takes. */
  private static final int MAX_ANSWER = 64 << 20;
  private static final int MAX_REDIRECTS = 5; // as browsers and curl agree, more is a loop

  private final Server server;
  private final Proxies proxies;
  private final SSLSocketFactory sockets;

  public Http(Server server) {
    this.server = server;
    this.proxies = new Proxies(server.env());
    this.sockets = server.caFile() == null ? null : Authorities.trusting(server.caFile());
  }

  public Server server() {
    return server;
  }

  /** A path segment or query value, encoded so that no id can reach another path. */
  public static String encode(String id) {
    var encoded = URLEncoder.encode(id, StandardCharsets.UTF_8).replace("+", "%20");
    return encoded.equals(".") || encoded.equals("..") ? encoded.replace(".", "%2E") : encoded;
  }

  /** Sends and reads the whole answer; {@code body} is JSON text or null. An HTTP error is an answer, not a failure. */
  Answer send(String method, String path, String body, Map<String, String> headers, Duration deadline)
      throws CallFailed, InterruptedException {
    return within(deadline, method + " " + path, () -> {
      var connection = open(method, path, body, headers, (int) deadline.toMillis());
      try (var in = stream(connection)) {
        var bytes = in == null ? new byte[0] : in.readNBytes(MAX_ANSWER + 1);
        if (bytes.length > MAX_ANSWER) {
          connection.disconnect();
          throw new IOException("the answer is larger than " + MAX_ANSWER + " bytes");
        }
        return new Answer(connection.getResponseCode(), bytes, connection.getHeaderField("Retry-After"));
      }
    });
  }

  /** Opens an event stream; a read that brings nothing for {@code silence} fails. The calling thread owns the stream. */
  EventStream open(String path, Map<String, String> headers, Duration silence) throws CallFailed, InterruptedException {
    var all = new HashMap<>(headers);
    all.put("Accept", "text/event-stream");
    // the answer's head must come as fast as any answer; only then may there be silence
    var connection = within(DEADLINE, "GET " + path, () -> open("GET", path, null, all, (int) silence.toMillis()));
    try {
      var status = connection.getResponseCode();
      if (status == 200 && String.valueOf(connection.getContentType()).startsWith("text/event-stream")) {
        return new EventStream(connection, connection.getInputStream());
      }
      try (var in = stream(connection)) {
        throw new Answer(status, in == null ? new byte[0] : in.readNBytes(64 << 10), connection.getHeaderField("Retry-After")).failure();
      }
    } catch (IOException e) {
      throw unreachable("GET " + path, e);
    }
  }

  private static InputStream stream(HttpURLConnection connection) throws IOException {
    return connection.getResponseCode() >= 400 ? connection.getErrorStream() : connection.getInputStream();
  }

  /** Runs on a virtual thread of its own, which an interrupt can end in the middle of any read. */
  private static <T> T within(Duration deadline, String what, Callable<T> exchange) throws CallFailed, InterruptedException {
    var task = new FutureTask<>(exchange);
    var thread = Thread.ofVirtual().name("http " + what).start(task);
    try {
      return task.get(deadline.toMillis(), TimeUnit.MILLISECONDS);
    } catch (TimeoutException e) {
      throw new CallFailed(CallFailed.Kind.UNREACHABLE, what + ": no answer within " + deadline.toSeconds() + " s", e);
    } catch (ExecutionException e) {
      if (e.getCause() instanceof IOException io) {
        throw unreachable(what, io);
      }
      throw e.getCause() instanceof RuntimeException known ? known : new IllegalStateException(e.getCause());
    } finally {
      thread.interrupt();
    }
  }

  private static CallFailed unreachable(String what, IOException e) {
    var why = e.getMessage() == null ? e.getClass().getSimpleName() : e.getMessage();
    return new CallFailed(CallFailed.Kind.UNREACHABLE, what + ": " + why, e);
  }

  private HttpURLConnection open(String method, String path, String body, Map<String, String> headers, int readMillis)
      throws IOException {
    var uri = URI.create(server.url() + path);
    for (var redirects = 0; ; redirects++) {
      var connection = exchange(uri, method, body, headers, readMillis);
      var status = connection.getResponseCode();
      var location = connection.getHeaderField("Location");
      if (location == null || !List.of(301, 302, 307, 308).contains(status)) {
        return connection;
      }
      if (redirects == MAX_REDIRECTS) {
        throw new IOException("more than " + MAX_REDIRECTS + " redirects, the last to " + location);
      }
      try (var rest = stream(connection)) {
        rest.readNBytes(64 << 10); // read to the end, so that the connection can be used again
      }
      uri = follow(uri, location);
    }
  }

  private static URI follow(URI from, String location) throws IOException {
    try {
      var to = from.resolve(new URI(location));
      if (to.getHost() == null || to.getPort() > 65_535 || !List.of("http", "https").contains(to.getScheme())) {
        throw new IOException("a redirect to an address that is no web address: " + location);
      }
      // a server behind a TLS proxy sees itself as http; the token must not leave unencrypted because of that
      return from.getScheme().equals("https") && to.getScheme().equals("http") && from.getHost().equals(to.getHost())
          ? new URI("https://" + from.getRawAuthority() + to.getRawPath() + (to.getRawQuery() == null ? "" : "?" + to.getRawQuery()))
          : to;
    } catch (URISyntaxException | IllegalArgumentException e) {
      throw new IOException("a redirect to an address that is none: " + location, e);
    }
  }

  private HttpURLConnection exchange(URI uri, String method, String body, Map<String, String> headers, int readMillis)
      throws IOException {
    var connection = (HttpURLConnection) uri.toURL().openConnection(proxies.of(uri));
    var login = proxies.login(uri);
    if (login != null) {
      connection.setAuthenticator(login);
    }
    if (sockets != null && connection instanceof HttpsURLConnection https) {
      https.setSSLSocketFactory(sockets);
    }
    connection.setConnectTimeout(CONNECT_MILLIS);
    connection.setReadTimeout(readMillis);
    connection.setInstanceFollowRedirects(false);
    connection.setUseCaches(false);
    connection.setRequestMethod(method);
    connection.setRequestProperty("User-Agent", "a2a-worker/" + Version.TEXT);
    connection.setRequestProperty("Accept", "application/json");
    headers.forEach(connection::setRequestProperty);
    if (server.token() != null && sameServer(uri)) {
      connection.setRequestProperty("Authorization", "Bearer " + server.token());
    }
    if (body != null) {
      connection.setDoOutput(true);
      connection.setRequestProperty("Content-Type", "application/json");
      try (var out = connection.getOutputStream()) {
        out.write(body.getBytes(StandardCharsets.UTF_8));
      }
    } else if (!method.equals("GET")) {
      connection.setDoOutput(true);
      connection.getOutputStream().close(); // a POST without a body still needs a length of 0
    }
    return connection;
  }

  /** The token goes to the server it is for and to no other host, whatever a redirect says. */
  private boolean sameServer(URI uri) {
    return uri.getHost().equalsIgnoreCase(server.url().getHost()) && port(uri) == port(server.url())
        && uri.getScheme().equals(server.url().getScheme());
  }

  private static int port(URI uri) {
    return uri.getPort() >= 0 ? uri.getPort() : uri.getScheme().equals("https") ? 443 : 80;
  }
}
