package lib.agent.output;

import java.io.Closeable;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Arrays;
import lib.masking.Redaction;

/**
 * The lines of a file that somebody else is still writing. A line is given once its end is there, so never half a
 * character; the rest without an end is given when the writer is gone. Not thread-safe.
 */
final class LineReader implements Closeable {
  /**
   * A longer line is given in parts: an agent's lines can be megabytes, but memory must stay bounded, and a line that is
   * read as JSON, twice and by several tasks at once, takes some ten times its size.
   */
  private static final int MAX_LINE = (int) Math.min(32 << 20, Runtime.getRuntime().maxMemory() / 32);

  /**
   * A line.
   *
   * @param next where the following one starts
   * @param text without its end, unless it is verbatim
   * @param verbatim whether the text is the file's bytes one by one, ends included: lines of printable ASCII that are no
   *     events, as many in a row as were read at once; most of a flood is such, and so it costs little
   */
  record Line(long start, long next, String text, boolean verbatim) {}

  private final FileChannel file;
  private final boolean runs;
  private final Redaction redaction;
  private final byte[] block = new byte[64 << 10];
  private int from; // of the block, what is not given yet
  private int to;
  private byte[] line = new byte[1024]; // what earlier blocks held of the line
  private int length;
  private long start;

  /**
   * The lines of a file from a place on.
   *
   * @param runs whether lines may come as {@link Line#verbatim}
   * @param redaction no line is parted within what it masks
   */
  LineReader(Path path, long offset, boolean runs, Redaction redaction) throws IOException {
    this.runs = runs;
    this.redaction = redaction;
    file = FileChannel.open(path, StandardOpenOption.READ);
    file.position(offset);
    start = offset;
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
        var lines = new Line(start, start + run - from, new String(block, from, run - from, StandardCharsets.ISO_8859_1), true);
        from = run;
        start = lines.next;
        return lines;
      }
      var end = from;
      while (end < to && block[end] != '\n') {
        end++;
      }
      var found = end < to;
      if (found && length == 0) { // most lines lie within a block
        var text = text(block, from, end);
        var whole = new Line(start, start + end - from + 1, text, false);
        from = end + 1;
        start = whole.next;
        return whole;
      }
      end = Math.min(end, from + MAX_LINE - length);
      append(end);
      if (length == MAX_LINE) {
        return part();
      }
      if (found) {
        from++;
        return line(1);
      }
      from = 0;
      to = Math.max(0, file.read(ByteBuffer.wrap(block)));
      if (to == 0) {
        return complete && length > 0 ? line(0) : null;
      }
    }
  }

  /** Where the verbatim lines from here on end. */
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
    var found = new Line(start, start + length + terminator, text(line, 0, length), false);
    start = found.next;
    length = 0;
    return found;
  }

  /** As much of the line as is whole characters and whole secrets. */
  private Line part() {
    var end = length;
    while (end > length - 4 && (line[end - 1] & 0xC0) == 0x80) { // behind the first byte of a character
      end--;
    }
    end = (line[end - 1] & 0xC0) == 0xC0 ? end - 1 : length;
    var text = new String(line, 0, end, StandardCharsets.UTF_8);
    var whole = redaction.whole(text);
    if (whole > 0 && whole < text.length()) {
      end -= text.substring(whole).getBytes(StandardCharsets.UTF_8).length;
      text = text.substring(0, whole);
    }
    var found = new Line(start, start + end, text, false);
    start = found.next;
    System.arraycopy(line, end, line, 0, length - end);
    length -= end;
    return found;
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
