package lib.agent.output;

import module java.base;

/**
 * Reads the lines of a file that another process still writes. It gives a line once its end is there, so never half a
 * character; it gives a rest without an end once the writer is gone. Not thread-safe.
 */
final class LineReader implements Closeable {
  /**
   * A longer line comes in parts. An agent's lines can be megabytes, but memory has a bound, and a line that is parsed as
   * JSON by several tasks at once takes some ten times its size.
   */
  private static final int MAX_LINE = (int) Math.min(32 << 20, Runtime.getRuntime().maxMemory() / 32);

  /**
   * Some text of the file.
   *
   * @param start where it begins, in bytes
   * @param next where what follows begins
   * @param part whether it is the beginning or the middle of a line that is too long to be read at once
   */
  record Line(long start, long next, String text, boolean part) {}

  private final FileChannel file;
  private byte[] buffer = new byte[64 << 10];
  private int from; // of the buffer, what is not given yet
  private int scanned; // up to here it has no line end
  private int to;
  private long start;
  private long limit = Long.MAX_VALUE;

  LineReader(Path path) throws IOException {
    this.file = FileChannel.open(path, StandardOpenOption.READ);
  }

  /** Ends the file for now at this place, in bytes. It must not lie before what was read. */
  void limit(long place) {
    limit = place;
  }

  /**
   * The next line; null when there is none yet.
   *
   * @param complete whether the writer is gone, so that a line without an end is whole
   */
  Line next(boolean complete) throws IOException {
    while (true) {
      while (scanned < to && buffer[scanned] != '\n') {
        scanned++;
      }
      if (scanned < to) {
        return give(scanned, scanned + 1, false);
      }
      if (to - from == MAX_LINE) {
        var end = character(to);
        return give(end, end, true);
      }
      if (to == buffer.length) {
        makeRoom();
      }
      var read = file.read(ByteBuffer.wrap(buffer, to, (int) Math.min(buffer.length - to, limit - file.position())));
      if (read <= 0) {
        return complete && to > from ? give(to, to, false) : null;
      }
      to += read;
    }
  }

  /** Moves what is not given yet to the beginning; a line that fills the buffer gets a larger one. */
  private void makeRoom() {
    var larger = from > 0 ? buffer : new byte[Math.min(MAX_LINE, buffer.length * 2)];
    System.arraycopy(buffer, from, larger, 0, to - from);
    buffer = larger;
    to -= from;
    scanned -= from;
    from = 0;
  }

  /** This place, or where the character begins that may not be whole before it. */
  private int character(int place) {
    var end = place;
    while (end > place - 4 && (buffer[end - 1] & 0xC0) == 0x80) { // behind the first byte of a character
      end--;
    }
    return (buffer[end - 1] & 0xC0) == 0xC0 ? end - 1 : place;
  }

  private Line give(int end, int next, boolean part) {
    var last = !part && end > from && buffer[end - 1] == '\r' ? end - 1 : end;
    var line = new Line(start, start + next - from, new String(buffer, from, last - from, StandardCharsets.UTF_8), part);
    start = line.next;
    from = next;
    scanned = next;
    return line;
  }

  @Override
  public void close() throws IOException {
    file.close();
  }
}
