package tests.server;

import module java.base;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import lib.core.Json;

/** One connection to a server, byte for byte, so that a test can also say what no decent client would. */
final class Wire implements AutoCloseable {
  private static final int PATIENCE_MILLIS = 30_000; // generous: tests run four at once on two cores

  private final Socket socket;
  private final InputStream in;

  private Wire(Socket socket) throws IOException {
    this.socket = socket;
    this.in = new BufferedInputStream(socket.getInputStream());
  }

  static Wire to(URI url) throws IOException {
    var socket = new Socket(url.getHost(), url.getPort());
    socket.setSoTimeout(PATIENCE_MILLIS);
    return new Wire(socket);
  }

  Wire send(String text) throws IOException {
    return send(text.getBytes(StandardCharsets.UTF_8));
  }

  Wire send(byte[] bytes) throws IOException {
    socket.getOutputStream().write(bytes);
    socket.getOutputStream().flush();
    return this;
  }

  /** An answer. @param headers by name in small letters */
  record Got(int status, Map<String, String> headers, String text) {
    JsonNode json() {
      try {
        return Json.read(text);
      } catch (JsonProcessingException e) {
        throw new AssertionError(status + " with a body that is not JSON: " + text, e);
      }
    }

    String detail() {
      return json().path("detail").asText();
    }

    String code() {
      return json().path("code").asText();
    }
  }

  /** The answer's head and, where there is one of known length, its body. */
  Got receive(boolean head) throws IOException {
    var first = line();
    if (first == null) {
      throw new EOFException("the server closed the connection without an answer");
    }
    var headers = new HashMap<String, String>();
    for (var line = line(); line != null && !line.isEmpty(); line = line()) {
      var colon = line.indexOf(':');
      headers.put(line.substring(0, colon).toLowerCase(Locale.ROOT), line.substring(colon + 1).strip());
    }
    var length = head ? 0 : Integer.parseInt(headers.getOrDefault("content-length", "0"));
    return new Got(Integer.parseInt(first.split(" ")[1]), headers, new String(in.readNBytes(length), StandardCharsets.UTF_8));
  }

  /** The next chunk of an answer of unknown length; null at its end. */
  byte[] chunk() throws IOException {
    var size = line();
    if (size == null || Integer.parseInt(size, 16) == 0) {
      return null;
    }
    var bytes = in.readNBytes(Integer.parseInt(size, 16));
    line();
    return bytes;
  }

  /** Says that nothing more will be sent. */
  void finish() throws IOException {
    socket.shutdownOutput();
  }

  /** Everything up to the end of the connection, also when the server breaks it off. */
  String rest() throws IOException {
    var bytes = new ByteArrayOutputStream();
    try {
      in.transferTo(bytes);
    } catch (SocketException e) {
      bytes.write('\n'); // reset: there was something that the server did not care to read
    }
    return bytes.toString(StandardCharsets.ISO_8859_1);
  }

  private String line() throws IOException {
    var text = new StringBuilder();
    for (var c = in.read(); c != '\n'; c = in.read()) {
      if (c < 0) {
        return text.isEmpty() ? null : text.toString();
      }
      text.append((char) c);
    }
    return text.toString().stripTrailing();
  }

  @Override
  public void close() throws IOException {
    socket.close();
  }
}
