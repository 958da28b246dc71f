package lib.masking;

/**
 * The run of letters, digits and some other characters that goes on at a place of a text. Places come in the text's order, and
 * each character is read once however many tokens begin in one run: else a text of nothing but beginnings would take minutes.
 * Not thread-safe.
 */
final class Run {
  private final String more;
  private int end;
  private int digit = -1;

  /** @param more what belongs to it besides letters and digits */
  Run(String more) {
    this.more = more;
  }

  /** Where the run ends that goes on here; at {@code most} at the latest. */
  int end(String text, int from, int most) {
    end = Math.max(end, from);
    while (end < most && belongs(text.charAt(end))) {
      digit = text.charAt(end) <= '9' && text.charAt(end) >= '0' ? end : digit;
      end++;
    }
    return end;
  }

  /** Whether the run that was last asked for has a digit from this place on. */
  boolean digit(int from) {
    return digit >= from;
  }

  private boolean belongs(char c) {
    return letter(c) || more.indexOf(c) >= 0;
  }

  static boolean letter(char c) {
    return c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9';
  }
}
