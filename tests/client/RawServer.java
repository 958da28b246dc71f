package tests.client;

import module java.base;

/**
 * A server that behaves as no library would let it: it reads the head of a connection's first request, does what the
 * test says, and closes. It runs on platform threads, so that it answers also while all virtual threads wait.
 */
final class RawServer implements AutoCloseable {

  /** What happens after the head. */
  interface Behaviour {
    void serve(String head, Socket connection) throws IOException, InterruptedException;
  }

  private final ServerSocket listening = new ServerSocket(0, 50, InetAddress.getLoopbackAddress());

  RawServer(Behaviour behaviour) throws IOException {
    Thread.ofPlatform().daemon().start(() -> {
      while (true) {
        try {
          var connection = listening.accept();
          Thread.ofPlatform().daemon().start(() -> serve(behaviour, connection));
        } catch (IOException e) {
          return; // closed
        }
      }
    });
  }

  URI url() {
    return URI.create("http://127.0.0.1:" + listening.getLocalPort());
  }

  /** Writes an answer with a body of JSON, if any, after which the connection closes. */
  static void answer(Socket connection, int status, String body) throws IOException {
    write(connection, "HTTP/1.1 " + status + " Status\r\nContent-Type: application/json\r\nConnection: close\r\nContent-Length: "
        + body.length() + "\r\n\r\n" + body);
  }

  static void write(Socket connection, String text) throws IOException {
    connection.getOutputStream().write(text.getBytes(StandardCharsets.ISO_8859_1));
  }

  private static void serve(Behaviour behaviour, Socket connection) {
    try (connection) {
      var in = new BufferedReader(new InputStreamReader(connection.getInputStream(), StandardCharsets.ISO_8859_1), 1);
      var head = new StringBuilder();
      for (var line = in.readLine(); line != null && !line.isEmpty(); line = in.readLine()) {
        head.append(line).append('\n');
      }
      behaviour.serve(head.toString(), connection);
    } catch (IOException | InterruptedException e) {
      // the client went away, which some tests want
    }
  }

  @Override
  public void close() throws IOException {
    listening.close();
  }
}
