package lib.masking;

import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.util.Base64;
import java.util.HexFormat;
import java.util.LinkedHashSet;
import java.util.Locale;
import java.util.Set;
import java.util.function.IntPredicate;
import java.util.stream.Collectors;
import lib.core.Json;

/** The forms in which programs write a text: as it is, base64, hex, and quoted for a URL, JSON and a shell. */
final class Forms {
  private static final int LINE = 60; // xxd's; base64 and openssl make longer ones
  private static final int PIECE = 16; // 12 bytes in base64: what is left of one that is broken is no use
  private static final String UNRESERVED = "-._~"; // of RFC 3986, besides letters and digits
  private static final String COMPONENT = "-._~!'()*"; // what JavaScript's encodeURIComponent leaves as it is
  private static final String FORM = "-._*"; // what HTML forms leave, Java's URLEncoder among those who send them

  private Forms() {}

  /** All forms of a text, each once; the longest text that two forms share is one of them. */
  static Set<String> of(String text) {
    var forms = new LinkedHashSet<String>();
    forms.add(text);
    url(text, forms);
    json(text, forms);
    forms.add(text.replace("'", "'\\''"));
    forms.add(text.replace("'", "'\"'\"'"));
    forms.add(text.replaceAll("[^A-Za-z0-9_./:=@%+,-]", "\\\\$0")); // bash's printf %q
    var bytes = text.getBytes(StandardCharsets.UTF_8);
    wrapped(HexFormat.of().formatHex(bytes), forms);
    wrapped(HexFormat.of().withUpperCase().formatHex(bytes), forms);
    for (var before = 0; before < 3; before++) {
      var base64 = base64(bytes, before);
      wrapped(base64, forms);
      wrapped(base64.replace('+', '-').replace('/', '_'), forms);
    }
    return forms;
  }

  /** Adds a form that programs break into lines, wherever they do: then all of it is found but the piece that is broken. */
  private static void wrapped(String form, Set<String> forms) {
    forms.add(form);
    for (var at = 0; form.length() > LINE && at < form.length(); at += PIECE) {
      var begin = Math.min(at, form.length() - PIECE);
      forms.add(form.substring(begin, begin + PIECE));
    }
  }

  /** What base64 has of these bytes whatever stands beside them, when {@code before} bytes precede them in their group of three. */
  private static String base64(byte[] bytes, int before) {
    var padded = new byte[before + bytes.length];
    System.arraycopy(bytes, 0, padded, before, bytes.length);
    var all = Base64.getEncoder().withoutPadding().encodeToString(padded);
    var shared = before == 0 ? 0 : before + 1; // characters that hold bits of what precedes
    return all.substring(shared, padded.length * 8 / 6);
  }

  private static void url(String text, Set<String> forms) {
    for (var kept : new String[] {UNRESERVED, COMPONENT, FORM}) {
      var upper = percent(text, c -> kept.indexOf(c) >= 0);
      forms.add(upper);
      forms.add(lowerHex(upper));
    }
    var form = URLEncoder.encode(text, StandardCharsets.UTF_8);
    forms.add(form);
    forms.add(lowerHex(form));
  }

  private static String percent(String text, IntPredicate kept) {
    var encoded = new StringBuilder();
    for (var b : text.getBytes(StandardCharsets.UTF_8)) {
      if (b > 0 && (Character.isLetterOrDigit(b) || kept.test(b))) {
        encoded.append((char) b);
      } else {
        encoded.append('%').append(HexFormat.of().withUpperCase().toHexDigits(b));
      }
    }
    return encoded.toString();
  }

  private static String lowerHex(String encoded) {
    var lower = new StringBuilder(encoded);
    for (var i = encoded.indexOf('%'); i >= 0; i = encoded.indexOf('%', i + 3)) {
      lower.replace(i, i + 3, encoded.substring(i, i + 3).toLowerCase(Locale.ROOT));
    }
    return lower.toString();
  }

  private static void json(String text, Set<String> forms) {
    var plain = quoted(text);
    forms.add(plain);
    forms.add(quoted(plain)); // JSON within JSON
    forms.add(plain.replace("/", "\\/")); // PHP
    forms.add(escaped(plain, c -> "<>&".indexOf(c) >= 0)); // Go
    forms.add(escaped(plain, c -> c > 0x7e)); // Python
  }

  private static String quoted(String text) {
    var json = Json.write(Json.MAPPER.getNodeFactory().textNode(text));
    return json.substring(1, json.length() - 1);
  }

  private static String escaped(String text, IntPredicate which) {
    return text.chars().mapToObj(c -> which.test(c) ? "\\u%04x".formatted(c) : Character.toString((char) c)).collect(Collectors.joining());
  }
}
