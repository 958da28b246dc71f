package lib.redaction;

import java.util.List;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import lib.redaction.Scan.Span;

/**
 * What secrets look like that nobody named: tokens by their makers' prefixes, bearer tokens, passwords in URLs and private
 * keys. Reads a text from left to right, each run of token characters once. Not thread-safe.
 */
final class TokenShapes {
  /** Longer runs are data and no tokens. */
  private static final int LONGEST = 8 << 10;
  /** A key of 16,384 bits takes 12,800 characters; a mere mention of a first line must not hide all that follows. */
  private static final int LONGEST_KEY = 16 << 10;
  private static final String TOKEN = "token shape";
  private static final String KEY = "BEGIN ";
  private static final String BEARER = "earer ";

  /**
   * A kind of token.
   *
   * @param begin its prefix
   * @param least how many token characters follow at least
   * @param dotted whether they are groups with dots between
   */
  private record Shape(String begin, int least, boolean dotted) {}

  /** Prefixes as their makers document them; the numbers are the shortest tokens that they give out. */
  private static final List<Shape> ALL = Stream.of(
      shapes(30, "ghp_", "gho_", "ghu_", "ghs_", "ghr_"), // GitHub
      shapes(22, "github_pat_"),
      shapes(20, "glpat-", "gldt-", "glrt-"), // GitLab
      shapes(20, "sk-", "sk_live_", "sk_test_", "rk_live_"), // OpenAI, Anthropic, OpenRouter; Stripe
      shapes(16, "AKIA", "ASIA"), // AWS
      shapes(10, "xoxa-", "xoxb-", "xoxp-", "xoxr-", "xoxs-", "xapp-"), // Slack
      shapes(36, "npm_"),
      shapes(30, "AIza", "hf_", "gsk_", "xai-", "pypi-"), // Google, Hugging Face, Groq, xAI, PyPI
      Stream.of(new Shape("eyJ", 10, true), new Shape("SG.", 10, true))).flatMap(s -> s).toList(); // JSON web tokens, SendGrid

  private static final Pattern FIRST_LINE = Pattern.compile("BEGIN [A-Z0-9 ]{0,40}PRIVATE KEY(?: BLOCK)?-----");
  /** A line of base64, perhaps quoted, added or numbered, or a header. Its end may be an escape, or a blank before more base64. */
  private static final Pattern KEY_LINE = Pattern.compile("(?: ?+(?=[A-Za-z0-9+/=]{16})|(?:\\r?\\n|(?:\\\\+r)?\\\\+n)(?:\\[stderr\\] )?)"
      + "([\\s>|+\\d:.→\"'-]*+(?:[A-Za-z0-9+/=]*+|[A-Za-z-]++: [A-Za-z0-9,. -]*+)[ \\t\\r]*+)(?=[\\n\"'`]|\\\\+[rn]|(?<= )[A-Za-z0-9+/=]{16}|-----END|$)");

  private final String text;
  private final Scan scan;
  private final Run words = new Run("_-");
  private final Run dotted = new Run("_-.");
  private final Run bearer = new Run("-._~+/=");

  TokenShapes(String text, Scan scan) {
    this.text = text;
    this.scan = scan;
  }

  private static Stream<Shape> shapes(int least, String... begins) {
    return Stream.of(begins).map(begin -> new Shape(begin, least, false));
  }

  /** The beginnings of all that {@link #look} finds. */
  static Stream<String> begins() {
    return Stream.concat(ALL.stream().map(Shape::begin), Stream.of(KEY, "B" + BEARER, "b" + BEARER));
  }

  /** Adds the secret that begins here by its shape, if any does. */
  void look(int at) {
    if (begins(KEY, at)) {
      key(at);
    } else if (begins("B" + BEARER, at) || begins("b" + BEARER, at)) {
      var from = at + 1 + BEARER.length();
      var end = bearer.end(from, at);
      if (end - from >= 16 && bearer.digit(from)) { // else it is prose
        scan.found(new Span(from, end, "bearer token"));
      }
    } else if (at == 0 || Needles.kind(text.charAt(at - 1)) == 0 || at > 1 && text.charAt(at - 2) == '\\') { // no word's middle
      for (var shape : ALL) {
        if (begins(shape.begin, at)) {
          token(shape, at, at + shape.begin.length());
        }
      }
    }
  }

  private boolean begins(String begin, int at) {
    if (text.length() - at < begin.length() && begin.startsWith(text.substring(at))) {
      scan.open(at);
    }
    return text.startsWith(begin, at);
  }

  private void token(Shape shape, int at, int from) {
    var end = words.end(from, at);
    if (!shape.dotted && end - from >= shape.least && words.digit(from)) { // sk-skeleton-of-a-class-name has no digit
      scan.found(new Span(at, end, TOKEN));
    } else if (shape.dotted && end - from >= shape.least && end < text.length() && text.charAt(end) == '.') {
      var tail = dotted.end(end, at);
      if (tail - end > shape.least) {
        scan.found(new Span(at, tail, TOKEN));
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
        scan.open(from - 3);
      } else if (colon >= 0 && colon + 1 < at && text.charAt(colon + 1) != '$') {
        scan.found(new Span(colon + 1, at, "URL password"));
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
    var isOpen = limit == text.length() && (hitsEnd || isKey && line.hitEnd()) && scan.open(at);
    if (!isOpen && begin >= 0 && !text.substring(begin, end).isBlank()) {
      scan.found(new Span(begin, end, "private key"));
    }
  }

  /** The letters, digits and some other characters that follow a place. Places come in the text's order. */
  private final class Run {
    private final String more;
    private int end;
    private int digit = -1;

    Run(String more) {
      this.more = more;
    }

    /** Where the run ends; what began at {@code begin} stays open when the text ends first. */
    int end(int from, int begin) {
      end = Math.max(end, from);
      var most = Math.min(text.length(), from + LONGEST);
      while (end < most && (Needles.kind(text.charAt(end)) > 0 || more.indexOf(text.charAt(end)) >= 0)) {
        digit = text.charAt(end) <= '9' && text.charAt(end) >= '0' ? end : digit;
        end++;
      }
      if (end == text.length()) {
        scan.open(begin);
      }
      return end;
    }

    /** Whether the run has a digit from this place on. */
    boolean digit(int from) {
      return digit >= from;
    }
  }
}
