package lib.masking;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;

/** The places of a text that are to be masked, as they are found. Not thread-safe. */
final class Spans {
  /** @param end the first character that is not masked */
  record Span(int begin, int end, String name) {
    int length() {
      return end - begin;
    }
  }

  private final List<Span> found = new ArrayList<>(0);
  private final List<Integer> keys = new ArrayList<>(0);
  private final Run words = new Run("_-");
  private final Run dotted = new Run("_-.");
  private int open = Integer.MAX_VALUE;

  void add(int begin, int end, String name) {
    if (begin < end) {
      found.add(new Span(begin, end, name));
    }
  }

  /** Says that from this place on the text may begin something of which the end is not there. */
  void open(int begin) {
    open = Math.min(open, begin);
  }

  /** The runs of which tokens consist. */
  Run words() {
    return words;
  }

  /** The same with dots within. */
  Run dotted() {
    return dotted;
  }

  /** Says that a private key's first line ends here. */
  void key(int end) {
    keys.add(end);
  }

  List<Integer> keys() {
    return keys;
  }

  boolean none() {
    return found.isEmpty();
  }

  /** What overlaps is one span then, under the name of the longest; in the text's order. */
  List<Span> merged() {
    found.sort(Comparator.comparingInt(Span::begin).thenComparingInt(Span::end));
    var merged = new ArrayList<Span>();
    var longest = 0;
    for (var span : found) {
      var last = merged.isEmpty() ? null : merged.getLast();
      if (last == null || span.begin >= last.end) {
        merged.add(span);
        longest = span.length();
      } else {
        var name = span.length() > longest ? span.name : last.name;
        merged.set(merged.size() - 1, new Span(last.begin, Math.max(last.end, span.end), name));
        longest = Math.max(longest, span.length());
      }
    }
    return merged;
  }

  /** The last place, not after this one, that lies within nothing found and after which nothing has begun. */
  int before(int place) {
    var before = Math.min(place, open);
    for (var span : merged().reversed()) {
      before = span.begin < before && before < span.end ? span.begin : before;
    }
    return before;
  }

  /** The first place, not before this one, that lies within nothing found. */
  int after(int place) {
    for (var span : merged()) {
      place = span.begin < place && place < span.end ? span.end : place;
    }
    return place;
  }
}
