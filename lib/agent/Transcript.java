package lib.agent;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.function.UnaryOperator;
import lib.outbox.Cursor;
import lib.outbox.Spool;

/**
 * An attempt's output as people see it, read from its files: what the agent says, what it writes to stderr, and a closing
 * line. Order is kept within each. Past the cap the head and the tail are given, and how much was left out between.
 */
public final class Transcript implements Spool {
  private static final int TAIL_SHARE = 4; // a quarter of the cap is kept for the end, where the outcome is

  private final AttemptFolder folder;
  private final long most;
  private Source out;
  private Source err;
  private long closingChars;
  private long sent;
  private boolean cut;
  private volatile boolean complete;
  private boolean allRead;

  /**
   * Opens an attempt's output.
   *
   * @param from how far it was delivered before
   * @param most characters given in all, about; more is cut in the middle
   */
  public Transcript(AttemptFolder folder, Cursor from, long most) throws IOException {
    this.folder = folder;
    this.most = most;
    this.out = new Source("out", Rendering::out, from.out(), from.outChars());
    this.err = new Source("err", Rendering::err, from.err(), from.errChars());
    this.closingChars = from.closingChars();
    this.sent = from.sent();
    this.cut = from.cut();
  }

  /** The end of an attempt's output: from the first lines on that begin in the last so many bytes of its files. */
  public static Transcript last(AttemptFolder folder, long bytes) throws IOException {
    var transcript = new Transcript(folder, Cursor.START, Long.MAX_VALUE);
    transcript.out.skipTo(Math.max(0, Files.size(folder.file("out")) - bytes));
    transcript.err.skipTo(Math.max(0, Files.size(folder.file("err")) - bytes));
    return transcript;
  }

  /** Says that the agent is gone and the closing line is written. Any thread may call it. */
  public void complete() {
    complete = true;
  }

  @Override
  public Piece next(int wanted) throws IOException {
    var whole = complete; // read before the files, so that nothing written before it is missed
    if (!cut && sent >= most - most / TAIL_SHARE) {
      var notice = whole ? cut() : "";
      if (!whole || !notice.isEmpty()) {
        return piece(notice);
      }
    }
    var text = out.take(wanted, whole, Long.MAX_VALUE, 0);
    text += err.take(wanted - text.length(), whole, Long.MAX_VALUE, 0);
    if (text.isEmpty() && whole) {
      text = closing(wanted);
      allRead = text.isEmpty();
    }
    return piece(text);
  }

  /** Leaves out the middle, once; what people read in its place, or nothing when all that is left fits into the tail. */
  private String cut() throws IOException {
    cut = true;
    var tail = most / TAIL_SHARE;
    var left = out.behind() + err.behind();
    if (left <= tail) {
      return "";
    }
    err.skipTo(Files.size(folder.file("err")));
    if (out.behind() > tail) {
      out.skipTo(Files.size(folder.file("out")) - tail);
    }
    return "\n[" + (left - out.behind() - err.behind()) + " bytes of output were cut here: the cap output_max is reached]\n";
  }

  @Override
  public Piece until(Cursor end) throws IOException {
    var text = end.cut() && !cut ? cut() : "";
    text += out.take(Integer.MAX_VALUE, true, end.out(), end.outChars());
    text += err.take(Integer.MAX_VALUE, true, end.err(), end.errChars());
    if (end.closingChars() > closingChars) {
      text += closing((int) (end.closingChars() - closingChars));
    }
    return piece(text);
  }

  @Override
  public boolean ended() {
    return allRead;
  }

  @Override
  public void close() {
    try {
      out.close();
      err.close();
    } catch (IOException e) {
      throw new IllegalStateException("closing " + folder.path(), e);
    }
  }

  private Piece piece(String text) {
    sent += text.length();
    return new Piece(text, new Cursor(out.start, out.taken, err.start, err.taken, closingChars, sent, cut));
  }

  private String closing(int wanted) throws IOException {
    var line = Files.exists(folder.file("closing")) ? Files.readString(folder.file("closing"), StandardCharsets.UTF_8) : "";
    var from = (int) Math.min(closingChars, line.length());
    var part = line.substring(from, Math.min(line.length(), from + wanted));
    closingChars += part.length();
    return part;
  }

  /** One file: the line it stands in, and how much of that line's text is taken. */
  private final class Source {
    private final String name;
    private final UnaryOperator<String> rendering;
    private Lines lines;
    private String text; // null while the line at `start` is not read
    private boolean verbatim;
    private long start;
    private long next;
    private long taken;

    Source(String name, UnaryOperator<String> rendering, long offset, long taken) throws IOException {
      this.name = name;
      this.rendering = rendering;
      this.lines = open(offset);
      this.start = offset;
      this.taken = taken;
    }

    /** At most so many characters, and none from the place {@code endTaken} in the line at {@code endStart} on. */
    String take(int wanted, boolean complete, long endStart, long endTaken) throws IOException {
      var piece = new StringBuilder();
      while (piece.length() < wanted && (start < endStart || start == endStart && taken < endTaken)) {
        if (text == null) {
          var line = lines.next(complete);
          if (line == null) {
            break;
          }
          verbatim = line.verbatim();
          text = verbatim ? line.text() : rendering.apply(line.text());
          next = line.next();
        }
        var end = verbatim ? endStart - start + endTaken : start == endStart ? endTaken : Long.MAX_VALUE;
        var limit = (int) Math.min(end, text.length());
        var to = (int) Math.min(limit, taken + wanted - piece.length());
        if (to > taken && to < text.length() && Character.isHighSurrogate(text.charAt(to - 1))) {
          to += to - 1 > taken ? -1 : 1;
        }
        piece.append(text.substring((int) Math.min(taken, to), to));
        taken = to;
        if (taken >= text.length()) {
          start = next;
          taken = 0;
          text = null;
        } else if (verbatim) {
          toItsLine();
        }
      }
      return piece.toString();
    }

    /** Lets the place among verbatim lines be one within the line that it lies in, which means the same after a restart. */
    private void toItsLine() {
      var line = text.lastIndexOf('\n', (int) taken - 1) + 1;
      start += line;
      taken -= line;
      text = text.substring(line);
    }

    private Lines open(long offset) throws IOException {
      return new Lines(folder.file(name), offset, name.equals("out"));
    }

    long behind() throws IOException {
      return Files.size(folder.file(name)) - start;
    }

    /** Goes on at the first line that starts at or after this place; at the place itself when none does. */
    void skipTo(long offset) throws IOException {
      lines.close();
      var file = folder.file(name);
      try (var single = new Lines(file, Math.max(0, offset - 1), false)) {
        var rest = offset == 0 ? null : single.next(true);
        start = rest == null || rest.next() >= Files.size(file) ? character(file, offset) : rest.next();
      }
      lines = open(start);
      taken = 0;
      text = null;
    }

    /** The first place from here on at which a character begins. */
    private static long character(Path file, long offset) throws IOException {
      try (var bytes = FileChannel.open(file)) {
        var ahead = ByteBuffer.allocate(4);
        bytes.read(ahead, offset);
        var skip = 0;
        while (skip < ahead.position() && (ahead.get(skip) & 0xC0) == 0x80) {
          skip++;
        }
        return offset + skip;
      }
    }

    void close() throws IOException {
      lines.close();
    }
  }
}
