package lib.redaction;

import module java.base;

/**
 * A dump, as xxd, hexdump and od write them, as the bytes that it shows in its columns and in its gutter. It may stand in a
 * JSON string. Not thread-safe.
 */
final class DumpReader extends Reading {
  /** What a dump's line may begin with: an offset, a blank before it, or the mark of stderr. */
  static final boolean[] BEGINS = new boolean[256];

  private static final int[] STEPS = Needles.steps("");
  private static final int LINE = 256;
  private static final int INDENT = 8;
  private static final int DIGITS = 6; // of an offset at least, as of od -Ax
  private static final int MOST_DIGITS = 16;
  private static final int CHARACTER = 4; // the width of a column of od -c

  static {
    "0123456789abcdefABCDEF \t[".chars().forEach(c -> BEGINS[c] = true);
  }

  private final Reading text;
  private final byte[] line; // the text's units
  private int begin; // of the line that is read
  private int from; // what follows its offset
  private int to; // where it ends
  private final List<Cell> cells = new ArrayList<>(); // of all lines, one for each unit
  private final List<Cell> row = new ArrayList<>(); // of the line that is read

  /** A byte with its column, its place in the gutter, and its line's begin. @param gutter -1 for none */
  private record Cell(int value, int from, int to, int gutter, int line) {}

  /**
   * A reader of one dump.
   *
   * @param text where it stands: the text itself, or, for a dump in a JSON string, the text without its escapes
   */
  DumpReader(Scan scan, Reading text) {
    super(scan.needles, scan);
    this.text = text;
    line = text.units;
    closed = true;
  }

  /** Finds the secrets of the dump that begins with the line at this unit; where the line after its last begins. */
  int read(int at) {
    for (begin = at; isLine() && (numbers() || characters()); begin = Math.min(to + 1, line.length)) {
      cells.addAll(row);
    }
    units = new byte[cells.size()];
    for (var i = 0; i < units.length; i++) {
      units[i] = (byte) cells.get(i).value;
    }
    search(STEPS);
    return begin;
  }

  /** Where a line's offset ends; -1 when it has none. The last unit's end, when the offset may go on there. */
  static int offset(Reading reading, int at) {
    var units = reading.units;
    var begin = Scan.afterMark(units, at, reading.closed);
    for (var most = begin + INDENT; begin < most && begin < units.length && (units[begin] == ' ' || units[begin] == '\t'); begin++) {}
    var end = begin;
    while (end < units.length && end - begin <= MOST_DIGITS && EscapeReader.digit(units[end]) < 16) {
      end++;
    }
    var isWhole = end - begin >= DIGITS && end < units.length && (units[end] == ' ' || units[end] == ':');
    return isWhole || !reading.closed && end == units.length ? end : -1;
  }

  /** Finds what follows a line's offset; false when there is no whole line with one. */
  private boolean isLine() {
    from = offset(text, begin);
    if (from < 0) {
      return false;
    }
    for (to = from; to < line.length && line[to] != '\n' && line[to] != '\r' && to - from < LINE; ) {
      to++;
    }
    if (to == line.length && !text.closed) {
      open(text.place(begin));
      closed = false;
    }
    return closed && to - from < LINE;
  }

  /** Reads groups of digits; whether the line has nothing else, but for a gutter. */
  private boolean numbers() {
    row.clear();
    var colon = from < to && line[from] == ':'; // as xxd has it, which shows the bytes of a number in their order
    for (int at = colon ? from + 1 : from, end; at < to; at = end) {
      var group = at;
      while (group < to && line[group] == ' ') {
        group++;
      }
      var bar = group < to && (line[group] == '|' || line[group] == '>') ? 1 : 0;
      if (bar > 0 || colon && group - at > 1 && to - group <= row.size()) {
        return gutter(group + bar);
      }
      end = group;
      while (end < to && line[end] != ' ') {
        end++;
      }
      if (end > group && (group == at || !number(colon, group, end))) {
        return false;
      }
    }
    return !row.isEmpty();
  }

  private boolean gutter(int at) {
    for (var i = 0; i < row.size() && at + i < to; i++) {
      var cell = row.get(i);
      row.set(i, new Cell(cell.value, cell.from, cell.to, at + i, cell.line));
    }
    return !row.isEmpty() && to - at <= row.size() + 1; // a bar closes it
  }

  private boolean number(boolean colon, int group, int end) {
    var digits = end - group;
    if (digits == 3 || digits == 6 && !colon) {
      var value = 0;
      var all = 0;
      for (var i = group; i < end; i++) {
        value = value << 3 | EscapeReader.digit(line[i]);
        all |= EscapeReader.digit(line[i]);
      }
      for (; digits > 0; digits -= 3, value >>= 8) {
        add(value, group, end);
      }
      return all < 8;
    }
    for (var i = group; i + 1 < end; i += 2) {
      var at = colon ? i : group + end - 2 - i; // a word's last byte comes first
      var high = EscapeReader.digit(line[at]);
      var low = EscapeReader.digit(line[at + 1]);
      if ((high | low) > 15) {
        return false;
      }
      add(high << 4 | low, at, at + 2);
    }
    return digits % 2 == 0 && digits <= 16;
  }

  /** Reads columns as of od -c: a character, an escape, a name or three octal digits; empty for a blank. */
  private boolean characters() {
    row.clear();
    for (var at = from; at < to; at += CHARACTER) {
      var end = Math.min(to, at + CHARACTER);
      var begin = at;
      while (begin < end && line[begin] == ' ') {
        begin++;
      }
      var isNamed = end - begin > 1 && (line[begin] == '\\' || line[begin] >= 'a' || line[begin] < '8'); // none that a value has
      if (begin == at || begin < end && end - at < CHARACTER || end - begin > 1 && !isNamed) {
        return false;
      }
      add(isNamed ? 0xff : begin < end ? line[begin] : ' ', at, end);
    }
    return !row.isEmpty();
  }

  private void add(int value, int from, int to) {
    row.add(new Cell(value, from, to, -1, begin));
  }

  @Override
  int place(int unit) {
    return text.place(unit == cells.size() ? begin : cells.get(unit).line);
  }

  /** Masks bytes, line by line. */
  @Override
  void found(int from, int to, String name) {
    for (int at = from, next; at < to; at = next) {
      var column = Integer.MAX_VALUE;
      var columnEnd = 0;
      var gutterEnd = 0;
      for (next = at; next < to && place(next) == place(at); next++) {
        column = Math.min(column, cells.get(next).from);
        columnEnd = Math.max(columnEnd, cells.get(next).to);
        gutterEnd = Math.max(gutterEnd, cells.get(next).gutter + 1);
      }
      text.found(column, columnEnd, name);
      if (gutterEnd > 0) {
        text.found(cells.get(at).gutter, gutterEnd, name);
      }
    }
  }
}
