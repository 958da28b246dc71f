package lib.agent.output;

import module java.base;
import lib.agent.process.AttemptDirectory;

/**
 * Writes an attempt's transcript. It gathers text in memory until {@link #flush}, so that a full disk costs nothing. Near the cap
 * it keeps only the end, in memory: a later process reads that from the agent's files again. Not thread-safe.
 */
final class TranscriptWriter implements Closeable {
  private static final int TAIL_SHARE = 4; // a quarter of the cap is kept for the end, where the outcome is
  private static final int MAX_TAIL = 4 << 20; // more than a person reads of it

  private final AttemptDirectory directory;
  private FileChannel file; // opened by the first flush
  private long head;
  private final int tail;
  private final ByteArrayOutputStream pending = new ByteArrayOutputStream();
  private ByteArrayOutputStream end; // of what follows the head; null until that is full
  private long cut; // bytes between the two
  private long length;

  /**
   * Goes on behind so many bytes; what follows them in the file is cut off.
   *
   * @param max bytes of the whole, about
   */
  TranscriptWriter(AttemptDirectory directory, long length, long max) {
    this.directory = directory;
    this.tail = Math.clamp(max / TAIL_SHARE, 1, MAX_TAIL);
    this.head = max - tail;
    this.length = length;
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
    return end != null;
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
      file = FileChannel.open(directory.file(Transcript.FILE), Set.of(StandardOpenOption.CREATE, StandardOpenOption.WRITE),
          PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rw-------")));
      file.truncate(length);
    }
    var bytes = pending.toByteArray();
    var room = (int) Math.clamp(head - length, 0, bytes.length);
    var first = end != null ? 0 : room == bytes.length ? room : Transcript.part(bytes, room);
    for (var buffer = ByteBuffer.wrap(bytes, 0, first); buffer.hasRemaining(); ) {
      file.write(buffer, length + buffer.position());
    }
    length += first;
    pending.reset();
    if (first < bytes.length) {
      keep(bytes, first);
    }
  }

  private void keep(byte[] bytes, int from) {
    end = end == null ? new ByteArrayOutputStream() : end;
    end.write(bytes, from, bytes.length - from);
    if (end.size() > 2 * tail) { // in large steps, so that it stays cheap
      var all = end.toByteArray();
      cut += all.length - tail;
      end.reset();
      end.write(all, all.length - tail, tail);
    }
  }

  /** Gathers the kept end, and before it how much was cut. */
  void appendTail() {
    head = Long.MAX_VALUE;
    if (end == null) {
      return;
    }
    var kept = end.toByteArray();
    var from = Math.max(0, kept.length - tail);
    while (cut + from > 0 && (kept[from] & 0xC0) == 0x80) { // the cut must not lie within a character
      from++;
    }
    append(cut + from == 0 ? "" : "\n[" + (cut + from) + " bytes of output were cut here: the cap output_max is reached]\n");
    pending.write(kept, from, kept.length - from);
    end = null;
  }

  @Override
  public void close() throws IOException {
    if (file != null) {
      file.close();
    }
  }
}
