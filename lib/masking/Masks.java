package lib.masking;

import java.util.Collections;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.LongAdder;
import java.util.stream.Collectors;

/** How often what was masked, by name, so that masking too much is seen. Thread-safe. */
public final class Masks {
  private final Map<String, LongAdder> counts = new ConcurrentHashMap<>();
  private final Masks total;

  public Masks() {
    this(null);
  }

  /** @param total counts along; null for none */
  public Masks(Masks total) {
    this.total = total;
  }

  void add(String name) {
    counts.computeIfAbsent(name, n -> new LongAdder()).increment();
    if (total != null) {
      total.add(name);
    }
  }

  /** The counts so far, by name. */
  public Map<String, Long> all() {
    var all = new TreeMap<String, Long>();
    counts.forEach((name, count) -> all.put(name, count.sum()));
    return Collections.unmodifiableMap(all);
  }

  /** The same for people, like {@code GITHUB_TOKEN 3, URL password 1}; empty when nothing was masked. */
  public String text() {
    return all().entrySet().stream().map(one -> one.getKey() + " " + one.getValue()).collect(Collectors.joining(", "));
  }
}
