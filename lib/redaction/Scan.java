package lib.redaction;

import module java.base;
import lib.redaction.Needles.Bucket;

/**
 * Finds the secrets in one text: as it stands, with its escapes undone, and in its dumps. What is found at a place depends on
 * nothing but the {@link #CONTEXT} before it and the text after it, so a stream finds the same in any pieces. Not thread-safe.
 */
final class Scan extends Reading {
  /** So many characters before a place may decide what begins there. */
  static final int CONTEXT = 96;
  /** What the worker puts before a line of an agent's stderr. */
  static final String STDERR = "[stderr] ";

  private static final int[] STEPS = Needles.steps("\n@\\%&\u001b");
  private static final int[] STEPS_PAST_ESCAPE = Needles.steps("\n@"); // one escape says all that is to be known

  /**
   * A secret in the text.
   *
   * @param end the first character behind it
   */
  record Span(int begin, int end, String name) {}

  private final String text;
  private final int from;
  private final TokenShapes shapes;
  final List<Span> spans = new ArrayList<>(0); // what was found, in no order
  private boolean escaped; // whether there may be escapes
  private EscapeReader undone; // null for a text without escapes
  private int dumpEnd;
  int cut; // where the text can be cut: all that begins before is decided

  /**
   * Scans a text.
   *
   * @param from where the new text begins; what stands before it is context
   * @param last whether nothing follows the text
   */
  Scan(Needles needles, String text, int from, boolean last) {
    super(needles, null);
    this.text = text;
    this.from = from;
    units = bytes(text);
    closed = last;
    cut = units.length;
    shapes = new TokenShapes(text, this);
    dumpEnd = from == 0 ? dump(this, 0) : 0;
    search(STEPS);
    needles.verbatim.forEach(this::verbatim);
    if (!last) {
      shapes.password(units.length);
      var tail = text.substring(Math.max(0, units.length - 2));
      escaped |= tail.indexOf('0') >= 0; // perhaps the 0x of a byte
      open(tail.isEmpty() || !Character.isHighSurrogate(text.charAt(units.length - 1)) ? units.length : units.length - 1);
    }
    if (escaped) {
      undone = new EscapeReader(this, units, last);
      undone.search(EscapeReader.STEPS);
      cut = Math.max(from, undone.border(cut)); // a line end that has left may turn out to have a mark
    }
  }

  /** The text's characters as bytes: those that have no byte, which no value needs, as a question mark. */
  private static byte[] bytes(String text) {
    var bytes = text.getBytes(StandardCharsets.ISO_8859_1); // copies where all characters have one
    if (bytes.length != text.length()) { // it takes two surrogates together
      bytes = text.replaceAll("[\\x{10000}-\\x{10ffff}]", "??").getBytes(StandardCharsets.ISO_8859_1);
    }
    return bytes;
  }

  /** Where the context of the text behind the cut begins: never within an escape. */
  int context() {
    var begin = Math.max(0, cut - CONTEXT);
    return undone == null ? begin : undone.border(begin);
  }

  @Override
  int place(int unit) {
    return unit;
  }

  /** Adds a secret; one that begins in the context was found before. */
  @Override
  void found(int begin, int end, String name) {
    if (begin >= from) {
      spans.add(new Span(begin, end, name));
    }
  }

  @Override
  void open(int place) {
    if (!closed && place >= from) {
      cut = Math.min(cut, place);
    }
  }

  @Override
  void special(int at) {
    if (units[at] == '@') {
      shapes.password(at);
    } else if (units[at] == '\n') {
      escaped |= at + 1 < units.length && units[at + 1] == '[';
      dumpEnd = at < dumpEnd ? dumpEnd : dump(this, at + 1);
    } else {
      escaped = true;
      steps = STEPS_PAST_ESCAPE;
    }
  }

  @Override
  void hit(Bucket bucket, int third) {
    super.hit(bucket, third);
    escaped |= bucket.isHexPrefix && third > 1 && units[third - 2] == '0' && (third == 2 || Needles.kind(units[third - 3]) == 0);
    var begin = bucket.isShape ? back(third, Needles.PREFIX - 1, needles.gap) : -1;
    if (begin >= 0) {
      begin(begin);
    }
  }

  @Override
  void begin(int at) {
    shapes.look(at);
  }

  /** Reads the dump that begins with a unit, if one does, and gives the unit where it ends. */
  int dump(Reading reading, int at) {
    var may = at < reading.units.length && DumpReader.BEGINS[reading.units[at] & 0xff] && DumpReader.offset(reading, at) >= 0;
    return may ? new DumpReader(this, reading).read(at) : at;
  }

  /** Where a line begins behind the mark of stderr; the text's end when a mark may go on there. */
  static int afterMark(byte[] text, int at, boolean last) {
    for (var i = 0; i < STDERR.length(); i++) {
      if (at + i == text.length || text[at + i] != STDERR.charAt(i)) {
        return at + i == text.length && i > 0 && !last ? text.length : at;
      }
    }
    return at + STDERR.length();
  }

  /** Finds a value that has hardly a letter. */
  private void verbatim(String value, String name) {
    for (var at = text.indexOf(value, from); at >= 0; at = text.indexOf(value, at + 1)) {
      found(at, at + value.length(), name);
    }
    for (var at = units.length - 1; at >= from && at > units.length - value.length(); at--) {
      if (value.startsWith(text.substring(at))) {
        open(at);
      }
    }
  }
}
