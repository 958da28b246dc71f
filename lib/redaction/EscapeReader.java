package lib.redaction;

import module java.base;

/**
 * A text with its escapes undone: each is the unit that it stands for. Colours, line-break escapes and the marks of stderr are
 * units that no value contains. A text that ends within a possible escape ends before it, unless nothing follows. Not thread-safe.
 */
final class EscapeReader extends Reading {
  /** Dumps may follow the line ends of a JSON string. */
  static final int[] STEPS = Needles.steps("\r");

  private static final int LONGEST = 256; // no escape is longer, a terminal's link included
  private static final char ESC = 0x1b;
  private static final char BEL = 0x07;
  private static final int COLOUR = 32; // 24-bit foreground and background in one sequence take 30
  private static final int BACKSLASHES = 8; // JSON within JSON within JSON has that many
  private static final boolean[] BEGINS = new boolean[256];
  private static final byte[] DIGITS = new byte[256]; // a digit's value; no radix for any other character

  static {
    "\\%&\u001b0\n".chars().forEach(c -> BEGINS[c] = true);
    Arrays.fill(DIGITS, (byte) 99);
    "0123456789abcdefABCDEF".chars().forEach(c -> DIGITS[c] = (byte) Character.digit(c, 16));
  }

  private final Scan scan;
  private final byte[] text;
  private final int[] places; // of the units, and of the last one's end
  private boolean more; // whether the text ends within an escape
  private int unit; // that the last escape stands for
  private int dumpEnd;

  /**
   * Reads a text.
   *
   * @param scan what the secrets are for; null for a text that is only read
   * @param last whether nothing follows the text
   */
  EscapeReader(Scan scan, byte[] text, boolean last) {
    super(scan == null ? null : scan.needles, scan);
    this.scan = scan;
    this.text = text;
    closed = last;
    var read = new byte[text.length];
    places = new int[text.length + 1];
    var length = 0;
    for (var at = 0; at < text.length && !more; ) {
      while (at < text.length && !BEGINS[text[at] & 0xff]) {
        read[length] = text[at++];
        places[++length] = at;
      }
      var end = at < text.length ? escape(at) : 0;
      if (more) {
        scan.open(at);
      } else if (at < text.length) {
        read[length] = end == 0 ? text[at] : (byte) (unit >>> 8 == 0 ? unit : 0xff);
        at = end == 0 ? at + 1 : Math.min(end, text.length);
        places[++length] = at;
      }
    }
    units = Arrays.copyOf(read, length);
  }

  @Override
  int place(int unit) {
    return places[unit];
  }

  @Override
  void special(int at) {
    dumpEnd = at < dumpEnd ? dumpEnd : scan.dump(this, at + 1);
  }

  /** The last place up to this one where a unit begins or ends. */
  int border(int place) {
    var found = Arrays.binarySearch(places, 0, units.length + 1, place);
    return found >= 0 ? place : places[-found - 2];
  }

  /** The value of a hexadecimal digit; more than 16 for any other character. */
  static int digit(int c) {
    return DIGITS[c & 0xff];
  }

  /** Reads the escape that begins at a place, and gives its end; 0 for none. */
  private int escape(int at) {
    var end = switch (text[at]) {
      case '\\' -> backslash(at + 1);
      case '%' -> number(at + 1, 2, 2, 16, '\0');
      case '&' -> entity(at + 1);
      case '0' -> hexPrefix(at);
      case '\n' -> mark(at + 1);
      default -> unit(ESC, at + 1);
    };
    return end > 0 && unit == ESC ? terminal(end) : end;
  }

  /** Any number of backslashes counts as one before the last, since JSON in JSON doubles them. */
  private int backslash(int at) {
    var i = at;
    while (i - at < BACKSLASHES && peek(i) == '\\') {
      i++;
    }
    var end = switch (peek(i)) {
      case 'x' -> number(i + 1, 2, 2, 16, '\0');
      case 'u' -> peek(i + 1) == '{' ? number(i + 2, 1, 8, 16, '}') : number(i + 1, 4, 4, 16, '\0');
      case 'U' -> number(i + 1, 8, 8, 16, '\0');
      case '0', '1', '2', '3', '4', '5', '6', '7' -> number(i, 1, 3, 8, '\0');
      case 'e' -> unit(ESC, i + 1);
      case '"' -> unit('"', i + 1);
      case 'n' -> unit(at > 1 && text[at - 2] == '\\' ? '\t' : '\r', i + 1); // a backslash and an n in a dump end no line of it
      case 'r', 't', 'b', 'f', 'v', 'a' -> unit('\t', i + 1);
      default -> 0;
    };
    return i == at ? end : unit('\\', end == 0 ? i : i - 1);
  }

  /** An entity's first two letters say which it is; the rare others stand for punctuation, too. */
  private int entity(int at) {
    if (peek(at) == '#') {
      return (peek(at + 1) | ' ') == 'x' ? number(at + 2, 1, 6, 16, ';') : number(at + 1, 1, 7, 10, ';');
    }
    var end = at;
    while (end - at < 8 && Needles.kind(peek(end)) > 0) {
      end++;
    }
    return end - at < 2 || peek(end) != ';' ? 0 : unit(switch (peek(at)) {
      case 'a' -> peek(at + 1) == 'm' ? '&' : '\'';
      case 'l' -> '<';
      case 'g' -> '>';
      case 'q' -> '"';
      default -> ' ';
    }, end + 1);
  }

  /** The 0x of a single byte, as in a list of bytes. */
  private int hexPrefix(int at) {
    return (peek(at + 1) | ' ') == 'x' && (at == 0 || Needles.kind(text[at - 1]) == 0) && number(at + 2, 2, 2, 16, '\0') > 0
        && Needles.kind(peek(at + 4)) == 0 ? unit(' ', at + 2) : 0;
  }

  private int mark(int at) {
    var end = Scan.afterMark(text, at, closed);
    more = end > at && end - at < Scan.STDERR.length();
    return end > at ? unit('\n', end) : 0;
  }

  /** The end of a terminal's control sequence behind its ESC: a colour, a link, a character set. */
  private int terminal(int at) {
    var c = peek(at);
    var end = at + 1;
    while (c == '[' && end - at < COLOUR && peek(end) >= '0' && peek(end) < '@') {
      end++;
    }
    while (c == ']' && end - at < LONGEST && !more && peek(end) != BEL && peek(end) != ESC) {
      end++;
    }
    var hasLast = c == ']' || c == '(' || c == ')' || c == '[' && peek(end) >= '@' && peek(end) != '\\';
    more |= hasLast && end >= text.length && !closed;
    return hasLast ? end + 1 : c > '0' ? end : at;
  }

  private int number(int at, int least, int most, int radix, char close) {
    var end = at;
    var value = 0;
    for (; end - at < most && DIGITS[peek(end)] < radix; end++) {
      value = value * radix + DIGITS[text[end]];
    }
    return end - at < least || close > 0 && peek(end) != close ? 0 : unit(value, close > 0 ? end + 1 : end);
  }

  private int unit(int unit, int end) {
    this.unit = unit;
    return end;
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
