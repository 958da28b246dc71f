package lib.core;

import module java.base;

/** Which known name a person may have meant by an unknown one. */
public final class Suggestions {
  private Suggestions() {}

  /** What is known under the name that is most like this one; empty when none is near. Names have small letters and underscores. */
  public static <T> Optional<T> nearest(String unknown, Map<String, T> known) {
    var name = plain(unknown);
    return Optional.ofNullable(known.get(name)) // a whole word of a key says more than a few equal letters: token is auth_token before it is tokens
        .or(() -> known.entrySet().stream().filter(e -> ("_" + e.getKey() + "_").contains("_" + name + "_")).findFirst()
            .or(() -> known.entrySet().stream().filter(e -> distance(name, e.getKey()) <= Math.max(2, name.length() / 3))
                .min(Comparator.comparingInt(e -> distance(name, e.getKey())))).map(Map.Entry::getValue));
  }

  /** The names most like this one, the likest first; those that hold it or are held by it before all others. */
  public static List<String> of(String unknown, Collection<String> names, int max) {
    var name = unknown.toLowerCase(Locale.ROOT);
    return names.stream().sorted(Comparator.comparing((String known) -> {
      var other = known.toLowerCase(Locale.ROOT);
      return (other.contains(name) || name.contains(other) ? 0 : 1_000_000) + distance(name, other);
    }).thenComparing(Comparator.naturalOrder())).limit(max).toList();
  }

  /** A name as settings have it in the config file. */
  public static String plain(String name) {
    return name.toLowerCase(Locale.ROOT).replace('-', '_').replaceFirst("^a2a_", "");
  }

  private static int distance(String a, String b) {
    var row = IntStream.rangeClosed(0, b.length()).toArray();
    for (var i = 1; i <= a.length(); i++) {
      var diagonal = row[0];
      row[0] = i;
      for (var j = 1; j <= b.length(); j++) {
        var change = diagonal + (a.charAt(i - 1) == b.charAt(j - 1) ? 0 : 1);
        diagonal = row[j];
        row[j] = Math.min(change, Math.min(row[j], row[j - 1]) + 1);
      }
    }
    return row[b.length()];
  }
}
