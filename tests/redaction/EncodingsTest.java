package tests.redaction;

import module java.base;
import static org.assertj.core.api.Assertions.assertThat;

import lib.core.Json;
import lib.redaction.Redaction;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import tests.Project;

/** A secret is masked in every encoding, at every place of the output, wherever the pieces part. */
class EncodingsTest {
  private static final List<String> SECRETS = List.of("Xk9mQ2vL8pR4tW7z-Jd5_hN3", "it's-Zq3\"v/8\\nB2&<Yc6%fG>ü", "hunter2hunter2",
      "p@ss/w\"rd+'\\ü", "a b&c<d>=e%f~g", "correct horse\nbattery staple", "$2b$10$+/.(a|b)*[^x]?{3}");
  private static final Map<String, UnaryOperator<String>> PLACES = new LinkedHashMap<>();

  static {
    PLACES.put("stdout", text -> "some words\nvalue: " + text + " and more\n");
    PLACES.put("start", text -> text + "\n");
    PLACES.put("stderr", text -> "[stderr] " + ("value: " + text).replace("\n", "\n[stderr] ") + "\n");
    PLACES.put("tool input", text -> "[bash] curl -H \"X-Key: " + text + "\" https://host/\n");
    PLACES.put("event", text -> Json.write(Json.object().put("type", "text").put("text", "value: " + text + "\nmore")) + "\n");
    PLACES.put("title", text -> "Deploy with " + text);
  }

  static Stream<String> encodings() {
    return Encodings.ALL.keySet().stream();
  }

  @ParameterizedTest
  @MethodSource("encodings")
  void masksTheEncodingAtEveryPlaceInAnyPieces(String encoding) {
    for (var secret : SECRETS) {
      var gate = Redaction.of(Map.of(secret, "KEY"));
      PLACES.forEach((place, frame) -> {
        if (place.equals("event") && encoding.equals("xxd in JSON")) {
          return; // a dump in JSON in JSON is not promised
        }
        var text = frame.apply(Encodings.ALL.get(encoding).apply(secret));
        var masked = gate.mask(text);
        assertThat(masked).as("%s at %s: %s", secret, place, text).contains("[KEY]");
        assertThat(Encodings.shows(masked, secret)).as("%s at %s: %s became %s", secret, place, text, masked).isFalse();
        for (var size : List.of(1, 7, 64)) {
          assertThat(inPieces(gate, text, size)).as("%s at %s, %d together", encoding, place, size).isEqualTo(masked);
        }
      });
    }
  }

  @Test
  void masksWhatRealProgramsWrite() throws IOException {
    var secrets = Map.of(SECRETS.get(0), "ONE", SECRETS.get(1), "TWO");
    var gate = Redaction.of(secrets);
    var sections = Files.readString(Project.file("tests/redaction/encoded.txt")).split("(?m)^=== ");
    assertThat(sections).hasSizeGreaterThan(60);
    for (var section : List.of(sections).subList(1, sections.length)) {
      var masked = gate.mask(section);
      var both = !section.startsWith("fold -w 1 "); // it breaks characters, so there it shows the last one of TWO
      assertThat(masked).as(section).contains("[ONE]").contains("[TWO]");
      assertThat(both && secrets.keySet().stream().anyMatch(secret -> Encodings.shows(masked, secret))).as(masked).isFalse();
      assertThat(inPieces(gate, section, 5)).as(section).isEqualTo(masked);
    }
  }

  @Test
  void masksEverySecretOfManyInEveryEncoding() {
    var random = new java.util.Random(1);
    var secrets = new LinkedHashMap<String, String>();
    while (secrets.size() < 200) {
      var secret = new StringBuilder();
      for (var i = 8 + random.nextInt(57); i > 0; i--) {
        secret.append((char) ('!' + random.nextInt('~' - '!')));
      }
      if (secret.chars().filter(Character::isLetterOrDigit).count() > 3) {
        secrets.put(secret.toString(), "KEY");
      }
    }
    var gate = Redaction.of(secrets);
    for (var secret : secrets.keySet()) {
      for (var encoding : List.of("as it is", "base64 behind 1", "hex", "form", "JSON", "xxd", "HTML")) {
        var text = "value: " + Encodings.ALL.get(encoding).apply(secret) + "\n";
        assertThat(gate.mask(text)).as("%s as %s", secret, encoding).contains("[KEY]");
      }
      assertThat(gate.mask("<" + secret + ">")).isEqualTo("<[KEY]>");
    }
  }

  static String inPieces(Redaction gate, String text, int size) {
    var stream = gate.stream();
    var masked = new StringBuilder();
    for (var at = 0; at < text.length(); at += size) {
      masked.append(stream.append(text.substring(at, Math.min(text.length(), at + size))));
    }
    return masked.append(stream.finish()).toString();
  }
}
