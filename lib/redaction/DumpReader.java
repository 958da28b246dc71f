package lib.redaction;

import java.util.Arrays;
import lib.redaction.Scan.Span;

/**
 * Reads the lines of a dump, as xxd, hexdump and od write them, as the bytes that they show, and finds the secrets among these
 * in the columns and in the gutter. A dump may stand in a JSON string. Not thread-safe.
 */
final class DumpReader {
  private static final byte[] STDERR = Scan.bytes(Scan.STDERR);
  private static final int LINE = 256;
  private static final int BATCH = 4 << 10; // bytes that are scanned together
  private static final int REACH = 1 << 10; // bytes of one match
  private static final int INDENT = 8;
  private static final int DIGITS = 6; // of an offset at least, as of od -Ax
  private static final int MOST_DIGITS = 16;
  private static final int CELLS = 4; // of `cells`, for one byte: column's begin and end, gutter, line

  /** How a line's columns show bytes. */
  private enum Form { BYTES, WORDS, OCTAL, DECIMAL, BINARY, CHARACTERS }

  private static final Form[] FORMS = Form.values();

  private enum Kind { DUMP, OTHER, MORE }

  private final Needles needles;
  private final byte[] text;
  private final boolean last;
  private final Scan scan;
  private final char[] line = new char[LINE]; // what follows the offset, its escapes undone
  private final int[] places = new int[LINE]; // of the same in the text
  private int length;
  private int after; // where the next line begins
  private int loaded = -1; // where the line that `line` holds begins
  private Kind kind;
  private char[] bytes = new char[64];
  private int[] cells = new int[64 * CELLS];
  private int count;
  private final int[] ends = new int[FORMS.length]; // of the last dump in each form

  DumpReader(Needles needles, byte[] text, boolean last, Scan scan) {
    this.needles = needles;
    this.text = text;
    this.last = last;
    this.scan = scan;
  }

  /**
   * Adds the secrets of the dump that begins with the line at this place, in every form in which the line can be read.
   *
   * @param escaped whether the lines stand in a JSON string
   * @return where the line after the dump's last begins
   */
  int read(int at, boolean escaped) {
    var end = at;
    for (var form : FORMS) {
      if (at >= ends[form.ordinal()]) {
        ends[form.ordinal()] = read(at, escaped, form);
      }
      end = Math.max(end, ends[form.ordinal()]);
    }
    return end;
  }

  private int read(int at, boolean escaped, Form form) {
    count = 0;
    for (var next = at; ; ) {
      var kind = load(next, escaped);
      if (kind == Kind.DUMP && columns(form, next)) {
        next = after;
        if (count < BATCH) {
          continue;
        }
      } else if (kind == Kind.DUMP) {
        kind = Kind.OTHER;
      }
      var decided = scan(kind == Kind.OTHER);
      if (kind == Kind.DUMP) {
        next = decided < count ? cells[decided * CELLS + 3] : next;
        count = 0;
        continue;
      }
      if (kind == Kind.MORE) {
        scan.undecided(next);
        if (decided < count && text.length - cells[decided * CELLS + 3] <= Scan.REACH) {
          scan.open(cells[decided * CELLS + 3]);
        }
        return text.length; // what is undecided is scanned once more
      }
      return next;
    }
  }

  /** Where a line's offset ends; -1 when it has none. At the text's end an incomplete one counts as one. */
  static int offset(byte[] text, int at, boolean last) {
    var begin = at;
    while (begin < text.length && begin - at < STDERR.length && text[begin] == STDERR[begin - at]) {
      begin++;
    }
    if (begin == text.length) {
      return at < begin && !last ? begin : -1;
    }
    begin = begin - at == STDERR.length ? begin : at;
    var most = Math.min(begin + INDENT, text.length);
    while (begin < most && (text[begin] == ' ' || text[begin] == '\t')) {
      begin++;
    }
    var end = begin;
    while (end < text.length && end - begin <= MOST_DIGITS && EscapeDecoder.digit(text[end]) < 16) {
      end++;
    }
    var isWhole = end - begin >= DIGITS && end < text.length && (text[end] == ' ' || text[end] == ':');
    return isWhole || !last && at < end && end == text.length ? end : -1;
  }

  /** Reads a line behind its offset, and finds its end. */
  private Kind load(int at, boolean escaped) {
    if (at != loaded) {
      loaded = at;
      kind = loadLine(at, escaped);
    }
    return kind;
  }

  private Kind loadLine(int at, boolean escaped) {
    length = 0;
    if (at == text.length) {
      return last ? Kind.OTHER : Kind.MORE;
    }
    at = offset(text, at, last);
    while (at >= 0 && at < text.length && length < LINE) {
      var c = (char) (text[at] & 0xff);
      if (c == '\n' || escaped && c == '"') {
        after = at + 1;
        return Kind.DUMP;
      }
      places[length] = at++;
      if (escaped && c == '\\') {
        if (at == text.length) {
          break;
        }
        c = (char) (text[at++] & 0xff);
        if (c == 'n') {
          after = at;
          return Kind.DUMP;
        }
      }
      line[length++] = c;
    }
    after = at;
    return at < 0 || length == LINE ? Kind.OTHER : last ? Kind.DUMP : Kind.MORE;
  }

  /** Adds the bytes of a line; whether it is one of a dump in this form. */
  private boolean columns(Form form, int begin) {
    var before = count;
    var colon = length > 0 && line[0] == ':';
    if (form == Form.CHARACTERS ? !colon && characters(begin) : numbers(form, colon, begin)) {
      return count > before;
    }
    count = before;
    return false;
  }

  private boolean numbers(Form form, boolean colon, int begin) {
    var before = count;
    for (int at = colon ? 1 : 0, end; ; at = end) {
      var column = at;
      while (column < length && line[column] == ' ') {
        column++;
      }
      var bar = column < length && (line[column] == '|' || line[column] == '>');
      if (bar || colon && column - at > 1 && length - column <= count - before) {
        return gutter(column + (bar ? 1 : 0), before);
      }
      if (column >= length) {
        return true;
      }
      end = column;
      while (end < length && line[end] != ' ') {
        end++;
      }
      if (column == at || !number(form, colon, column, end, begin)) {
        return false;
      }
    }
  }

  private boolean number(Form form, boolean colon, int from, int to, int begin) {
    var digits = to - from;
    var radix = switch (form) {
      case BYTES, WORDS -> 16;
      case OCTAL -> 8;
      case DECIMAL -> 10;
      default -> 2;
    };
    var value = 0L;
    for (var i = from; i < to; i++) {
      var digit = EscapeDecoder.digit(line[i]);
      if (digit >= radix || digits > 16) {
        return false;
      }
      value = value * radix + digit;
    }
    var size = switch (form) { // in bytes
      case BYTES -> digits % 2 == 0 && (colon || digits == 2 || digits >= 8) ? digits / 2 : 0;
      case WORDS -> digits % 2 == 0 && digits > 2 && (!colon || digits > 4) ? digits / 2 : 0;
      case OCTAL -> digits == 3 ? 1 : digits == 6 ? 2 : 0;
      case DECIMAL -> digits <= 3 && value < 256 ? 1 : 0;
      default -> digits == 8 ? 1 : 0;
    };
    for (var i = 0; i < size; i++) {
      var place = form == Form.BYTES ? size - 1 - i : i; // a word's last byte comes first
      add((char) (value >>> 8 * place & 0xff), from, to, begin);
    }
    if (form == Form.BYTES || form == Form.WORDS) {
      for (var i = 0; i < size; i++) {
        var digit = from + 2 * (form == Form.BYTES ? i : size - 1 - i);
        cells[(count - size + i) * CELLS] = places[digit];
        cells[(count - size + i) * CELLS + 1] = places[digit + 1] + 1;
      }
    }
    return size > 0;
  }

  /** Reads cells of four, as of od -c: a character, an escape, a name or three octal digits; empty for a blank. */
  private boolean characters(int begin) {
    for (var at = 0; at < length; at += 4) {
      var end = Math.min(length, at + 4);
      var first = at;
      while (first < end && line[first] == ' ') {
        first++;
      }
      var c = first == at || first < end && end - at < 4 ? -1 : character(first, end);
      if (c < 0) {
        return false;
      }
      add((char) c, at, end, begin);
    }
    return true;
  }

  /** The byte that a cell shows; -1 when it is none. */
  private int character(int from, int to) {
    var c = from < to ? line[from] : ' ';
    switch (to - from) {
      case 0, 1:
        return c;
      case 2:
        return c == '\\' ? '\n' : c == 's' && line[from + 1] == 'p' ? ' ' : isName(from, to) ? '\n' : -1;
      default:
        var isOctal = c >= '0' && c < '4' && line[from + 1] >= '0' && line[from + 1] < '8' && line[from + 2] >= '0' && line[from + 2] < '8';
        return isOctal ? (c - '0') * 64 + (line[from + 1] - '0') * 8 + line[from + 2] - '0' : isName(from, to) ? '\n' : -1;
    }
  }

  /** Whether od -a may name a byte so, like nl or dc1. */
  private boolean isName(int from, int to) {
    for (var i = from; i < to; i++) {
      if (!(line[i] >= 'a' && line[i] <= 'z' || i > from && line[i] >= '1' && line[i] <= '4')) {
        return false;
      }
    }
    return true;
  }

  private void add(char value, int from, int to, int begin) {
    if (count == bytes.length) {
      bytes = Arrays.copyOf(bytes, 2 * count);
      cells = Arrays.copyOf(cells, 2 * count * CELLS);
    }
    bytes[count] = value;
    cells[count * CELLS] = places[from];
    cells[count * CELLS + 1] = places[to - 1] + 1;
    cells[count * CELLS + 2] = -1;
    cells[count * CELLS + 3] = begin;
    count++;
  }

  private boolean gutter(int at, int from) {
    for (var i = from; i < count && at + i - from < length; i++) {
      cells[i * CELLS + 2] = places[at + i - from];
    }
    return length - at <= count - from + 1; // a bar closes it
  }

  /** Finds the secrets among the bytes; the first byte that is not decided. */
  private int scan(boolean closed) {
    if (count == 0) {
      return 0;
    }
    var found = new Scan(needles, new String(bytes, 0, count), closed, REACH);
    for (var span : found.spans()) {
      for (int from = span.begin(), to; from < span.end(); from = to) {
        to = from + 1;
        while (to < span.end() && cells[to * CELLS + 3] == cells[from * CELLS + 3]) {
          to++;
        }
        mask(from, to, span.name());
      }
    }
    return found.cut();
  }

  /** Masks bytes of one line. */
  private void mask(int from, int to, String name) {
    var column = new Span(Integer.MAX_VALUE, 0, name);
    var gutter = column;
    for (var i = from * CELLS; i < to * CELLS; i += CELLS) {
      column = new Span(Math.min(column.begin(), cells[i]), Math.max(column.end(), cells[i + 1]), name);
      gutter = cells[i + 2] < 0 ? gutter : new Span(Math.min(gutter.begin(), cells[i + 2]), cells[i + 2] + 1, name);
    }
    scan.found(column);
    if (gutter.end() > 0) {
      scan.found(gutter);
    }
  }
}
