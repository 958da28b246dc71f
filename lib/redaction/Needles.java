package lib.redaction;

import module java.base;
import static java.nio.charset.StandardCharsets.ISO_8859_1;

/**
 * What the gate looks for: the letters and digits of every value, as it stands, in base64 at each alignment and in hex, indexed
 * by the first three. Immutable once it is made, so thread-safe.
 */
final class Needles {
  /** So many letters and digits select the needles that may begin at a place. */
  static final int PREFIX = 3;
  /** The bits of such a prefix. */
  static final int MASK = (1 << 6 * PREFIX) - 1;
  /** As much is masked before a value's first letter or digit. */
  static final int PUNCTUATION = 8;

  private static final int LEAST = PREFIX + 1; // letters and digits of a value that is found in other forms than its own
  private static final int SURE = 8; // fewer letters and digits turn up by chance, so the rest of the value must be there, too
  private static final int PIECE = 256; // a longer value is looked for in pieces, so that what waits for its end has a bound
  private static final int OVERLAP = 16;
  private static final int GAP = 16; // separators between two characters of a value
  private static final String LETTERS = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
  private static final byte[] KINDS = new byte[256]; // 1 to 62 for letters and digits, in their order

  static {
    LETTERS.chars().forEach(c -> KINDS[c] = (byte) (LETTERS.indexOf(c) + 1));
  }

  /**
   * A text to be found, in bytes; each row of bytes outside ASCII is one negative byte.
   *
   * @param core its letters and digits
   * @param body what must be there: its core, but of a value with few letters all between the first and the last
   * @param lead the punctuation before
   * @param trail the punctuation behind
   * @param gap how many separators may stand between two letters: sixteen on each side of its own punctuation
   */
  record Needle(byte[] core, byte[] body, byte[] lead, byte[] trail, int gap, String name) {}

  /** What may begin with three letters: needles, a token's shape, or a byte of a list, like {@code 0x6a}. */
  static final class Bucket {
    Needle[] needles = {};
    boolean isShape;
    boolean isHexPrefix;
  }

  /** The numbers of the buckets of one, two or three letters or digits, which are the index in six bits each; 0 for none. */
  final char[] index = new char[MASK + 1];
  final List<Bucket> buckets = new ArrayList<>(List.of(new Bucket()));
  private final boolean[] leads = new boolean[256];
  /** The values with too few letters and digits, which are found only as they stand, with their names. */
  final Map<String, String> verbatim = new LinkedHashMap<>();
  /** How many separators may stand at most between two letters of a value. */
  int gap = GAP;

  /**
   * The needles of these values.
   *
   * @param secrets each value with its name
   */
  Needles(Map<String, String> secrets) {
    secrets.forEach((value, name) -> {
      for (var at = 0; at == 0 || at + OVERLAP < value.length(); at += PIECE - OVERLAP) {
        forms(value.substring(at, Math.min(value.length(), at + PIECE))).distinct().forEach(form -> add(form, name));
      }
      if (value.replaceAll("[^A-Za-z0-9]", "").length() < LEAST) {
        verbatim.put(value, name);
      }
    });
    for (var third : LETTERS.split("")) {
      bucketOf("0x" + third).isHexPrefix = true;
      TokenShapes.BEGINS.forEach(begin -> bucketOf(begin + third).isShape = true);
    }
  }

  /** The forms of a value that differ in letters and digits; escapes are undone in the text instead. */
  private static Stream<String> forms(String value) {
    var bytes = value.getBytes(StandardCharsets.UTF_8);
    var hex = HexFormat.of().formatHex(bytes);
    var base64 = Stream.of(0, 2, 3).map(shared -> { // characters that hold bits of what precedes
      var padded = new byte[Math.max(0, shared - 1) + bytes.length];
      System.arraycopy(bytes, 0, padded, padded.length - bytes.length, bytes.length);
      return Base64.getEncoder().withoutPadding().encodeToString(padded).substring(shared, padded.length * 8 / 6);
    });
    return Stream.concat(base64, Stream.of(ascii(bytes), ascii(new EscapeReader(null, bytes, true).units), hex, hex.toUpperCase()));
  }

  private static String ascii(byte[] bytes) {
    return new String(bytes, ISO_8859_1).replaceAll("[^\0-\177]+", "\377");
  }

  private void add(String form, String name) {
    var core = form.replaceAll("[^A-Za-z0-9]", "");
    if (core.length() >= LEAST) {
      var lead = form.replaceFirst("(?s)[A-Za-z0-9].*", "");
      var trail = form.replaceFirst("(?s).*[A-Za-z0-9]", "");
      var body = form.substring(lead.length(), form.length() - trail.length());
      var own = Stream.of(body.split("[A-Za-z0-9]")).mapToInt(String::length).max().orElse(0);
      var needle = new Needle(bytes(core), bytes(core.length() < SURE ? body.replace("\377", "") : core),
          bytes(lead.substring(Math.max(0, lead.length() - PUNCTUATION))), bytes(trail), GAP * (1 + Math.min(own, PUNCTUATION)), name);
      gap = Math.max(gap, needle.gap);
      for (var unit = 0; unit < leads.length; unit++) {
        for (var c : needle.lead) {
          leads[unit] |= Reading.same(c, (byte) unit);
        }
      }
      for (var letters = 1; letters <= PREFIX; letters++) { // fewer are what a text may end with
        var bucket = bucketOf(core.substring(0, letters));
        if (letters == PREFIX) {
          bucket.needles = Arrays.copyOf(bucket.needles, bucket.needles.length + 1);
          bucket.needles[bucket.needles.length - 1] = needle;
        }
      }
    }
  }

  /** The bucket of what begins so. Where too many prefixes share the last one, all letters of a needle decide. */
  private Bucket bucketOf(String begin) {
    var prefix = 0;
    for (var c : bytes(begin.substring(0, Math.min(begin.length(), PREFIX)))) {
      prefix = prefix << 6 | kind(c);
    }
    if (index[prefix] == 0) {
      index[prefix] = (char) Math.min(buckets.size(), Character.MAX_VALUE);
      buckets.add(new Bucket());
    }
    return buckets.get(index[prefix]);
  }

  private static byte[] bytes(String text) {
    return text.getBytes(ISO_8859_1);
  }

  /**
   * What each byte does to a prefix: {@code prefix << step | step >> 5} adds a letter, and leaves it for a separator. A negative
   * step is that of a byte which needs a look.
   */
  static int[] steps(String special) {
    var steps = new int[KINDS.length];
    Arrays.setAll(steps, c -> special.indexOf(c) >= 0 ? -1 : KINDS[c] == 0 ? 0 : KINDS[c] << 5 | 6);
    return steps;
  }

  /** The number of a letter or digit of ASCII, 0 for any other character. */
  static int kind(int c) {
    return c >= 0 && c < KINDS.length ? KINDS[c] : 0;
  }

  /** Whether a value may have this byte before its first letter. */
  boolean leads(byte c) {
    return leads[c & 0xff];
  }
}
