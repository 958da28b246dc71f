package lib.redaction;

import module java.base;

/**
 * The gate for all that leaves the worker. It masks the secrets that are known, in every encoding in which programs write them,
 * and what looks like a secret. Immutable but for its counts; thread-safe.
 *
 * <p>A known value is found as it stands, in base64 at each alignment and in hex, whatever separators, colours and escapes
 * stand in it: at most 16 between two characters. Only a value's letters and digits count; one with fewer than eight
 * needs all its characters in their order, one with fewer than four is found only as it stands, in base64 and in hex. A longer
 * value than 256 characters is found in pieces. Two layers of encoding are not undone, except JSON in JSON.
 */
public final class Redaction {
  /** Masks nothing. */
  public static final Redaction NONE = new Redaction(null);

  final Needles needles; // null for none
  private final Map<String, Long> total = new ConcurrentHashMap<>();

  private Redaction(Needles needles) {
    this.needles = needles;
  }

  /**
   * A gate for these secrets, and for all that looks like one.
   *
   * @param secrets each value with the name that its masks show
   */
  public static Redaction of(Map<String, String> secrets) {
    return new Redaction(new Needles(secrets));
  }

  /** A whole text with every secret as {@code [NAME]}; null for null. */
  public String mask(String text) {
    return text == null ? null : stream().take(text, true);
  }

  /** The gate for one text that comes in pieces. */
  public MaskingStream stream() {
    return new MaskingStream(this);
  }

  /** All masks since the start, by name, so that a user sees when too much is masked. */
  public Map<String, Long> total() {
    return new TreeMap<>(total);
  }

  /** Counts of masks for people, like {@code GITHUB_TOKEN 3, URL password 1}; empty when nothing was masked. */
  public static String text(Map<String, Long> counts) {
    return counts.entrySet().stream().map(one -> one.getKey() + " " + one.getValue()).collect(Collectors.joining(", "));
  }

  void count(String name) {
    total.merge(name, 1L, Long::sum);
  }
}
