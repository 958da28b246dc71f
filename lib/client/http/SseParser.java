package lib.client.http;

import module java.base;

/**
 * Reads server-sent events: LF, CR and CRLF line ends, several data lines, comments, a byte order mark, ids, retry.
 * Not thread-safe; the reading thread owns it.
 */
public final class SseParser {
  /** An event larger than this is skipped: as large as an answer may be, but one is held some four times while it is read. */
  private static final int MAX_EVENT = (int) Math.min(64 << 20, Runtime.getRuntime().maxMemory() / 16);
  private static final int MAX_ID = 1024; // it goes back in a header at each reconnect; real ids are numbers or UUIDs

  /**
   * One event.
   *
   * @param name {@code message} when the stream names none
   * @param id the last id the stream gave; null before the first, empty when the stream took it back
   */
  public record Event(String name, String data, String id) {}

  private final InputStream in;
  private final int most;
  private boolean first = true;
  private boolean afterCarriageReturn;
  private boolean cut; // whether the line read last was longer than an event may be
  private String id;
  private long retryMillis = -1;

  public SseParser(InputStream in) {
    this(in, MAX_EVENT);
  }

  /** The same with another bound on an event's size, in bytes. */
  public SseParser(InputStream in, int most) {
    this.in = new BufferedInputStream(in, 16 << 10);
    this.most = most;
  }

  /** The next event with data, waiting for it; null at the end of the stream. An event cut by the end is dropped. */
  public Event next() throws IOException {
    while (true) {
      var name = "";
      var data = new StringBuilder();
      var any = false;
      var tooLarge = false;
      var line = line();
      for (; line != null && !line.isEmpty(); line = line()) {
        var colon = line.indexOf(':');
        var field = colon < 0 ? line : line.substring(0, colon);
        var value = colon < 0 ? "" : line.substring(line.startsWith(" ", colon + 1) ? colon + 2 : colon + 1);
        switch (field) {
          case "event" -> name = value;
          case "data" -> {
            tooLarge |= cut || data.length() + value.length() > most;
            if (!tooLarge) {
              data.append(any ? "\n" : "").append(value);
            }
            any = true;
          }
          case "id" -> id = value.indexOf('\0') < 0 && value.length() <= MAX_ID ? value : id;
          case "retry" -> retryMillis = value.matches("\\d{1,9}") ? Long.parseLong(value) : retryMillis;
          default -> { } // a comment (empty field name) or a field of a later standard
        }
      }
      if (line == null) {
        return null;
      }
      if (any && !tooLarge) {
        return new Event(name.isEmpty() ? "message" : name, data.toString(), id);
      }
    }
  }

  /** How long the server wants reconnects apart, in milliseconds; -1 when it did not say. */
  public long retryMillis() {
    return retryMillis;
  }

  private String line() throws IOException {
    var bytes = new ByteArrayOutputStream(256);
    cut = false;
    while (true) {
      var b = in.read();
      if (afterCarriageReturn) {
        afterCarriageReturn = false;
        if (b == '\n') {
          continue;
        }
      }
      if (b < 0) {
        return null;
      }
      if (b == '\n' || b == '\r') {
        afterCarriageReturn = b == '\r';
        var line = bytes.toString(StandardCharsets.UTF_8);
        if (first) {
          first = false;
          return line.startsWith("\uFEFF") ? line.substring(1) : line;
        }
        return line;
      }
      if (bytes.size() < most) {
        bytes.write(b);
      } else {
        cut = true; // the rest of a line that is too long is read and forgotten
      }
    }
  }
}
