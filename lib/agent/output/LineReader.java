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

  /**
   * Some text of the file.
   *
   * @param start where it begins, in bytes
   * @param next where what follows begins
   * @param part whether it is the beginning or the middle of a line that is too long to be read at once
   */
  record Line(long start, long next, String text, boolean part) {}

  private final FileChannel file;
  private final byte[] block = new byte[64 << 10];
  private int from; // of the block, what is not given yet
  private int to;
  private byte[] line = new byte[1024]; // what earlier blocks held of the line
  private int length;
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
      var end = from;
      while (end < to && block[end] != '\n') {
        end++;
      }
      var found = end < to;
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

  private Line line(int terminator) {
    var end = length > 0 && line[length - 1] == '\r' ? length - 1 : length;
    var found = give(new String(line, 0, end, StandardCharsets.UTF_8), length + terminator, false);
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
    var found = give(new String(line, 0, end, StandardCharsets.UTF_8), end, true);
    System.arraycopy(line, end, line, 0, length - end);
    length -= end;
    return found;
  }

  private Line give(String text, int bytes, boolean part) {
    var given = new Line(start, start + bytes, text, part);
    start = given.next;
    return given;
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
