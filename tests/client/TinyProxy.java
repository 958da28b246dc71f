package tests.client;

import module java.base;

/** A proxy that answers every call itself with an empty list, opens no tunnels until it is allowed, and remembers what it was asked. */
final class TinyProxy implements AutoCloseable {
  private final RawServer server = new RawServer(this::serve);
  private final List<String> asked = new CopyOnWriteArrayList<>();
  private volatile String login;
  private volatile int encrypted;

  TinyProxy() throws IOException {}

  String url() {
    return server.url().toString();
  }

  /** From now on it asks for this {@code name:password}. */
  void login(String needed) {
    login = "Basic " + Base64.getEncoder().encodeToString(needed.getBytes(StandardCharsets.UTF_8));
  }

  /** From now on it redirects every call to https at the same host, and opens each tunnel to this local port. */
  void upgrade(int port) {
    encrypted = port;
  }

  /** The head of every request. */
  List<String> asked() {
    return asked;
  }

  private void serve(String head, Socket connection) throws IOException {
    asked.add(head);
    if (encrypted != 0 && head.startsWith("CONNECT")) {
      RawServer.write(connection, "HTTP/1.1 200 Connected\r\n\r\n");
      tunnel(connection);
    } else {
      RawServer.write(connection, "HTTP/1.1 " + answer(head));
    }
  }

  private String answer(String head) {
    var needed = login;
    var answer = needed != null && !head.contains(needed) ? "407 Who\r\nProxy-Authenticate: Basic realm=\"test\"\r\nContent-Length: 0"
        : encrypted != 0 ? "307 Encrypted\r\nContent-Length: 0\r\nLocation: "
            + head.split(" ")[1].replaceFirst("http(://[^/:]+)(:\\d+)?", "https$1")
        : head.startsWith("CONNECT") ? "403 No\r\nContent-Length: 0" : "200 OK\r\nContent-Type: application/json\r\nContent-Length: 2";
    return answer + "\r\nConnection: close\r\n\r\n" + (answer.startsWith("200") ? "[]" : "");
  }

  private void tunnel(Socket client) throws IOException {
    try (var server = new Socket(InetAddress.getLoopbackAddress(), encrypted)) {
      Thread.ofVirtual().start(() -> {
        try (client) {
          server.getInputStream().transferTo(client.getOutputStream());
        } catch (IOException e) {
          // either side went away
        }
      });
      client.getInputStream().transferTo(server.getOutputStream());
    }
  }

  @Override
  public void close() throws IOException {
    server.close();
  }
}
