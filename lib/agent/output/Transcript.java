package lib.agent.output;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.function.BiFunction;
import java.util.function.UnaryOperator;
import lib.agent.adapter.Adapter;
import lib.agent.process.AttemptDirectory;
import lib.masking.Masks;
import lib.masking.Redaction;
import lib.store.Durable;

/**
 * An attempt's output as people see it, read from its files: what the agent says, what it writes to stderr, and a closing
 * line. Order is kept within each. Past the cap the head and the tail are given, and how much was left out between. Secrets
 * are masked line by line, before a line is given in pieces, so that no piece shows a part of one.
 */
public final class Transcript implements OutputSource {
  private static final int PORTION = 1 << 20; // characters read together where nobody waits for the first
  private static final int TAIL_SHARE = 4; // a quarter of the cap is kept for the end, where the outcome is

  private final AttemptDirectory folder;
  private final long most;
  private final Redaction redaction;
  private final Adapter adapter;
  private final boolean resumed;
  private final Masks masks;
  private String masked; // the line that says so, once it is known
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
  public Transcript(AttemptDirectory folder, OutputPosition from, long most, Redaction redaction) throws IOException {
    this(folder, from, most, redaction, new Masks(redaction.total()));
  }

  private Transcript(AttemptDirectory folder, OutputPosition from, long most, Redaction redaction, Masks masks) throws IOException {
    this.folder = folder;
    this.most = most;
    this.redaction = redaction;
    this.masks = masks;
    this.adapter = folder.adapter();
    this.resumed = !from.equals(OutputPosition.START);
    this.out = new Source("out", (line, mask) -> EventRenderer.out(adapter, line, mask), from.out(), from.outChars());
    this.err = new Source("err", (line, mask) -> EventRenderer.err(adapter, line, mask), from.err(), from.errChars());
    this.closingChars = from.closingChars();
    this.sent = from.sent();
    this.cut = from.cut();
  }

  /** The end of an attempt's output: from the first lines on that begin in the last so many bytes of its files. */
  public static Transcript last(AttemptDirectory folder, long bytes, Redaction redaction) throws IOException {
    var transcript = new Transcript(folder, OutputPosition.START, Long.MAX_VALUE, redaction);
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
  public Piece until(OutputPosition end) throws IOException {
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
    return new Piece(text, new OutputPosition(out.start, out.taken, err.start, err.taken, closingChars, sent, cut));
  }

  private String closing(int wanted) throws IOException {
    if (masked == null) {
      if (closingChars == 0 && !Files.exists(folder.file("masked"))) {
        tellMasks();
      }
      masked = text("masked");
    }
    var line = redaction.mask(text("closing"), 0, null).text() + masked;
    var from = (int) Math.min(closingChars, line.length());
    var part = line.substring(from, Math.min(line.length(), from + wanted));
    closingChars += part.length();
    return part;
  }

  private String text(String name) throws IOException {
    return Files.exists(folder.file(name)) ? Files.readString(folder.file(name), StandardCharsets.UTF_8) : "";
  }

  /**
   * Writes the line that says what was masked, if anything was, before the end of the output leaves. A process that began in
   * the middle reads all again to know.
   */
  private void tellMasks() throws IOException {
    if (resumed) {
      try (var again = new Transcript(folder, OutputPosition.START, most, redaction, new Masks())) {
        again.complete();
        while (!again.ended()) {
          again.next(PORTION);
        }
      }
    } else if (!masks.text().isEmpty()) {
      Durable.write(folder.file("masked"), ("— masked: " + masks.text() + "\n").getBytes(StandardCharsets.UTF_8));
    }
  }

  @Override
  public String masked() {
    return masked == null ? "" : masked.replace("— ", "").strip();
  }

  /** One file: the line it stands in, and how much of that line's text is taken. */
  private final class Source {
    private final String name;
    private final BiFunction<String, UnaryOperator<String>, String> rendering;
    private LineReader lines;
    private String text; // null while the line at `start` is not read
    private boolean verbatim;
    private long start;
    private long next;
    private long taken;
    private int key; // how many characters of a private key may follow the line at `start`, or the one before it

    Source(String name, BiFunction<String, UnaryOperator<String>, String> rendering, long offset, long taken) throws IOException {
      this.name = name;
      this.rendering = rendering;
      this.lines = open(offset);
      this.key = keyAt(offset);
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
          var masked = masked(line, key, masks);
          text = masked.text();
          key = masked.key();
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

    private LineReader open(long offset) throws IOException {
      return new LineReader(folder.file(name), offset, name.equals("out") && adapter.otherLinesAreText(), redaction);
    }

    private Redaction.Masked masked(LineReader.Line line, int key, Masks counts) {
      var shown = line.verbatim() ? line.text() : rendering.apply(line.text(), text -> redaction.mask(text, 0, counts).text());
      var masked = redaction.mask(shown, key, counts);
      // a key goes on for so many characters or bytes, whichever are more: so what lies further back need never be read again
      var more = Math.max(0, line.next() - line.start() - shown.length());
      return new Redaction.Masked(masked.text(), (int) Math.max(0, masked.key() - more));
    }

    /** What is left here of a private key that began before; found by reading as far back as one can begin. */
    private int keyAt(long offset) throws IOException {
      if (offset == 0) { // people wait for an agent that is about to start
        return 0;
      }
      var left = 0;
      try (var before = open(lineAt(Math.max(0, offset - redaction.reach())))) {
        for (var line = before.next(true); line != null && line.start() < offset; line = before.next(true)) {
          if (line.next() > offset && !line.verbatim()) {
            break;
          }
          var within = (int) Math.min(offset, line.next());
          left = masked(line.next() > offset ? new LineReader.Line(line.start(), offset, line.text().substring(0,
              (int) (offset - line.start())), true) : line, left, null).key();
        }
      }
      return left;
    }

    long behind() throws IOException {
      return Files.size(folder.file(name)) - start;
    }

    /** Where the line begins in which this place lies. */
    private long lineAt(long offset) throws IOException {
      try (var bytes = FileChannel.open(folder.file(name))) {
        for (var end = offset; end > 0; ) {
          var begin = Math.max(0, end - PORTION);
          var block = ByteBuffer.allocate((int) (end - begin));
          bytes.read(block, begin);
          for (var i = block.position() - 1; i >= 0; i--) {
            if (block.get(i) == '\n') {
              return begin + i + 1;
            }
          }
          end = begin;
        }
        return 0;
      }
    }

    /** Goes on at the first line that starts at or after this place; at the place itself when none does. */
    void skipTo(long offset) throws IOException {
      lines.close();
      var file = folder.file(name);
      try (var single = new LineReader(file, Math.max(0, offset - 1), false, redaction)) {
        var rest = offset == 0 ? null : single.next(true);
        start = rest == null || rest.next() >= Files.size(file) ? beyondSecret(file, offset) : rest.next();
      }
      lines = open(start);
      key = keyAt(start);
      taken = 0;
      text = null;
    }

    /** The first place from here on at which a character begins and no secret goes on. */
    private long beyondSecret(Path file, long offset) throws IOException {
      var from = character(file, Math.max(0, offset - redaction.reach()));
      var place = character(file, offset);
      try (var bytes = FileChannel.open(file)) {
        var around = ByteBuffer.allocate(2 * redaction.reach());
        bytes.read(around, from);
        var before = (int) Math.min(place - from, around.position());
        var head = new String(around.array(), 0, before, StandardCharsets.UTF_8);
        var all = head + new String(around.array(), before, around.position() - before, StandardCharsets.UTF_8);
        return place + all.substring(head.length(), redaction.beyond(all, head.length())).getBytes(StandardCharsets.UTF_8).length;
      }
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
