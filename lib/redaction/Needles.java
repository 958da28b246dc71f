package lib.redaction;

import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Base64;
import java.util.Comparator;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import java.util.stream.Stream;

/**
 * What the gate looks for: the letters and digits of every value, as it stands, in base64 at each alignment and in hex, sorted
 * and indexed by the first three. Immutable.
 */
final class Needles {
  /** So many letters and digits select the needles that may begin at a place. */
  static final int PREFIX = 3;
  /** Bits of the index's entries: needles, or token shapes, begin so; or a byte of a list, like {@code 0x6a}. */
  static final byte NEEDLE = 1;
  static final byte SHAPE = 2;
  static final byte HEX_PREFIX = 4;

  private static final int LEAST = PREFIX + 1; // letters and digits of a value that is found in other forms than its own
  private static final int SURE = 8; // fewer letters and digits turn up by chance, so the rest of the value must be there, too
  private static final int PIECE = 256; // a longer value is looked for in pieces, so that what waits for its end has a bound
  private static final int OVERLAP = 16;
  private static final int PUNCTUATION = 8; // as much is masked before a value's first letter or digit, and is looked for within
  private static final int GAP = 16; // separators between two characters of a value
  private static final byte[] KINDS = new byte[128]; // 1 to 62 for letters and digits, in their order

  static {
    var count = 0;
    for (var c = 0; c < KINDS.length; c++) {
      KINDS[c] = (byte) (c >= '0' && c <= '9' || c >= 'A' && c <= 'Z' || c >= 'a' && c <= 'z' ? ++count : 0);
    }
  }

  /**
   * A text to be found.
   *
   * @param core its letters and digits
   * @param body from its first letter or digit to its last
   * @param lead the punctuation before
   * @param trail the punctuation behind
   * @param later whether it lacks its first letters, and so is looked for only at a line's start
   */
  record Needle(String core, String body, String lead, String trail, String name, boolean later) {
    boolean thin() {
      return core.length() < SURE;
    }
  }

  private final Needle[] sorted;
  private final int[] first = new int[(1 << 6 * PREFIX) + 1]; // where in `sorted` the needles of a prefix begin
  private final byte[] index = new byte[1 << 6 * PREFIX];
  private final boolean[] fourth = new boolean[1 << 18]; // a hash of the first four letters of every needle
  private final Map<Integer, List<String>> leads; // by their last characters
  private final Map<String, String> verbatim = new LinkedHashMap<>();
  private final int gap;

  /**
   * The needles of these values.
   *
   * @param secrets each value with its name
   */
  Needles(Map<String, String> secrets) {
    var needles = new ArrayList<Needle>();
    secrets.forEach((value, name) -> {
      for (var at = 0; at == 0 || at + OVERLAP < value.length(); at += PIECE - OVERLAP) {
        encodings(value.substring(at, Math.min(value.length(), at + PIECE))).forEach(text -> add(text, name, needles));
      }
      if (value.chars().filter(c -> kind(c) > 0).count() < LEAST) {
        verbatim.put(value, name);
      }
    });
    needles.sort(Comparator.comparing(Needle::core));
    sorted = needles.toArray(Needle[]::new);
    leads = needles.stream().flatMap(needle -> Stream.of(needle.lead, utf8(needle.lead)))
        .flatMap(lead -> IntStream.rangeClosed(1, lead.length()).mapToObj(end -> lead.substring(0, end))).distinct()
        .collect(Collectors.groupingBy(lead -> lead.codePointBefore(lead.length())));
    gap = GAP * (1 + needles.stream().mapToInt(needle -> punctuation(needle.body)).max().orElse(0));
    for (var needle : sorted) {
      var prefix = prefix(needle.core);
      first[prefix + 1]++;
      index[prefix] |= NEEDLE;
      fourth[hash(prefix, kind(needle.core.charAt(PREFIX)))] = true;
    }
    for (var i = 1; i < first.length; i++) {
      first[i] += first[i - 1];
    }
    mark("0x", HEX_PREFIX);
    TokenShapes.begins().forEach(begin -> mark(begin, SHAPE));
  }

  /** Marks every prefix that a text may have which begins so. */
  private void mark(String begin, byte bit) {
    var core = letters(begin);
    if (core.length() >= PREFIX) {
      index[prefix(core)] |= bit;
    } else {
      for (var kind = 1; kind < 63; kind++) {
        index[kind(core.charAt(0)) << 12 | kind(core.charAt(1)) << 6 | kind] |= bit;
      }
    }
  }

  /** The forms of a value that differ in letters and digits; escapes are undone in the text instead. */
  private static Set<String> encodings(String value) {
    var texts = new LinkedHashSet<String>(List.of(value));
    var undone = new StringBuilder();
    var decoder = new EscapeDecoder(Scan.bytes(value), true);
    for (var at = 0; at < value.length(); at = decoder.next()) {
      decoder.read(at);
      undone.appendCodePoint(decoder.unit());
    }
    texts.add(undone.toString());
    var bytes = value.getBytes(StandardCharsets.UTF_8);
    texts.add(HexFormat.of().formatHex(bytes));
    texts.add(HexFormat.of().withUpperCase().formatHex(bytes));
    for (var before = 0; before < 3; before++) {
      var padded = new byte[before + bytes.length];
      System.arraycopy(bytes, 0, padded, before, bytes.length);
      var shared = before == 0 ? 0 : before + 1; // characters that hold bits of what precedes
      var base64 = Base64.getEncoder().withoutPadding().encodeToString(padded).substring(shared, padded.length * 8 / 6);
      texts.add(base64);
      texts.add(base64.replace('+', '-').replace('/', '_'));
    }
    return texts;
  }

  private static void add(String text, String name, List<Needle> needles) {
    var end = text.length();
    while (end > 0 && kind(text.charAt(end - 1)) == 0) {
      end--;
    }
    for (int begin = 0, skipped = 0, after = 0; begin < end && skipped < PREFIX; begin++) {
      if (kind(text.charAt(begin)) > 0) {
        var core = letters(text.substring(begin, end));
        if (core.length() >= LEAST && (skipped == 0 || end - begin >= 2 * PREFIX)) {
          needles.add(new Needle(core, text.substring(begin, end), text.substring(Math.max(after, begin - PUNCTUATION), begin),
              text.substring(end), name, skipped > 0));
        }
        skipped++;
        after = begin + 1;
      }
    }
  }

  /** The most punctuation between two letters, as far as it is looked for. */
  private static int punctuation(String body) {
    var most = 0;
    for (int i = 0, row = 0; i < body.length(); i++) {
      row = kind(body.charAt(i)) > 0 ? 0 : row + 1;
      most = Math.max(most, Math.min(row, PUNCTUATION));
    }
    return most;
  }

  private static String letters(String text) {
    return text.chars().filter(c -> kind(c) > 0).collect(StringBuilder::new, StringBuilder::appendCodePoint, StringBuilder::append).toString();
  }

  private static int prefix(String core) {
    return kind(core.charAt(0)) << 12 | kind(core.charAt(1)) << 6 | kind(core.charAt(2));
  }

  private static int hash(int prefix, int kind) {
    return (prefix << 6 | kind) * 0x9E3779B1 >>> 14;
  }

  /** A text as its bytes, as escapes and dumps show it. */
  static String utf8(String text) {
    return new String(text.getBytes(StandardCharsets.UTF_8), StandardCharsets.ISO_8859_1);
  }

  /** The number of a letter or digit, 0 for any other character. */
  static int kind(int c) {
    return c >= 0 && c < KINDS.length ? KINDS[c] : 0;
  }

  /** What may begin with three letters or digits, by their numbers; of six bits each. */
  byte[] index() {
    return index;
  }

  /** Whether a needle may begin with this prefix and, as the fourth, this letter or digit. */
  boolean continues(int prefix, int kind) {
    return fourth[hash(prefix, kind)];
  }

  /** The first needle of a prefix; those of the next prefix follow its last. */
  int first(int prefix) {
    return first[prefix];
  }

  /** How many separators may stand between two letters of a value: sixteen on each side of its own punctuation. */
  int gap() {
    return gap;
  }

  int size() {
    return sorted.length;
  }

  Needle get(int number) {
    return sorted[number];
  }

  /** The first of some needles that has no smaller character at a place of its core. All have equal ones before it, and reach it. */
  int search(int from, int to, int at, int c) {
    while (from < to) {
      var middle = (from + to) >>> 1;
      if (sorted[middle].core.charAt(at) < c) {
        from = middle + 1;
      } else {
        to = middle;
      }
    }
    return from;
  }

  /** The beginnings of values, before their first letter, that end with this character. */
  List<String> leads(int end) {
    return leads.getOrDefault(end, List.of());
  }

  /** The values with too few letters and digits, which are found only as they stand, with their names. */
  Map<String, String> verbatim() {
    return verbatim;
  }
}
