package lib.redaction;

import java.util.Arrays;

/**
 * A text with its escapes undone: each is the unit that it stands for. Colours, line-break escapes and the marks of stderr are
 * units that no value contains. A text that ends within a possible escape ends before it, unless nothing follows. Not thread-safe.
 */
final class EscapeReader extends Reading {
  private static final int LONGEST = 256; // no escape is longer, a terminal's link included
  private static final char ESC = 0x1b;
  private static final char BEL = 0x07;
  private static final char LINE = '\r'; // the unit of a line end's escape, which ends no line of the text
  private static final int COLOUR = 32; // 24-bit foreground and background in one sequence take 30
  private static final int BACKSLASHES = 8; // JSON within JSON within JSON has that many
  private static final int NEAR = 64; // units between two escapes that are searched together
  private static final int[] STEPS = Needles.steps("");
  private static final byte[] DIGITS = new byte[256]; // a digit's value; no radix for any other character

  static {
    for (var c = 0; c < DIGITS.length; c++) {
      DIGITS[c] = (byte) (c < 128 && Character.digit(c, 16) >= 0 ? Character.digit(c, 16) : 99);
    }
  }

  private final Scan scan;
  private final byte[] text;
  private int length; // of the units
  private final int[] rows; // of units without an escape: the first one, and its place in the text
  private int rowEnd = 2;
  private boolean more; // whether the text ends within an escape
  private int done; // where the last escape ends
  private int unit; // of the escape that was read last
  private int next; // where that one ends
  private int dumpEnd;

  /** @param last whether nothing follows the text */
  EscapeReader(Scan scan, byte[] text, boolean last) {
    super(scan == null ? null : scan.needles);
    this.scan = scan;
    this.text = text;
    closed = last;
    units = new byte[text.length];
    rows = new int[text.length + 2]; // an escape has two characters at least
  }

  /** A text without context, with its escapes undone. */
  static byte[] undone(byte[] text) {
    var reader = new EscapeReader(null, text, true);
    for (var at = 0; at < text.length; at++) {
      reader.undo(at);
    }
    reader.copy(text.length);
    return Arrays.copyOf(reader.units, reader.length);
  }

  /** Undoes the escape that begins at this place, if one does. Places come in the text's order. */
  void undo(int at) {
    if (more || at < done || !(escape(at) | more)) {
      return;
    }
    copy(at);
    if (more) {
      scan.open(at);
      return;
    }
    units[length++] = (byte) Math.min(unit, 0xff);
    rows[rowEnd++] = length;
    rows[rowEnd++] = next;
    done = next;
    if (unit == LINE && scan != null && done >= dumpEnd) {
      dumpEnd = scan.dump(done, true);
    }
  }

  private void copy(int to) {
    System.arraycopy(text, done, units, length, to - done);
    length += to - done;
    done = to;
  }

  /** Reads the rest of the text, and finds what has an escape within its first letters. */
  void end() {
    copy(more ? done : text.length);
    units = Arrays.copyOf(units, length);
    for (int row = 2, to = 0; row < rowEnd; ) {
      var from = Math.max(to, letters(rows[row] - 1, -1));
      do {
        row += 2;
      } while (row < rowEnd && rows[row] - rows[row - 2] < NEAR);
      to = letters(rows[row - 2] - 1, 1);
      search(STEPS, from, to);
    }
    if (!closed) {
      searchEnd();
    }
  }

  /** Where three letters end that follow a unit, or begin that precede it. */
  private int letters(int unit, int step) {
    var most = (Needles.PREFIX - 1) * (needles.gap() + 1);
    var end = unit;
    for (var letters = 0; letters < Needles.PREFIX && Math.abs(end - unit) <= most && end > 0 && end < units.length; ) {
      end += step;
      letters += end < units.length && Needles.kind(units[end]) > 0 ? 1 : 0;
    }
    return step > 0 ? Math.min(end + 1, units.length) : end;
  }

  /** The last row that begins at this unit (0) or place (1), or before. */
  private int row(int at, int which) {
    var low = 0;
    for (var high = rowEnd / 2; high - low > 1; ) {
      var middle = (low + high) / 2;
      low = rows[2 * middle + which] <= at ? middle : low;
      high = rows[2 * middle + which] <= at ? high : middle;
    }
    return 2 * low;
  }

  @Override
  int place(int unit) {
    var row = row(unit, 0);
    return rows[row + 1] + unit - rows[row];
  }

  /** The unit that stands at a place, or the escape which has the place. */
  private int unit(int place) {
    var row = row(place, 1);
    return Math.min(rows[row] + place - rows[row + 1], row + 2 < rowEnd ? rows[row + 2] - 1 : units.length);
  }

  /** The unit of a character behind the last escape; -1 for a character within that one. */
  int last(int place) {
    return place < done ? -1 : length + place - done;
  }

  /** The last place up to this one where a unit begins. */
  int border(int place) {
    return place(unit(place));
  }

  @Override
  void found(int from, int to, String name) {
    scan.found(place(from), place(to), name);
  }

  @Override
  void open(int place) {
    scan.open(place);
  }

  /** The value of a hexadecimal digit; more than 16 for any other character. */
  static int digit(byte c) {
    return DIGITS[c & 0xff];
  }

  private boolean escape(int at) {
    var c = text[at];
    var escape = switch (c) {
      case '\\' -> backslash(at);
      case '%' -> number(at + 1, 2, 2, 16);
      case '&' -> entity(at + 1);
      case '0' -> hexPrefix(at);
      case '\n' -> mark(at + 1);
      case ESC -> terminal(at + 1);
      default -> false;
    };
    if (escape && unit == ESC && c != ESC) {
      terminal(next);
    }
    return escape;
  }

  /** Any number of backslashes counts as one, since JSON in JSON doubles them. */
  private boolean backslash(int at) {
    var i = at + 1;
    while (i - at < BACKSLASHES && peek(i) == '\\') {
      i++;
    }
    var escape = switch (peek(i)) {
      case 'x' -> number(i + 1, 2, 2, 16);
      case 'u' -> peek(i + 1) == '{' ? closed('}', i + 2, 8, 16) : number(i + 1, 4, 4, 16);
      case 'U' -> number(i + 1, 8, 8, 16);
      case '0', '1', '2', '3', '4', '5', '6', '7' -> number(i, 1, 3, 8);
      case 'e' -> unit(ESC, i + 1);
      case 'n', 'r', 't', 'b', 'f', 'v', 'a' -> unit(LINE, i + 1);
      default -> false;
    };
    return escape || i > at + 1 && unit('\\', i);
  }

  /** An entity's first two letters say which it is; the rare others stand for punctuation, too. */
  private boolean entity(int at) {
    if (peek(at) == '#') {
      return (peek(at + 1) | ' ') == 'x' ? closed(';', at + 2, 6, 16) : closed(';', at + 1, 7, 10);
    }
    var i = at;
    while (i - at < 8 && Needles.kind(peek(i)) > 0) {
      i++;
    }
    return i - at > 1 && peek(i) == ';' && unit(switch (peek(at) << 8 | peek(at + 1)) {
      case 'a' << 8 | 'm' -> '&';
      case 'l' << 8 | 't' -> '<';
      case 'g' << 8 | 't' -> '>';
      case 'q' << 8 | 'u' -> '"';
      case 'a' << 8 | 'p' -> '\'';
      default -> ' ';
    }, i + 1);
  }

  /** The 0x of a single byte, as in a list of bytes. */
  private boolean hexPrefix(int at) {
    return (peek(at + 1) | ' ') == 'x' && (at == 0 || Needles.kind(text[at - 1]) == 0) && number(at + 2, 2, 2, 16)
        && Needles.kind(peek(at + 4)) == 0 && unit(' ', at + 2);
  }

  private boolean mark(int at) {
    var end = Scan.afterMark(text, at, closed);
    more |= end > at && end - at < Scan.STDERR.length();
    return end > at && unit('\n', end);
  }

  /** The rest of a terminal's control sequence: a colour, a link, a character set. */
  private boolean terminal(int at) {
    var c = peek(at);
    var end = isFree(c) ? at + 1 : at;
    if (c == '[') {
      while (end - at < COLOUR && peek(end) >= '0' && peek(end) < '@') {
        end++;
      }
      end += isFree(peek(end)) ? 1 : 0;
    } else if (c == ']') {
      while (end - at < LONGEST - 2 && !more && peek(end) != BEL && peek(end) != ESC) {
        end++;
      }
      end += peek(end) != ESC ? 1 : peek(end + 1) == '\\' ? 2 : 0;
    } else if (c == '(' || c == ')') {
      end += 2;
    }
    more |= end > text.length && !closed;
    return unit(ESC, Math.min(end, text.length));
  }

  /** Whether a character begins no other escape, and so can be a part of a terminal's. */
  private static boolean isFree(int c) {
    return c > '0' && c != '\\';
  }

  private boolean closed(char end, int at, int most, int radix) {
    return number(at, 1, most, radix) && peek(next) == end && unit(unit, next + 1);
  }

  private boolean number(int at, int least, int most, int radix) {
    var i = at;
    var value = 0;
    while (i - at < most && DIGITS[peek(i)] < radix) {
      value = value * radix + DIGITS[text[i]];
      i++;
    }
    return i - at >= least && unit(value & Character.MAX_CODE_POINT, i);
  }

  private boolean unit(int unit, int next) {
    this.unit = unit;
    this.next = next;
    return true;
  }

  /** The character at a place, 0 behind the text's end. */
  private int peek(int at) {
    if (at < text.length) {
      return text[at] & 0xff;
    }
    more |= !closed;
    return 0;
  }
}
