package lib.redaction;

import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;

/**
 * Finds the secrets in one text, in one pass: letters and digits drive an index of needles, and only where it hits is the text
 * read with its escapes undone. What is found at a place depends on nothing but the {@link #CONTEXT} before it and the text
 * after it, so a stream finds the same in any pieces. Not thread-safe.
 */
final class Scan {
  /** So many characters before a place may decide what begins there. */
  static final int CONTEXT = 80;
  /** A match takes no more characters, separators and escapes included. */
  static final int REACH = 32 << 10;
  /** What the worker puts before a line of an agent's stderr. */
  static final String STDERR = "[stderr] ";

  private static final int MASK = (1 << 6 * Needles.PREFIX) - 1;
  private static final int LINE_BEGIN = 64; // a line's first letter has no more before it
  private static final int ANY_ESCAPE = 10; // the longest escape of one character, \\U and eight digits
  private static final byte[] KINDS = new byte[128]; // as Needles has them, and -1 for what needs a look

  static {
    for (var c = 0; c < KINDS.length; c++) {
      KINDS[c] = (byte) ("\\%&\u001b\n@".indexOf(c) >= 0 ? -1 : Needles.kind(c));
    }
  }

  /**
   * A secret in the text.
   *
   * @param end the first character behind it
   */
  record Span(int begin, int end, String name) {}

  private final Needles needles;
  private final String text;
  private final byte[] chars; // the text's, so that each is read at once
  private final int from;
  private final boolean last;
  private final int reach;
  private final boolean lines; // whether people read the text, line by line
  private final EscapeDecoder decoder;
  private final TokenShapes shapes;
  private DumpReader dumps; // null before the first dump
  private final List<Span> spans = new ArrayList<>(0);
  private int cut;
  private int end; // of what is decided
  private int undoneTo;
  private int unit; // what `read` found last
  private boolean escape;

  /**
   * Scans a text.
   *
   * @param from where the new text begins; what stands before it is context
   * @param last whether nothing follows the text
   */
  Scan(Needles needles, String text, int from, boolean last) {
    this(needles, text, from, last, REACH, true);
  }

  /** Scans the bytes that a dump shows: a match has at most {@code reach} of them, and a line end is a byte like others. */
  Scan(Needles needles, String bytes, boolean last, int reach) {
    this(needles, bytes, 0, last, reach, false);
  }

  private Scan(Needles needles, String text, int from, boolean last, int reach, boolean lines) {
    this.needles = needles;
    this.text = text;
    this.chars = bytes(text);
    this.from = from;
    this.last = last;
    this.reach = reach;
    this.lines = lines;
    this.cut = chars.length;
    this.end = cut;
    this.decoder = new EscapeDecoder(chars, last);
    this.shapes = new TokenShapes(text, this);
    var isLine = from == 0 || chars[from - 1] == '\n';
    var begin = isLine ? dump(from, false) : from;
    if (!isLine && text.startsWith("\\n", from - 2)) {
      dump(from, true);
    }
    scan(isLine && from > 0 && begin == from ? afterMark(from) : Math.max(from, begin - 1));
    needles.verbatim().forEach(this::verbatim);
    if (!last) {
      tail();
    }
  }

  /** The text's characters as bytes: those that have no byte, which no value needs, as a question mark. */
  static byte[] bytes(String text) {
    var bytes = text.getBytes(StandardCharsets.ISO_8859_1); // copies where all characters have one
    if (bytes.length != text.length()) {
      bytes = new byte[text.length()];
      for (var i = 0; i < bytes.length; i++) {
        bytes[i] = (byte) (text.charAt(i) < 256 ? text.charAt(i) : '?');
      }
    }
    return bytes;
  }

  /** What was found, in no order. */
  List<Span> spans() {
    return spans;
  }

  /** Where the text can be cut: all that begins before is decided. */
  int cut() {
    return cut;
  }

  void found(Span span) {
    spans.add(span);
  }

  /** Says that a secret may begin here whose end is not there; false when nothing follows, so that it has no other end. */
  boolean open(int at) {
    cut = last ? cut : Math.max(from, Math.min(cut, at));
    return !last;
  }

  /** Says that a line which begins here may be a dump's, so that its letters are not read yet. */
  void undecided(int at) {
    open(at);
    end = Math.min(end, at);
  }

  private void scan(int begin) {
    var index = needles.index();
    var chars = this.chars;
    var prefix = 0;
    for (var i = begin; i < chars.length; i++) {
      var c = chars[i];
      var kind = c >= 0 ? KINDS[c] : 0;
      if (kind > 0) {
        prefix = (prefix << 6 | kind) & MASK;
        if (index[prefix] != 0) {
          hit(index[prefix], prefix, i);
        }
      } else if (kind < 0) {
        var dumpTo = c == '\n' ? dump(i + 1, false) : 0;
        if (dumpTo > i + 1) { // its letters are none of a value's
          prefix = 0;
          i = dumpTo - 2;
        } else {
          i = look(c, i);
        }
      }
    }
  }

  /** Looks at what is no letter, and gives the last place that needs no look. */
  private int look(byte c, int at) {
    if (c == '\n') {
      return afterMark(at + 1) - 1;
    }
    if (c != '@') {
      undo(at);
    } else if (lines) {
      shapes.password(at);
    }
    return at;
  }

  /** Reads the dump that begins with this line, if one does, and gives the place where it ends. */
  private int dump(int at, boolean escaped) {
    if (!lines || DumpReader.offset(chars, at, last) < 0) {
      return at;
    }
    dumps = dumps == null ? new DumpReader(needles, chars, last, this) : dumps;
    return dumps.read(at, escaped);
  }

  /** Looks for what begins with the three letters of which the last stands here. */
  private void hit(byte bits, int prefix, int at) {
    if ((bits & Needles.NEEDLE) != 0 && continues(prefix, at + 1)) {
      var begin = back(at, Needles.PREFIX - 1);
      if (begin >= 0 && (walk(begin, at + 1, prefix, true) | mayEscape(begin, at))) {
        walk(begin, at + 1, prefix, false);
      }
    }
    if ((bits & Needles.SHAPE) != 0 && lines) {
      var begin = back(at, Needles.PREFIX - 1);
      if (begin >= 0) {
        shapes.look(begin);
      }
    }
    if ((bits & Needles.HEX_PREFIX) != 0 && at - 2 >= from) {
      undo(at - 2);
    }
  }

  private boolean mayEscape(int from, int to) {
    for (var i = from; i < to; i++) {
      if (chars[i] == '0' || chars[i] >= 0 && KINDS[chars[i]] < 0) {
        return true;
      }
    }
    return false;
  }

  /** Whether the next letter can continue a prefix; true when an escape may stand before it. */
  private boolean continues(int prefix, int at) {
    while (at < chars.length && (chars[at] < 0 || KINDS[chars[at]] == 0)) {
      at++;
    }
    return at == chars.length || KINDS[chars[at]] < 0 || chars[at] == '0' || needles.continues(prefix, KINDS[chars[at]]);
  }

  /** The place of the letter so many letters before this place, with few separators between; -1 for none. */
  private int back(int at, int letters) {
    for (var gap = 0; letters > 0 && gap <= needles.gap(); ) {
      if (--at < from) {
        return -1;
      }
      if (chars[at] == ' ' && text.startsWith(STDERR, at - STDERR.length() + 1)) {
        at = Math.max(from, at - STDERR.length() + 1);
      }
      var isLetter = Needles.kind(chars[at]) > 0;
      gap = isLetter ? 0 : gap + 1;
      letters -= isLetter ? 1 : 0;
    }
    return letters == 0 ? at : -1;
  }

  /** Reads on with escapes undone, from two letters before an escape to three behind the last of its row. */
  private void undo(int at) {
    if (at < undoneTo || !decoder.read(at)) {
      return;
    }
    var two = back(at, 2);
    var one = two >= 0 ? two : back(at, 1);
    var i = one >= 0 ? one : at;
    var index = needles.index();
    var third = -1; // where the last three letters stand
    var second = -1;
    var first = -1;
    var prefix = 0;
    var gap = 0;
    for (int plain = 0, next; i < chars.length && (i <= at || plain <= Needles.PREFIX); i = next) {
      next = read(i, true);
      if (unit == EscapeDecoder.MORE) {
        open(i);
        break;
      }
      var kind = Needles.kind(unit);
      if (kind > 0) {
        plain = escape ? 0 : plain + 1;
        if (third >= 0 && (index[prefix] & Needles.NEEDLE) != 0 && needles.continues(prefix, kind)) {
          walk(third, i, prefix, true);
        }
        prefix = (prefix << 6 | kind) & MASK;
        third = second;
        second = first;
        first = i;
        gap = 0;
      } else if (++gap > needles.gap()) {
        third = -1;
        second = -1;
        first = -1;
      } else if (escape) {
        plain = 0;
        if (unit == '\n') {
          dump(next, true);
        }
      }
    }
    undoneTo = i;
    if (!last && (i == chars.length || unit == EscapeDecoder.MORE)) {
      tail(third);
      tail(second);
      tail(first);
    }
  }

  /** Follows the needles of a prefix that was read from {@code begin} to {@code at}. */
  private boolean walk(int begin, int at, int prefix, boolean undo) {
    var line = lines ? text.indexOf('\n', begin, at) : -1;
    return (line < 0 || lineBegins(begin))
        && walk(begin, at, Needles.PREFIX, needles.first(prefix), needles.first(prefix + 1), undo);
  }

  /**
   * Follows the needles from one number to another, of which so many letters are read.
   *
   * @param undo whether escapes are undone
   * @return whether there was an escape, so that the text as it stands is another one
   */
  private boolean walk(int begin, int at, int letters, int low, int high, boolean undo) {
    var escapes = false;
    for (int gap = 0, next; ; at = next) {
      for (; low < high && needles.get(low).core().length() == letters; low++) {
        match(needles.get(low), begin, at, undo);
      }
      if (low == high || at - begin > reach) {
        return escapes;
      }
      if (at >= chars.length) {
        open(begin);
        return escapes;
      }
      var early = lines && letters < Needles.PREFIX && chars[at] == '\n' && !lineBegins(begin);
      next = read(at, undo);
      escapes |= escape;
      var kind = Needles.kind(unit);
      if (unit == EscapeDecoder.MORE) {
        open(begin);
        return escapes;
      } else if (kind > 0) {
        low = needles.search(low, high, letters, unit);
        high = needles.search(low, high, letters, unit + 1);
        letters++;
        gap = 0;
      } else if (early || ++gap > needles.gap()) {
        return escapes;
      }
    }
  }

  private void match(Needles.Needle needle, int begin, int end, boolean undo) {
    if ((!needle.later() || lines && lineBegins(begin)) && (!needle.thin() || spells(needle.body(), begin, end, undo))) {
      var from = Math.min(lead(needle.lead(), begin, undo), lead(Needles.utf8(needle.lead()), begin, undo));
      var to = Math.max(trail(needle.trail(), begin, end, undo), trail(Needles.utf8(needle.trail()), begin, end, undo));
      found(new Span(from, to, needle.name()));
    }
  }

  /** Whether the text has all the value's characters in their order. Other letters than ASCII's count as separators. */
  private boolean spells(String body, int begin, int end, boolean undo) {
    var i = 0;
    for (int at = begin, next; at < end; at = next) {
      next = read(at, undo);
      while (body.charAt(i) >= 128) {
        i++;
      }
      if (same(body.charAt(i), unit)) {
        i++;
      } else if (Needles.kind(unit) > 0) {
        return false;
      }
    }
    return i == body.length();
  }

  private static boolean same(char c, int unit) {
    return c == unit || c <= ' ' && (unit == '+' || unit >= 0 && unit <= ' ');
  }

  /** Where the end of a value's punctuation begins that stands before a place; the place when there is none. */
  private int lead(String lead, int begin, boolean undo) {
    var longest = undo ? ANY_ESCAPE : 1;
    for (var i = lead.length() - 1; i >= 0; i--) {
      var before = begin - 1;
      while (before >= from && begin - before <= longest && !(read(before, undo) == begin && unit == lead.charAt(i))) {
        before--;
      }
      if (before < from || begin - before > longest) {
        break;
      }
      begin = before;
    }
    return begin;
  }

  /** Where a value's punctuation ends that follows it; what begins at {@code begin} stays open when the text ends first. */
  private int trail(String trail, int begin, int end, boolean undo) {
    for (var i = 0; i < trail.length(); i++) {
      var next = end < chars.length ? read(end, undo) : end;
      if (end == chars.length || unit == EscapeDecoder.MORE) {
        open(begin);
        break;
      }
      if (!same(trail.charAt(i), unit)) {
        break;
      }
      end = next;
    }
    return end;
  }

  /** Reads the unit at a place; a line end's unit takes in the mark of stderr behind it. Gives the place of the next one. */
  private int read(int at, boolean undo) {
    escape = undo && decoder.read(at);
    unit = escape ? decoder.unit() : chars[at] & 0xff;
    var next = escape ? decoder.next() : at + 1;
    return unit == '\n' && chars[at] == '\n' ? afterMark(next) : next;
  }

  private int afterMark(int at) {
    if (at == chars.length || chars[at] != '[') {
      return at;
    }
    if (!last && chars.length - at < STDERR.length() && STDERR.startsWith(text.substring(at))) {
      unit = EscapeDecoder.MORE;
    }
    return text.startsWith(STDERR, at) ? at + STDERR.length() : at;
  }

  /** Whether the first letter of a line stands here. */
  private boolean lineBegins(int at) {
    var line = text.lastIndexOf('\n', at - 1);
    var i = Math.max(0, line);
    while (at - line < LINE_BEGIN && i < at) {
      i = read(i, true);
      if (Needles.kind(unit) > 0) {
        return false;
      }
    }
    return i == at;
  }

  /** Finds a value that has hardly a letter. */
  private void verbatim(String value, String name) {
    for (var at = text.indexOf(value, from); at >= 0; at = text.indexOf(value, at + 1)) {
      found(new Span(at, at + value.length(), name));
    }
    for (var at = Math.max(from, chars.length - value.length() + 1); at < chars.length; at++) {
      if (text.startsWith(value.substring(0, chars.length - at), at)) {
        open(at);
        return;
      }
    }
  }

  /** Follows all needles from one of the last letters on. */
  private void tail(int letter) {
    if (letter >= 0 && walk(letter, letter, 0, 0, needles.size(), true)) {
      walk(letter, letter, 0, 0, needles.size(), false);
    }
  }

  /** Keeps what may begin a secret at the text's end. */
  private void tail() {
    if (chars.length > from && Character.isHighSurrogate(text.charAt(chars.length - 1))) {
      open(chars.length - 1);
    }
    var line = text.lastIndexOf('\n') + 1;
    if (line > from && chars.length - line < STDERR.length() && STDERR.startsWith(text.substring(line))) {
      undecided(line);
    }
    for (var at = Math.max(from, end - 2); at < end; at++) { // perhaps the 0x of a byte
      if (chars[at] == '0') {
        undo(at);
      }
    }
    for (var letters = 1; letters < Needles.PREFIX; letters++) {
      var at = back(end, letters);
      tail(at);
      if (at >= 0 && lines) {
        shapes.look(at);
      }
    }
    if (lines) {
      shapes.password(chars.length);
    }
    leaveEscape();
    var begin = cut;
    for (var at = begin - 1; at >= Math.max(from, begin - ANY_ESCAPE); at--) {
      if (read(at, true) == begin) {
        needles.leads(unit).forEach(lead -> open(Math.min(lead(lead, begin, true), lead(lead, begin, false))));
      }
    }
    leaveEscape();
  }

  /** Moves the cut to the beginning of the escape in which it lies, if it does. */
  private void leaveEscape() {
    var least = Math.max(from, cut - EscapeDecoder.LONGEST);
    for (var at = cut - 1; at >= least && cut < chars.length; at--) {
      if (decoder.read(at) && decoder.next() > cut) {
        open(at);
      }
    }
  }
}
