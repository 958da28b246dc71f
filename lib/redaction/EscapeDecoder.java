package lib.redaction;

/**
 * Reads a text unit by unit: a character, or an escape as the character that it stands for. Colours and line-break escapes
 * are units that no value contains. Not thread-safe.
 */
final class EscapeDecoder {
  /** The unit where the text ends within a possible escape and more may come. */
  static final int MORE = -1;
  /** No escape is longer, a terminal's link included. */
  static final int LONGEST = 256;
  private static final char ESC = 0x1b;
  private static final char BEL = 0x07;
  private static final int COLOUR = 32; // 24-bit foreground and background in one sequence take 30
  private static final int BACKSLASHES = 8; // JSON within JSON within JSON has that many
  private static final boolean[] BEGINS = new boolean[256];
  private static final byte[] DIGITS = new byte[256]; // a digit's value; no radix for any other character

  static {
    for (var c = 0; c < DIGITS.length; c++) {
      BEGINS[c] = c == '\\' || c == '%' || c == '&' || c == ESC || c == '0';
      DIGITS[c] = (byte) (c < 128 && Character.digit(c, 16) >= 0 ? Character.digit(c, 16) : 99);
    }
  }

  private final byte[] text;
  private final boolean last;
  private boolean more;
  private int unit;
  private int next;

  /**
   * A reader of one text.
   *
   * @param text its characters; any but letters, digits and ASCII's punctuation may stand for another
   * @param last whether nothing follows the text
   */
  EscapeDecoder(byte[] text, boolean last) {
    this.text = text;
    this.last = last;
  }

  /** The unit that was read last: a character, a byte of an escape, or {@link #MORE}. */
  int unit() {
    return unit;
  }

  /** Where the unit ends. */
  int next() {
    return next;
  }

  /** Reads the unit at a place; whether an escape begins there. */
  boolean read(int at) {
    var c = text[at];
    unit = c & 0xff;
    next = at + 1;
    return BEGINS[unit] && escape(c, at);
  }

  private boolean escape(byte c, int at) {
    more = false;
    var escape = switch (c) {
      case '\\' -> backslash(at);
      case '%' -> number(at + 1, 2, 2, 16);
      case '&' -> entity(at + 1);
      case '0' -> hexPrefix(at);
      default -> terminal(at + 1);
    };
    if (escape && unit == ESC && c != ESC) {
      terminal(next);
    }
    unit = more ? MORE : unit;
    return escape || more;
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
      case 'n', 'r' -> unit('\n', i + 1);
      case 't', 'b', 'f', 'v', 'a' -> unit('\t', i + 1);
      default -> false;
    };
    return escape || i > at + 1 && unit('\\', i);
  }

  /** An entity's first two letters say which it is; the rare others stand for punctuation, too. */
  private boolean entity(int at) {
    if (peek(at) == '#') {
      return peek(at + 1) == 'x' || peek(at + 1) == 'X' ? closed(';', at + 2, 6, 16) : closed(';', at + 1, 7, 10);
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
    return (at == 0 || Needles.kind(text[at - 1]) == 0) && (peek(at + 1) == 'x' || peek(at + 1) == 'X') && digit(at + 2, 16)
        && digit(at + 3, 16) && Needles.kind(peek(at + 4)) == 0 && unit(' ', at + 2);
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
    more |= end > text.length && !last;
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
    while (i - at < most && digit(i, radix)) {
      value = value * radix + DIGITS[text[i]];
      i++;
    }
    return i - at >= least && unit(value & Character.MAX_CODE_POINT, i);
  }

  private boolean digit(int at, int radix) {
    return DIGITS[peek(at)] < radix;
  }

  private boolean unit(int unit, int next) {
    this.unit = unit;
    this.next = next;
    return true;
  }

  /** The value of a hexadecimal digit; more than 16 for any other character. */
  static int digit(int c) {
    return DIGITS[c & 0xff];
  }

  /** The character at a place, 0 behind the text's end. */
  private int peek(int at) {
    if (at < text.length) {
      return text[at] & 0xff;
    }
    more |= !last;
    return 0;
  }
}
