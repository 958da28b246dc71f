package tests.wire;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.util.Base64;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;

/** A proxy that answers every call itself with an empty list, opens no tunnels, and remembers what it was asked. */
final class TinyProxy implements AutoCloseable {
  private final ServerSocket listening = new ServerSocket(0, 50, InetAddress.getLoopbackAddress());
  private final List<String> asked = new CopyOnWriteArrayList<>();
  private volatile String login;

  TinyProxy() throws IOException {
    Thread.ofVirtual().start(() -> {
      while (true) {
        try (var connection = listening.accept()) {
          serve(connection);
        } catch (IOException e) {
          if (listening.isClosed()) {
            return;
          }
        }
      }
    });
  }

  String url() {
    return "http://127.0.0.1:" + listening.getLocalPort();
  }

  /** From now on it asks for this {@code name:password}. */
  void login(String needed) {
    login = "Basic " + Base64.getEncoder().encodeToString(needed.getBytes(StandardCharsets.UTF_8));
  }

  /** The head of every request. */
  List<String> asked() {
    return asked;
  }

  private void serve(Socket connection) throws IOException {
    var in = new BufferedReader(new InputStreamReader(connection.getInputStream(), StandardCharsets.ISO_8859_1));
    var head = new StringBuilder();
    for (var line = in.readLine(); line != null && !line.isEmpty(); line = in.readLine()) {
      head.append(line).append('\n');
    }
    asked.add(head.toString());
    var needed = login;
    var answer = needed != null && !head.toString().contains(needed)
        ? "407 Who\r\nProxy-Authenticate: Basic realm=\"test\"\r\nContent-Length: 0"
        : head.toString().startsWith("CONNECT") ? "403 No\r\nContent-Length: 0"
        : "200 OK\r\nContent-Type: application/json\r\nContent-Length: 2";
    connection.getOutputStream().write(("HTTP/1.1 " + answer + "\r\nConnection: close\r\n\r\n"
        + (answer.startsWith("200") ? "[]" : "")).getBytes(StandardCharsets.ISO_8859_1));
  }

  @Override
  public void close() throws IOException {
    listening.close();
  }
}
