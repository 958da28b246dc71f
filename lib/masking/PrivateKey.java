package lib.masking;

import java.util.regex.Pattern;

/**
 * A private key in PEM or OpenPGP form that nobody told us of: what follows its first line, up to the last one or to a line
 * that can be no part of it. Its lines may come one by one, so how far it may go on is handed from text to text.
 */
final class PrivateKey {
  /** The beginning of every first line. */
  static final String BEGIN = "-----BEGIN ";
  /** A key of 16,384 bits takes 12,800 characters; a mere mention of a first line must not hide all that follows. */
  static final int LONGEST = 16 << 10;

  private static final Pattern FIRST = Pattern.compile("-----BEGIN [A-Z0-9 ]{0,40}PRIVATE KEY(?: BLOCK)?-----");
  private static final int LONGEST_FIRST = 80; // what the pattern above can match
  private static final String LAST = "-----END";
  private static final String STDERR = "[stderr] ";
  /** A line of base64, perhaps quoted, added or numbered, or a header. */
  private static final Pattern BODY = Pattern.compile("[\\s>|+\\d:.-]*+[A-Za-z0-9+/=]*+\\s*+|\\s*+[A-Za-z-]++: [A-Za-z0-9,. -]*+\\s*+");

  private PrivateKey() {}

  /** Where the first line that begins at {@code at} ends; -1 when it is another one. */
  static int first(String text, int at, Spans spans) {
    var end = Math.min(text.length(), at + LONGEST_FIRST);
    var line = FIRST.matcher(text).region(at, end);
    if (line.lookingAt()) {
      return line.end();
    }
    if (end == text.length() && text.indexOf('\n', at) < 0) {
      spans.open(at);
    }
    return -1;
  }

  /**
   * Adds the key's lines.
   *
   * @param at where the key goes on
   * @param to where to stop
   * @param left how many characters it may still have
   * @param begun whether {@code at} is within a line, behind the first line's words
   * @return how many characters it may still have in what follows the text; 0 when it has ended
   */
  static int follow(String text, int at, int to, int left, boolean begun, Spans spans) {
    while (at < to && left > 0) {
      left -= text.startsWith(STDERR, at) ? STDERR.length() : 0;
      at += text.startsWith(STDERR, at) ? STDERR.length() : 0;
      var line = at < to ? text.indexOf('\n', at, Math.max(at, Math.min(to, at + left))) : to;
      line = line < 0 ? to : line;
      var most = Math.max(at, Math.min(line, at + left)); // what marks stderr may be all that was left
      var end = at;
      while (end < most && body(text.charAt(end))) {
        end++;
      }
      var last = text.indexOf(LAST, at, most);
      if (last >= 0 && last < end) {
        spans.add(at, last, "private key");
        return 0;
      }
      var goesOn = end == most && (begun || BODY.matcher(text.substring(at, end)).matches());
      if ((goesOn || begun) && !text.substring(at, end).isBlank()) {
        spans.add(at, end, "private key");
      }
      if (!goesOn) {
        return 0;
      }
      left -= line + 1 - at;
      at = line + 1;
      begun = false;
    }
    return Math.max(0, left);
  }

  /** What may stand in a key's line, its line breaks escaped or not. */
  private static boolean body(char c) {
    return c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9' || "+/=\\:,.- \t\r|>".indexOf(c) >= 0;
  }
}
