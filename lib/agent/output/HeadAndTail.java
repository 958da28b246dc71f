package lib.agent.output;

import lib.masking.Redaction;

/**
 * Text parts joined by line breaks, masked, of which only the beginning and the end are kept past a size. Either is kept by
 * the longest secret longer than it is given, so that one that lies across its border is known.
 */
final class HeadAndTail {
  private final int half;
  private final Redaction redaction;
  private final StringBuilder head = new StringBuilder();
  private final StringBuilder tail = new StringBuilder();
  private final int margin;
  private long cut;

  HeadAndTail(int half, Redaction redaction) {
    this.half = half;
    this.redaction = redaction;
    this.margin = redaction.reach();
  }

  void add(String part) {
    if (!head.isEmpty()) {
      put("\n");
    }
    put(part);
  }

  private void put(String line) {
    var room = tail.isEmpty() ? Math.min(line.length(), half + margin - head.length()) : 0;
    head.append(line, 0, room);
    tail.append(line, room, line.length());
    if (tail.length() > 2 * (half + margin)) { // cut in large steps, so that adding stays cheap
      cut += tail.length() - half - margin;
      tail.delete(0, tail.length() - half - margin);
    }
  }

  @Override
  public String toString() {
    if (cut == 0) {
      return redaction.mask(head.toString() + tail, 0, null).text();
    }
    var begin = redaction.mask(head.toString(), 0, null).text();
    var end = redaction.mask(tail.toString(), 0, null).text();
    var to = half - (Character.isHighSurrogate(begin.charAt(half - 1)) ? 1 : 0);
    var from = margin + (Character.isLowSurrogate(end.charAt(margin)) ? 1 : 0);
    return begin.substring(0, to) + "\n[" + (cut + begin.length() - to + from) + " characters were cut here; the output has them]\n"
        + end.substring(from);
  }
}
