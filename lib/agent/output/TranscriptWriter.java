package lib.agent.output;

import java.io.ByteArrayOutputStream;
import java.io.Closeable;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.Set;
import lib.agent.process.AttemptDirectory;

/**
 * Writes an attempt's transcript. It gathers text in memory until {@link #flush}, so that a full disk costs nothing. Past three
 * quarters of the cap it keeps only the end, in a file used as a ring. Not thread-safe.
 */
final class TranscriptWriter implements Closeable {
  private static final int TAIL_SHARE = 4; // a quarter of the cap is kept for the end, where the outcome is
  private static final int BLOCK = 64 << 10;
  private static final String RING = "tail";

  private final AttemptDirectory directory;
  private FileChannel file; // opened by the first flush
  private long head;
  private final long tail;
  private final ByteArrayOutputStream pending = new ByteArrayOutputStream();
  private FileChannel ring; // null until the head is full
  private long overflow; // bytes that the ring has been given
  private long length;

  /**
   * Goes on behind so many bytes; what follows them in the file is cut off.
   *
   * @param max bytes of the whole, about
   */
  TranscriptWriter(AttemptDirectory directory, long length, long max) {
    this.directory = directory;
    this.tail = Math.max(1, max / TAIL_SHARE);
    this.head = max - tail;
    this.length = length;
  }

  private FileChannel open(String name) throws IOException {
    return FileChannel.open(directory.file(name), Set.of(StandardOpenOption.CREATE, StandardOpenOption.READ, StandardOpenOption.WRITE),
        PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rw-------")));
  }

  /** Gathers text. U+0000 is no text for the databases behind servers: it is replaced. */
  void append(String text) {
    pending.writeBytes(text.replace('\0', '\uFFFD').getBytes(StandardCharsets.UTF_8));
  }

  /** Bytes that wait for {@link #flush}. */
  int pending() {
    return pending.size();
  }

  /** Whether the head is full, so that nothing becomes certain before the end. */
  boolean isCapped() {
    return ring != null;
  }

  /** Bytes of the transcript. */
  long length() {
    return length;
  }

  /** Writes all that waits. When it fails it can be tried again. */
  void flush() throws IOException {
    if (pending.size() == 0) {
      return;
    }
    if (file == null) {
      file = open(Transcript.FILE);
      file.truncate(length);
    }
    var bytes = pending.toByteArray();
    var first = ring == null ? fit(bytes) : 0;
    write(file, length, bytes, 0, first);
    if (first < bytes.length) {
      ring = ring == null ? open(RING) : ring;
      for (var at = (int) Math.max(first, bytes.length - tail); at < bytes.length; ) {
        var place = (overflow + at - first) % tail;
        var part = (int) Math.min(bytes.length - at, tail - place);
        write(ring, place, bytes, at, part);
        at += part;
      }
    }
    length += first;
    overflow += bytes.length - first;
    pending.reset();
  }

  /** How many of these bytes the head takes: up to a line end where there is one, else up to a character. */
  private int fit(byte[] bytes) {
    var room = (int) Math.max(0, Math.min(bytes.length, head - length));
    if (room == bytes.length) {
      return room;
    }
    var end = room;
    while (end > 0 && bytes[end - 1] != '\n') {
      end--;
    }
    return end > 0 ? end : characterAt(bytes, room);
  }

  private static int characterAt(byte[] bytes, int place) {
    var at = place;
    while (at > 0 && (bytes[at] & 0xC0) == 0x80) {
      at--;
    }
    return at;
  }

  private static void write(FileChannel to, long place, byte[] bytes, int from, int count) throws IOException {
    for (var buffer = ByteBuffer.wrap(bytes, from, count); buffer.hasRemaining(); ) {
      to.write(buffer, place + buffer.position() - from);
    }
  }

  /** Appends the kept end behind the head, and says how much was cut between. When it fails it can be tried again. */
  void appendTail() throws IOException {
    head = Long.MAX_VALUE;
    if (ring == null) {
      return;
    }
    var begin = Math.max(0, overflow - tail);
    var block = new byte[BLOCK];
    if (begin > 0) {
      readRing(block, begin, 4);
      for (var i = 0; (block[i] & 0xC0) == 0x80; i++) { // the cut must not lie within a character
        begin++;
      }
    }
    var notice = begin == 0 ? "" : "\n[" + begin + " bytes of output were cut here: the cap output_max is reached]\n";
    var bytes = notice.getBytes(StandardCharsets.UTF_8);
    write(file, length, bytes, 0, bytes.length);
    var end = length + bytes.length;
    for (int count; begin < overflow; begin += count) {
      count = readRing(block, begin, (int) Math.min(block.length, overflow - begin));
      write(file, end, block, 0, count);
      end += count;
    }
    length = end;
    ring.close();
    ring = null;
    Files.deleteIfExists(directory.file(RING));
  }

  /** Reads from the ring what stood at a place of the overflow, at most so many bytes; says how many it read. */
  private int readRing(byte[] block, long place, int count) throws IOException {
    return Math.max(0, ring.read(ByteBuffer.wrap(block, 0, (int) Math.min(count, tail - place % tail)), place % tail));
  }

  @Override
  public void close() throws IOException {
    if (file != null) {
      file.close();
    }
    if (ring != null) {
      ring.close();
    }
  }
}
