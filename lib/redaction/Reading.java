package lib.redaction;

import lib.redaction.Needles.Bucket;
import lib.redaction.Needles.Needle;

/**
 * A text as units that each have a place in it, and the search for the needles among them. A unit is a byte: a character, or
 * what an escape or a dump's column stands for. Not thread-safe.
 */
abstract class Reading {
  /** A match takes no more characters of the text, separators and escapes included. */
  static final int REACH = 32 << 10;

  private static final int LINE_BEGIN = 32; // units; a line's first letter has no more before it

  final Needles needles;
  private final Scan scan;
  byte[] units;
  boolean closed; // whether no unit can follow the last
  int[] steps; // for the units that follow
  private int prefix; // the last three letters, by their numbers

  /** @param scan what the secrets are for; null for a reading that says so itself */
  Reading(Needles needles, Scan scan) {
    this.needles = needles;
    this.scan = scan;
  }

  /** Where a unit begins in the text; for the number of units, where the last one ends. */
  abstract int place(int unit);

  /** Adds a secret that stands from one unit to another. */
  void found(int from, int to, String name) {
    scan.found(place(from), place(to), name);
  }

  /** Says that a secret may begin at a place in the text whose end is not there. */
  void open(int place) {
    scan.open(place);
  }

  /** Looks at a unit that has a negative step. */
  void special(int at) {}

  /**
   * Finds all needles.
   *
   * @param steps as {@link Needles#steps} gives them
   */
  final void search(int[] steps) {
    this.steps = steps;
    for (var at = next(0); at < units.length; at = next(at + 1)) {
      if (this.steps[units[at] & 0xff] < 0) {
        special(at);
      } else {
        hit(needles.buckets.get(needles.index[prefix]), at);
      }
    }
    if (!closed) {
      end();
    }
  }

  /** The next unit that needs a look. Most texts need no more than this loop, which is fast as long as it calls nothing. */
  private int next(int at) {
    var units = this.units;
    var steps = this.steps;
    var index = needles.index;
    var prefix = this.prefix;
    for (; at < units.length; at++) {
      var step = steps[units[at] & 0xff];
      if (step < 0) {
        break;
      }
      prefix = prefix << step | step >> 5;
      if (index[prefix & Needles.MASK] != 0 && step != 0) {
        break;
      }
    }
    this.prefix = prefix & Needles.MASK;
    return at;
  }

  /** Follows what may begin with the three letters of which the last stands here. */
  void hit(Bucket bucket, int third) {
    var next = third + 1;
    while (next < units.length && Needles.kind(units[next]) == 0 && next - third <= needles.gap) {
      next++;
    }
    for (var needle : bucket.needles) {
      if (next == units.length || units[next] == needle.core()[Needles.PREFIX]) { // most end here
        follow(needle, third);
      }
    }
  }

  private void follow(Needle needle, int third) {
    var core = needle.core();
    var at = third + 1;
    for (int letter = Needles.PREFIX, gap = 0; at < units.length && letter < core.length; at++) {
      if (units[at] == core[letter]) {
        letter++;
        gap = 0;
      } else if (Needles.kind(units[at]) > 0 || ++gap > needle.gap()) {
        return;
      }
      if (letter == core.length) {
        match(needle, third, at + 1);
        return;
      }
    }
    var begin = back(third, Needles.PREFIX - 1, needle.gap());
    if (begin >= 0) {
      openUnit(start(begin, third));
    }
  }

  private void match(Needle needle, int third, int end) {
    var begin = back(third, Needles.PREFIX - 1, needle.gap());
    if (begin < 0 || place(end) - place(begin) > REACH || !spells(needle.body(), begin, end)) {
      return;
    }
    var start = start(begin, third);
    var to = extend(needle.trail(), end, 1);
    if (to == units.length && needle.trail().length > 0) {
      openUnit(start);
    }
    found(start == begin ? extend(needle.lead(), begin - 1, -1) + 1 : start, to, needle.name());
  }

  /** Goes on from a place as long as the needle's punctuation stands there. */
  private int extend(byte[] punctuation, int at, int step) {
    for (var i = step > 0 ? 0 : punctuation.length - 1; i >= 0 && i < punctuation.length && has(at, punctuation[i]); i += step) {
      do {
        at += step;
      } while (punctuation[i] < 0 && has(at, punctuation[i]));
    }
    return at;
  }

  private boolean has(int at, byte c) {
    return at >= 0 && at < units.length && same(c, units[at]);
  }

  /** Whether the units have all these characters in their order, and no other letters between. */
  private boolean spells(byte[] body, int begin, int end) {
    var i = 0;
    for (var at = begin; at < end; at++) {
      if (i < body.length && same(body[i], units[at])) {
        i++;
      } else if (Needles.kind(units[at]) > 0) {
        return false;
      }
    }
    return i == body.length;
  }

  /** Whether a unit can be a value's character: base64 has two alphabets, and a URL has a plus for a blank. */
  static boolean same(byte c, byte unit) {
    return c == unit || switch (c) {
      case '+' -> unit == '-';
      case '/' -> unit == '_';
      default -> c < 0 ? unit < 0 || unit == '?' : c <= ' ' && (unit == '+' || unit >= 0 && unit <= ' ');
    };
  }

  /** The unit of the letter so many letters before; -1 for none, and where more separators than the gap stand between. */
  final int back(int at, int letters, int gap) {
    for (var separators = 0; letters > 0 && --at >= 0; ) {
      separators = Needles.kind(units[at]) > 0 ? 0 : separators + 1;
      letters -= separators == 0 ? 1 : 0;
      if (separators > gap) {
        return -1;
      }
    }
    return at;
  }

  /** Where the mask begins: behind a line end within the first three letters, so that a line need not wait for the next. */
  private int start(int begin, int third) {
    var line = third;
    while (line > begin && units[line] != '\n') {
      line--;
    }
    var before = begin - 1;
    while (before >= 0 && begin - before < LINE_BEGIN && units[before] != '\n' && Needles.kind(units[before]) == 0) {
      before--;
    }
    var beginsLine = before < 0 || units[before] == '\n';
    return line <= begin || beginsLine ? begin : line + 1;
  }

  /** Says that a secret may begin with this unit, or with punctuation before it. */
  private void openUnit(int unit) {
    var least = Math.max(0, unit - Needles.PUNCTUATION);
    while (unit > least && needles.leads(units[unit - 1])) {
      unit--;
    }
    if (!closed && place(units.length) - place(unit) <= REACH) {
      open(place(unit));
    }
  }

  /** Keeps what may begin with the last two letters. */
  private void end() {
    openUnit(units.length);
    for (int letters = 1, at = units.length, prefix = 0; letters < Needles.PREFIX && (at = back(at, 1, needles.gap)) >= 0; letters++) {
      prefix |= Needles.kind(units[at]) << 6 * (letters - 1);
      if (needles.index[prefix] != 0) {
        openUnit(start(at, units.length - 1));
      }
      begin(at);
    }
  }

  /** Looks at what may begin with the letter that stands here, and is no needle. */
  void begin(int at) {}
}
