package lib.redaction;

import module java.base;
import lib.redaction.Scan.Span;

/**
 * Masks one text that comes in pieces, like an agent's stdout. Its output in all is {@link Redaction#mask} of the whole text,
 * wherever the pieces part. It holds back only from where a secret may begin, and at most {@value Reading#REACH} characters.
 * A line that ends within the first three letters of a possible secret leaves at once: then the letters before the line end
 * stay, and the rest is masked in the next line. Not thread-safe.
 */
public final class MaskingStream {
  private final Redaction redaction;
  private final Map<String, Long> counts = new TreeMap<>();
  private String held = ""; // context that has left, and what has not
  private int context;
  private List<Span> ahead = List.of(); // found, and not all left: what began before is undecided, or a mask has left that covers more

  MaskingStream(Redaction redaction) {
    this.redaction = redaction;
  }

  /** Takes a piece; the masked text that can leave now. */
  public String append(String text) {
    return take(text, false);
  }

  /** The masked rest. The stream is then at its end. */
  public String finish() {
    return take("", true);
  }

  /** How often what was masked in this stream, by name. */
  public Map<String, Long> counts() {
    return Collections.unmodifiableMap(counts);
  }

  String take(String more, boolean last) {
    if (redaction.needles == null || more.isEmpty() && held.isEmpty()) {
      return more;
    }
    var text = held.isEmpty() ? more : held + more;
    var scan = new Scan(redaction.needles, text, context, last);
    var spans = scan.spans;
    spans.addAll(ahead);
    spans.sort(Comparator.comparingInt(Span::begin).thenComparing(Span::end, Comparator.reverseOrder()));
    var masked = new StringBuilder(spans.isEmpty() ? 0 : text.length());
    var at = context;
    for (var span : spans) {
      if (span.begin() >= at && span.begin() < scan.cut) {
        masked.append(text, at, span.begin()).append('[').append(span.name()).append(']');
        counts.merge(span.name(), 1L, Long::sum);
        redaction.count(span.name());
      }
      at = span.begin() < scan.cut ? Math.max(at, span.end()) : at;
    }
    hold(text, scan, spans);
    var rest = Math.min(at, scan.cut);
    return masked.isEmpty() ? text.substring(rest, scan.cut) : masked.append(text, rest, scan.cut).toString();
  }

  private void hold(String text, Scan scan, List<Span> spans) {
    var begin = scan.context();
    held = text.substring(begin);
    context = scan.cut - begin;
    ahead = spans.stream().filter(span -> span.end() > scan.cut)
        .map(span -> new Span(span.begin() - begin, span.end() - begin, span.name())).toList();
  }
}
