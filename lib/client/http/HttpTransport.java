package lib.client.http;

import module java.base;
import javax.net.ssl.HttpsURLConnection;
import javax.net.ssl.SSLSocketFactory;
import lib.core.Version;
import lib.core.WebAddress;

/**
 * One HTTP exchange at a time per call: token, proxy, own authorities, and a deadline on the whole exchange, however
 * slowly a server dribbles. Blocking; thread-safe.
 */
public final class HttpTransport {
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
  /** The bytes of a body that go up in a second at least: 128 kbit/s is the slowest line that anybody still works on. */
  private static final int SLOWEST = 16 << 10;
  /**
   * Larger answers are refused: 64 MiB is four bodies of the largest size that our own server takes. In a small heap it is
   * less, since reading holds an answer twice.
   */
  static final int LARGEST = (int) Math.min(64 << 20, Runtime.getRuntime().maxMemory() / 4);

  private final ServerAddress server;
  private final ProxySettings proxies;
  private final SSLSocketFactory sockets;
  private final ThreadFactory threads;

  public HttpTransport(ServerAddress server) {
    this(server, new ProxySettings(server.env()), server.caFile() == null ? null : TrustedCertificates.trusting(server.caFile()),
        Thread.ofVirtual().factory());
  }

  private HttpTransport(ServerAddress server, ProxySettings proxies, SSLSocketFactory sockets, ThreadFactory threads) {
    this.server = server;
    this.proxies = proxies;
    this.sockets = sockets;
    this.threads = threads;
  }

  /** The same with its exchanges on these threads, one for each. */
  public HttpTransport on(ThreadFactory others) {
    return new HttpTransport(server, proxies, sockets, others);
  }

  public ServerAddress server() {
    return server;
  }

  /** A path segment or query value, encoded so that no id can reach another path. */
  public static String encode(String id) {
    var encoded = URLEncoder.encode(id, StandardCharsets.UTF_8).replace("+", "%20");
    return encoded.equals(".") || encoded.equals("..") ? encoded.replace(".", "%2E") : encoded;
  }

  /** Whether a header can carry this as it is: printable ASCII without space at its ends. */
  public static boolean sendable(String value) {
    return value.strip().equals(value) && value.chars().allMatch(c -> c >= ' ' && c <= '~');
  }

  /**
   * Sends and reads the whole answer; an HTTP error is an answer, not a failure.
   *
   * @param body JSON text or null
   * @param headers those whose value is not {@link #sendable} are left out
   * @param deadline for a call without a body; it grows with the body, since a large one on a slow line would never arrive
   */
  public HttpResult send(String method, String path, String body, Map<String, String> headers, Duration deadline)
      throws ApiException, InterruptedException {
    var bytes = body == null ? null : body.getBytes(StandardCharsets.UTF_8);
    var most = bytes == null ? deadline : deadline.plusSeconds(bytes.length / SLOWEST);
    var call = new HttpCall(this, method, path, bytes, headers, most);
    return within(most, call, call::answer);
  }

  /**
   * Opens an event stream; a read that brings nothing for {@code silence} fails. The calling thread owns the stream.
   *
   * @param deadline until when the stream must have begun; only then may there be silence
   */
  public EventStream open(String path, Map<String, String> headers, Duration silence, Duration deadline) throws ApiException, InterruptedException {
    var all = new HashMap<>(headers);
    all.put("Accept", "text/event-stream");
    var call = new HttpCall(this, "GET", path, null, all, silence);
    return within(deadline, call, call::stream);
  }

  /** Runs an exchange on a thread of its own, so that the wait for it ends in time; the exchange ends then, too. */
  private <T> T within(Duration deadline, HttpCall exchange, Callable<T> reading) throws ApiException, InterruptedException {
    var task = new FutureTask<>(reading);
    var thread = threads.newThread(task);
    thread.setName("http " + exchange);
    thread.start();
    try {
      return task.get(deadline.toMillis(), TimeUnit.MILLISECONDS);
    } catch (TimeoutException e) {
      abandon(exchange, thread);
      throw new ApiException(ApiException.Kind.UNREACHABLE, exchange + ": no answer within " + deadline.toSeconds() + " s", e);
    } catch (InterruptedException e) {
      abandon(exchange, thread);
      throw e;
    } catch (ExecutionException e) {
      throw failure(exchange, e.getCause());
    }
  }

  private static ApiException failure(HttpCall exchange, Throwable cause) {
    return switch (cause) {
      case ApiException failed -> failed;
      case UnknownHostException e -> new ApiException(ApiException.Kind.UNREACHABLE, exchange + ": no address is known for this host name", e);
      case IOException e -> new ApiException(ApiException.Kind.UNREACHABLE,
          exchange + ": " + (e.getMessage() == null ? e.getClass().getSimpleName() : e.getMessage()), e);
      case OutOfMemoryError e -> new ApiException(ApiException.Kind.GARBLED, exchange + ": the answer does not fit into memory", e);
      case RuntimeException e -> throw e;
      default -> throw new IllegalStateException(cause);
    };
  }

  /** An interrupt ends a virtual thread in the middle of anything, closing the connection ends a platform thread's read. */
  private void abandon(HttpCall exchange, Thread thread) {
    thread.interrupt();
    threads.newThread(exchange::abandon).start(); // it can have to wait for that read
  }

  /** A connection to this address, with all that does not depend on what is asked; nothing is sent yet. */
  HttpURLConnection connection(URI uri, int readMillis) throws IOException {
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
    connection.setRequestProperty("User-Agent", "a2a-worker/" + Version.TEXT);
    if (server.token() != null && sameServer(uri)) {
      connection.setRequestProperty("Authorization", "Bearer " + server.token());
    }
    return connection;
  }

  /** The token goes to the server it is for and to no other host, whatever a redirect says. */
  private boolean sameServer(URI uri) {
    var own = server.url();
    // a front that only leads from http to https is the same server, and what it gets is safer than what was sent to it
    var upgrade = own.getScheme().equals("http") && port(own) == 80 && uri.getScheme().equals("https") && port(uri) == 443;
    return WebAddress.host(uri).equalsIgnoreCase(WebAddress.host(own))
        && (upgrade || port(uri) == port(own) && uri.getScheme().equals(own.getScheme()));
  }

  private static int port(URI uri) {
    return WebAddress.port(uri) >= 0 ? WebAddress.port(uri) : uri.getScheme().equals("https") ? 443 : 80;
  }
}
