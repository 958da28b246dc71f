package lib.masking;

import java.util.List;
import java.util.stream.Stream;

/**
 * What secrets that nobody told us of look like: a fixed beginning, and then so many characters of a kind. Each is found by
 * its beginning, so that the rest is looked at by hand and rarely.
 *
 * @param begin the text that it begins with
 */
record Shape(String begin, Rest rest) {
  /** Longer runs are no tokens but data, and what is held back for them must have a bound. */
  static final int LONGEST = 8 << 10;

  /** What follows the beginning of a shape. */
  interface Rest {
    /**
     * Adds what is to be masked, if anything; says so when the text's end leaves open whether there is more of it.
     *
     * @param at where the shape begins
     * @param from where its beginning ends
     */
    void look(String text, int at, int from, Spans spans);
  }

  private static final String TOKEN = "token shape";

  /** All shapes, as their makers document them; the numbers are the shortest tokens that they give out. */
  static final List<Shape> ALL = Stream.of(
      tokens(30, "ghp_", "gho_", "ghu_", "ghs_", "ghr_"), // GitHub
      tokens(22, "github_pat_"),
      tokens(20, "glpat-", "gldt-", "glrt-"), // GitLab
      tokens(20, "sk-", "sk_live_", "sk_test_", "rk_live_"), // OpenAI, Anthropic, OpenRouter; Stripe
      tokens(16, "AKIA", "ASIA"), // AWS
      tokens(10, "xoxa-", "xoxb-", "xoxp-", "xoxr-", "xoxs-", "xapp-"), // Slack
      tokens(36, "npm_"),
      tokens(30, "AIza", "hf_", "gsk_", "xai-", "pypi-"), // Google, Hugging Face, Groq, xAI, PyPI
      Stream.of(new Shape("eyJ", Shape::dotted), new Shape("SG.", Shape::dotted), // JSON web tokens, SendGrid
          new Shape("Bearer ", Shape::bearer), new Shape("bearer ", Shape::bearer),
          new Shape("://", Shape::password))).flatMap(s -> s).toList();

  private static Stream<Shape> tokens(int least, String... begins) {
    return Stream.of(begins).map(begin -> new Shape(begin, (text, at, from, spans) -> token(text, at, from, least, spans)));
  }

  /** A run of token characters with a digit in it: {@code sk-skeleton-of-a-class-name} has none. */
  private static void token(String text, int at, int from, int least, Spans spans) {
    if (!within(text, at)) {
      var end = run(spans.words(), text, from, at, spans);
      if (end - from >= least && spans.words().digit(from)) {
        spans.add(at, end, TOKEN);
      }
    }
  }

  /** Runs with dots between. */
  private static void dotted(String text, int at, int from, Spans spans) {
    if (!within(text, at)) {
      var head = run(spans.words(), text, from, at, spans);
      if (head - from >= 10 && head < text.length() && text.charAt(head) == '.') {
        var end = run(spans.dotted(), text, head, at, spans);
        if (end - head > 10) {
          spans.add(at, end, TOKEN);
        }
      }
    }
  }

  private static void bearer(String text, int at, int from, Spans spans) {
    var token = new Run("-._~+/=");
    var end = run(token, text, from, at, spans);
    if (end - from >= 16 && token.digit(from)) { // else it is prose
      spans.add(from, end, "bearer token");
    }
  }

  /** The password of a URL, however short; a variable's name in its place is none. */
  private static void password(String text, int at, int from, Spans spans) {
    var most = Math.min(text.length(), from + LONGEST);
    var colon = -1;
    for (var i = from; i < most; i++) {
      var c = text.charAt(i);
      if (c == ':' && colon < 0) {
        colon = i;
      } else if (c == '@' && colon >= 0 && colon + 1 < i && text.charAt(colon + 1) != '$') {
        spans.add(colon + 1, i, "URL password");
        return;
      } else if (c <= ' ' || c == '@' || "/?#\"'<>\\".indexOf(c) >= 0) {
        return;
      }
    }
    if (most == text.length()) {
      spans.open(at);
    }
  }

  /** Whether this place is within a word, where no token begins; an escaped line break before it is no letter. */
  private static boolean within(String text, int at) {
    return at > 0 && Run.letter(text.charAt(at - 1)) && !(at > 1 && text.charAt(at - 2) == '\\');
  }

  private static int run(Run run, String text, int from, int begin, Spans spans) {
    var end = run.end(text, from, Math.min(text.length(), from + LONGEST));
    if (end == text.length()) {
      spans.open(begin);
    }
    return end;
  }
}
