package lib.masking;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * The gate for all that leaves: masks secrets that are known, in every form in which programs write them, and what looks
 * like one. A mask is as long as what it covers and keeps its line ends, so that places in a text mean the same before and
 * after. Immutable but for its counts; thread-safe.
 */
public final class Redaction {
  /** Masks nothing. */
  public static final Redaction NONE = new Redaction(Map.of(), List.of());
  /** Words are looked for by their beginning, which keeps the automaton small; no secret is shorter. */
  private static final int BEGINNING = Secrets.SHORTEST;

  private final Keywords keywords;
  private final List<List<Candidate>> candidates = new ArrayList<>(); // by keyword
  private final Masks total = new Masks();
  private int reach = Math.max(PrivateKey.LONGEST, Shape.LONGEST);

  /** What a keyword may be the beginning of. */
  private interface Candidate {
    void look(String text, int at, Spans spans);
  }

  /** A text, masked, and how many characters of a private key that began in it may follow; 0 for none. */
  public record Masked(String text, int key) {}

  private Redaction(Map<String, String> secrets, List<Shape> shapes) {
    var words = new LinkedHashMap<String, Integer>();
    var known = new HashMap<String, String>();
    secrets.forEach((value, name) -> Forms.of(value).forEach(form -> known.putIfAbsent(form, name)));
    known.forEach((form, name) -> {
      reach = Math.max(reach, 2 * form.length());
      candidate(words, form.substring(0, Math.min(form.length(), BEGINNING)), (text, at, spans) -> exact(text, at, form, name, spans));
    });
    shapes.forEach(shape -> candidate(words, shape.begin(),
        (text, at, spans) -> shape.rest().look(text, at, at + shape.begin().length(), spans)));
    if (!shapes.isEmpty()) {
      candidate(words, PrivateKey.BEGIN, (text, at, spans) -> {
        var end = PrivateKey.first(text, at, spans);
        if (end >= 0) {
          spans.key(end);
        }
      });
    }
    keywords = new Keywords(List.copyOf(words.keySet()));
  }

  /**
   * A gate for these secrets, and for all that looks like one.
   *
   * @param secrets each value with the name that its masks bear
   */
  public static Redaction of(Map<String, String> secrets) {
    return new Redaction(secrets, Shape.ALL);
  }

  private void candidate(Map<String, Integer> words, String word, Candidate candidate) {
    var number = words.computeIfAbsent(word, w -> {
      candidates.add(new ArrayList<>());
      return words.size();
    });
    candidates.get(number).add(candidate);
  }

  private static void exact(String text, int at, String form, String name, Spans spans) {
    if (text.startsWith(form, at)) {
      spans.add(at, at + form.length(), name);
    } else if (text.length() - at < form.length() && text.regionMatches(at, form, 0, text.length() - at)) {
      spans.open(at);
    }
  }

  /** The text with every secret masked; counted in the total. */
  public String mask(String text) {
    return text == null ? null : mask(text, 0, total).text;
  }

  /**
   * The same for a text that goes on with an earlier one.
   *
   * @param key what the earlier one left of a private key, else 0
   * @param counts where the masks are counted; null for nowhere
   */
  public Masked mask(String text, int key, Masks counts) {
    var spans = new Spans();
    keywords.scan(text, 0, (word, at) -> candidates.get(word).forEach(candidate -> candidate.look(text, at, spans)));
    var keys = spans.keys();
    var left = key == 0 ? 0 : PrivateKey.follow(text, 0, text.length(), key, false, spans);
    for (var i = 0; i < keys.size(); i++) { // the next one's own look goes on further than this one's
      var to = i + 1 < keys.size() ? keys.get(i + 1) : text.length();
      left = PrivateKey.follow(text, keys.get(i), to, PrivateKey.LONGEST, true, spans);
    }
    return spans.none() ? new Masked(text, left) : new Masked(covered(text, spans, counts), left);
  }

  private static String covered(String text, Spans spans, Masks counts) {
    var masked = new StringBuilder(text.length());
    for (var span : spans.merged()) {
      masked.append(text, masked.length(), span.begin());
      for (var i = span.begin(); i <= span.end(); i++) {
        if (i == span.end() || text.charAt(i) == '\n' || text.charAt(i) == '\r') {
          masked.append(cover(span.name(), i - masked.length())).append(text, i, Math.min(i + 1, span.end()));
        }
      }
      if (counts != null) {
        counts.add(span.name());
      }
    }
    return masked.append(text, masked.length(), text.length()).toString();
  }

  private static String cover(String name, int length) {
    var stars = length - name.length() - 2;
    return stars < 0 ? "*".repeat(length) : "[" + name + "*".repeat(stars) + "]";
  }

  /** Where the text can be cut so that no secret is cut, as late as can be; what it may begin counts as one. */
  public int whole(String text) {
    var from = Math.max(0, text.length() - 2 * reach);
    var spans = new Spans();
    var depth = keywords.scan(text, from, (word, at) -> candidates.get(word).forEach(candidate -> candidate.look(text, at, spans)));
    return spans.before(text.length() - depth);
  }

  /** The first place from this one on that is not within a secret. */
  public int beyond(String text, int place) {
    var spans = new Spans();
    keywords.scan(text, 0, (word, at) -> candidates.get(word).forEach(candidate -> candidate.look(text, at, spans)));
    return spans.after(place);
  }

  /** No secret has more characters than this, in whatever form. */
  public int reach() {
    return reach;
  }

  /** All masks since the start. */
  public Masks total() {
    return total;
  }
}
