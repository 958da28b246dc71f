package lib.redaction;

import module java.base;

/**
 * What secrets look like that nobody named: tokens by their makers' prefixes, bearer tokens, passwords in URLs and private
 * keys. Reads a text from left to right, each run of token characters once. Not thread-safe.
 */
final class TokenShapes {
  /** The letters with which all that {@link #look} finds begins; no more than three. */
  static final List<String> BEGINS = List.of("ghp gho ghu ghs ghr git glp gld glr sk rk AKI ASI xox xap npm AIz hf gsk xai pyp eyJ SG BEG Bea bea"
      .split(" "));

  /** Longer runs are data and no tokens. */
  private static final int LONGEST = 8 << 10;
  /** A key of 16,384 bits takes 12,800 characters; a mere mention of a first line must not hide all that follows. */
  private static final int LONGEST_KEY = 16 << 10;

  /**
   * A kind of secret.
   *
   * @param pattern its first group is the secret, if it has a second one
   * @param isWord whether it begins no word's middle
   */
  private record Shape(String name, boolean isWord, Pattern pattern) {}

  /** Prefixes as their makers document them; the numbers are the shortest tokens that they give out. Prose has no digit. */
  private static final List<Shape> SHAPES = List.of(
      new Shape("token shape", true, Pattern.compile("((?:"
          + "(?:gh[pousr]_|AIza|hf_|gsk_|xai-|pypi-)(?=[\\w-]{30})" // GitHub, Google, Hugging Face, Groq, xAI, PyPI
          + "|(?:sk-|[sr]k_live_|sk_test_|gl(?:pat|dt|rt)-)(?=[\\w-]{20})" // OpenAI, Anthropic, OpenRouter; Stripe; GitLab
          + "|github_pat_(?=[\\w-]{22})|npm_(?=[\\w-]{36})"
          + "|A[KS]IA(?=[\\w-]{16})|(?:xox[abprs]|xapp)-(?=[\\w-]{10})" // AWS; Slack
          + ")(?=[\\w-]*?(\\d)|)[\\w-]++)")),
      new Shape("token shape", true, Pattern.compile("((?:eyJ|SG\\.)[\\w-]{10,}+(\\.[\\w.-]{10,}+)?)")), // JSON web tokens, SendGrid
      new Shape("bearer token", false, Pattern.compile("[Bb]earer ((?=[\\w.~+/=-]*?(\\d)|)[\\w.~+/=-]{16,}+)")));
  private static final Pattern FIRST_LINE = Pattern.compile("BEGIN [A-Z0-9 ]{0,40}PRIVATE KEY(?: BLOCK)?-----");
  /** A line of base64, perhaps quoted, added or numbered, or a header. Its end may be an escape, or a blank before more base64. */
  private static final Pattern KEY_LINE = Pattern.compile("(?: ?+(?=[A-Za-z0-9+/=]{16})|(?:\\r?\\n|(?:\\\\+r)?\\\\+n)(?:\\[stderr\\] )?)"
      + "([\\s>|+\\d:.→\"'-]*+(?:[A-Za-z0-9+/=]*+|[A-Za-z-]++: [A-Za-z0-9,. -]*+)[ \\t\\r]*+)(?=[\\n\"'`]|\\\\+[rn]|(?<= )[A-Za-z0-9+/=]{16}|-----END|$)");

  private final String text;
  private final Scan scan;
  private final int[] ends = new int[SHAPES.size()]; // of the last run of each; what else begins within is no secret

  TokenShapes(String text, Scan scan) {
    this.text = text;
    this.scan = scan;
  }

  /** Adds the secrets that begin here by their shape. */
  void look(int at) {
    var isBearer = (text.charAt(at) | ' ') == 'b';
    if (text.charAt(at) == 'B') {
      key(at);
    }
    var inWord = at > 0 && Needles.kind(text.charAt(at - 1)) > 0 && !(at > 1 && text.charAt(at - 2) == '\\');
    for (var i = 0; i < ends.length; i++) {
      var shape = SHAPES.get(i);
      if (at < ends[i] || (inWord || isBearer) == shape.isWord) {
        continue;
      }
      var secret = shape.pattern.matcher(text).region(at, Math.min(text.length(), at + LONGEST));
      if (secret.lookingAt()) {
        ends[i] = secret.end();
        if (secret.group(2) != null) {
          scan.found(secret.start(1), secret.end(1), shape.name);
        }
      }
      if (secret.hitEnd() && secret.regionEnd() == text.length()) {
        scan.open(at);
      }
    }
  }

  /** Adds the password of the URL that has this {@code @}, however short; a variable's name in its place is none. */
  void password(int at) {
    var from = at;
    while (from > 0 && at - from < LONGEST && text.charAt(from - 1) > ' ' && "@/?#\"'<>\\".indexOf(text.charAt(from - 1)) < 0) {
      from--;
    }
    if (text.startsWith("://", from - 3)) {
      var colon = text.indexOf(':', from, at);
      if (at == text.length()) {
        scan.open(from);
      } else if (colon >= 0 && colon + 1 < at && text.charAt(colon + 1) != '$') {
        scan.found(colon + 1, at, "URL password");
      }
    }
  }

  private void key(int at) {
    var limit = Math.min(text.length(), at + LONGEST_KEY);
    var first = FIRST_LINE.matcher(text).region(at, limit);
    var isKey = first.lookingAt() && text.startsWith("-----", at - 5);
    var hitsEnd = first.hitEnd();
    var begin = -1;
    var end = isKey ? first.end() : at;
    var line = KEY_LINE.matcher(text);
    while (isKey && line.region(end, limit).lookingAt()) {
      hitsEnd |= line.hitEnd();
      begin = begin < 0 ? line.start(1) : begin;
      end = line.end();
    }
    if (!scan.closed && limit == text.length() && (hitsEnd || isKey && line.hitEnd())) {
      scan.open(at);
    } else if (begin >= 0 && !text.substring(begin, end).isBlank()) {
      scan.found(begin, end, "private key");
    }
  }
}
