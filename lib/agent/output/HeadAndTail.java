package lib.agent.output;

/** Keeps the beginning and the end of a text, and says how much it left out between. Not thread-safe. */
final class HeadAndTail {
  private final int half;
  private final StringBuilder head = new StringBuilder();
  private final StringBuilder tail = new StringBuilder();
  private long cut;

  /** @param half characters of either end */
  HeadAndTail(int half) {
    this.half = half;
  }

  void append(String text) {
    var room = tail.isEmpty() ? Math.min(text.length(), half - head.length()) : 0;
    head.append(text, 0, room);
    tail.append(text, room, text.length());
    if (tail.length() > 2 * half) { // cut in large steps, so that appending stays cheap
      cut += tail.length() - half;
      tail.delete(0, tail.length() - half);
    }
  }

  @Override
  public String toString() {
    if (cut == 0) {
      return head.toString() + tail;
    }
    var to = head.length() - (Character.isHighSurrogate(head.charAt(head.length() - 1)) ? 1 : 0);
    var from = tail.length() - half;
    from += Character.isLowSurrogate(tail.charAt(from)) ? 1 : 0;
    return head.substring(0, to) + "\n[" + (cut + head.length() - to + from) + " characters were cut here; the output has them]\n"
        + tail.substring(from);
  }
}
