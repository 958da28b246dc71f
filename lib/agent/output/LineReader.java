package lib.agent.output;

import java.io.Closeable;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Arrays;

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

  /** What the text of a {@link Line} is. */
  enum Form {
    /** A line without its end. */
    LINE,
    /** The beginning or the middle of a line that is too long to be read at once. */
    PART,
    /** Whole lines with their ends: printable ASCII and no events. Most of a flood is such, and so it costs little. */
    RUN
  }

  /**
   * Some text of the file.
   *
   * @param start where it begins, in bytes
   * @param next where what follows begins
   */
  record Line(long start, long next, String text, Form form) {}

  private final FileChannel file;
  private final boolean runs;
  private final byte[] block = new byte[64 << 10];
  private int from; // of the block, what is not given yet
  private int to;
  private byte[] line = new byte[1024]; // what earlier blocks held of the line
  private int length;
  private long start;
  private long limit = Long.MAX_VALUE;

  /** @param runs whether text may come as {@link Form#RUN} */
  LineReader(Path path, boolean runs) throws IOException {
    this.runs = runs;
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
      var run = runs && length == 0 ? run() : from;
      if (run > from) {
        var lines = give(new String(block, from, run - from, StandardCharsets.ISO_8859_1), run - from, Form.RUN);
        from = run;
        return lines;
      }
      var end = from;
      while (end < to && block[end] != '\n') {
        end++;
      }
      var found = end < to;
      if (found && length == 0) { // most lines lie within a block
        var whole = give(text(block, from, end), end - from + 1, Form.LINE);
        from = end + 1;
        return whole;
      }
      append(Math.min(end, from + MAX_LINE - length));
      if (length == MAX_LINE) {
        return part();
      }
      if (found) {
        from++;
        return line(1);
      }
      from = 0;
      to = Math.max(0, file.read(ByteBuffer.wrap(block, 0, (int) Math.min(block.length, limit - file.position()))));
      if (to == 0) {
        return complete && length > 0 ? line(0) : null;
      }
    }
  }

  /** Where the lines from here on end that can be given as one run. */
  private int run() {
    var run = from;
    while (run < to && block[run] != '{') {
      var end = run;
      var odd = 0;
      while (end < to && block[end] != '\n') {
        odd |= block[end++] - ' '; // negative for control characters and for all that is not ASCII
      }
      if (end == to || odd < 0) {
        return run;
      }
      run = end + 1;
    }
    return run;
  }

  private Line line(int terminator) {
    var found = give(text(line, 0, length), length + terminator, Form.LINE);
    length = 0;
    return found;
  }

  /** As much of the line as is whole characters. */
  private Line part() {
    var end = length;
    while (end > length - 4 && (line[end - 1] & 0xC0) == 0x80) { // behind the first byte of a character
      end--;
    }
    end = (line[end - 1] & 0xC0) == 0xC0 ? end - 1 : length;
    var found = give(new String(line, 0, end, StandardCharsets.UTF_8), end, Form.PART);
    System.arraycopy(line, end, line, 0, length - end);
    length -= end;
    return found;
  }

  private Line give(String text, int bytes, Form form) {
    var given = new Line(start, start + bytes, text, form);
    start = given.next;
    return given;
  }

  private static String text(byte[] bytes, int from, int to) {
    return new String(bytes, from, (to > from && bytes[to - 1] == '\r' ? to - 1 : to) - from, StandardCharsets.UTF_8);
  }

  private void append(int end) {
    var more = end - from;
    if (length + more > line.length) {
      line = Arrays.copyOf(line, Math.min(MAX_LINE, Math.max(length + more, line.length * 2)));
    }
    System.arraycopy(block, from, line, length, more);
    length += more;
    from = end;
  }

  @Override
  public void close() throws IOException {
    file.close();
  }
}
