package tests.redaction;

import module java.base;
import static org.assertj.core.api.Assertions.assertThat;

import lib.redaction.Redaction;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** A stream gives the same masked text in any pieces, holds back little, and shows no secret's part. */
class MaskingStreamTest {
  private static final String SECRET = "hunter2hunter2";
  private static final Redaction GATE = Redaction.of(Map.of(SECRET, "KEY"));
  private static final int BOUND = 32 << 10;

  @Test
  void givesTheSameTextInAnyPieces() {
    var random = new Random(11);
    var encodings = List.copyOf(Encodings.ALL.values());
    var scraps = List.of("\\", "%", "&", "&#", "\u001b[", "0x", "0x4", "\n", "\n[stderr] ", "@", "://u:", "sk-", "ghp_a1B2c3D4e5F6g7H8i9J0k1L2m3N4o5P6q7R8",
        "Bearer ", "-----BEGIN PRIVATE KEY-----\nMIIEabcd\n", "😀", "ü", "00000010: ", "\\n", "\"", " words and ", "\n00000000");
    for (var run = 0; run < 100; run++) {
      var secrets = new LinkedHashMap<String, String>();
      for (var i = 0; i < 3; i++) {
        secrets.put(secret(random), "KEY" + i);
      }
      var gate = Redaction.of(secrets);
      var text = new StringBuilder();
      for (var i = 0; i < 12; i++) {
        var one = encodings.get(random.nextInt(encodings.size())).apply(List.copyOf(secrets.keySet()).get(random.nextInt(3)));
        var cut = random.nextInt(one.length() + 1);
        text.append(switch (random.nextInt(4)) {
          case 0 -> one;
          case 1 -> one.substring(cut);
          case 2 -> one.substring(0, cut);
          default -> scraps.get(random.nextInt(scraps.size()));
        });
      }
      var whole = gate.mask(text.toString());
      for (var most : List.of(1, 4, 50)) {
        assertThat(String.join("", pieces(gate, text.toString(), most, random))).as("%s in %s", secrets, text).isEqualTo(whole);
      }
    }
  }

  private static String secret(Random random) {
    var secret = new StringBuilder();
    var signs = random.nextBoolean();
    for (var i = 8 + random.nextInt(30); i > 0; i--) {
      secret.append(signs ? (char) ('!' + random.nextInt(94)) : (char) ('a' + random.nextInt(26)));
    }
    return secret.toString();
  }

  private static List<String> pieces(Redaction gate, String text, int most, Random random) {
    var stream = gate.stream();
    var pieces = new ArrayList<String>();
    for (int at = 0, end; at < text.length(); at = end) {
      end = Math.min(text.length(), at + 1 + random.nextInt(most));
      pieces.add(stream.append(text.substring(at, end)));
    }
    pieces.add(stream.finish());
    return pieces;
  }

  @ParameterizedTest
  @ValueSource(strings = {"Done.\n", "hello\n", "the hunter\n", "the hu\n", "{\"type\":\"text\"}\n", "\u001b[32mok\u001b[0m\n", "100%\n", "C:\\\n", "3f78685 Adds it\n",
      "  12 files changed\n"})
  void letsALineLeaveAtOnceWhenNoSecretGoesOnBehindIt(String line) {
    var stream = GATE.stream();
    assertThat(stream.append(line)).isEqualTo(line.startsWith("the hunter") ? "the " : line);
    assertThat(stream.append("next\n")).endsWith("next\n");
  }

  @Test
  void holdsBackFromWhereASecretMayBegin() {
    var stream = Redaction.of(Map.of("correcthorsebattery", "KEY")).stream();
    assertThat(stream.append("say correcthor")).isEqualTo("say ");
    assertThat(stream.append("sebatt")).isEmpty();
    assertThat(stream.append("ery.\n")).isEqualTo("[KEY].\n");
    assertThat(stream.append("correcthorse hurries...")).isEqualTo("correcthorse hurries...");
    assertThat(stream.append("\nco\nrr")).isEqualTo("\n");
    assertThat(stream.finish()).isEqualTo("co\nrr");
  }

  @Test
  void leavesAtMostTwoLettersBeforeALineEndThatBreaksASecret() {
    for (var before = 1; before < SECRET.length(); before++) {
      var stream = GATE.stream();
      var masked = stream.append("say " + SECRET.substring(0, before) + "\n") + stream.append(SECRET.substring(before) + "\n") + stream.finish();
      assertThat(masked).isEqualTo(before < 3 ? "say " + SECRET.substring(0, before) + "\n[KEY]\n" : "say [KEY]\n");
    }
    var stream = GATE.stream();
    assertThat(stream.append(Encodings.fold(SECRET, 1)) + stream.finish()).isEqualTo("[KEY]\n");
  }

  @Test
  void masksASecretOverTwoEventsAndOverManyLinesOfADump() {
    var stream = GATE.stream();
    assertThat(stream.append("it begins: hunter2\n") + stream.append("hunter2 was the rest\n") + stream.finish())
        .isEqualTo("it begins: [KEY] was the rest\n");
    var dump = Encodings.ALL.get("hexdump -C").apply(SECRET + " " + SECRET);
    var lines = GATE.stream();
    var masked = new StringBuilder();
    dump.lines().forEach(line -> masked.append(lines.append(line + "\n")));
    assertThat(masked.append(lines.finish()).toString()).isEqualTo(GATE.mask(dump)).doesNotContain("hun", "68 75 6e", "er2");
  }

  @Test
  void masksAPrivateKeyWhoseLinesComeOneByOne() {
    var stream = GATE.stream();
    var masked = new StringBuilder(stream.append("[stderr] -----BEGIN PRIVATE KEY-----\n"));
    for (var i = 0; i < 30; i++) {
      masked.append(stream.append("[stderr] MIIEpAIBAAKCAQEA" + i + "\n"));
    }
    masked.append(stream.append("[stderr] -----END PRIVATE KEY-----\n")).append(stream.append("after\n"));
    assertThat(masked.toString()).isEqualTo("[stderr] -----BEGIN PRIVATE KEY-----\n[stderr] [private key]\n[stderr] -----END PRIVATE KEY-----\nafter\n");
  }

  @ParameterizedTest
  @ValueSource(strings = {"hunter2 hunter ", "sk-a1", "\u001b]8;;x", "\\", "&#", "%", "@", "-----BEGIN PRIVATE KEY-----\nabcd\n", "abcd\n", "00000000: 6875 6e74  hunt\n", "0",
      "https://me:", "hunter2hunter"})
  void holdsBackABoundedLength(String flood) {
    var stream = GATE.stream();
    var given = 0;
    var begin = "-----BEGIN PRIVATE KEY-----\n";
    given += stream.append(begin).length();
    var piece = flood.repeat(4000 / flood.length());
    for (var i = 1; i < 40; i++) {
      given += stream.append(piece).length();
      var held = begin.length() + i * piece.length() - given;
      assertThat(held).isLessThanOrEqualTo(BOUND);
    }
  }

  @Test
  void masksASecretThatOverlapsItselfWithoutEnd() {
    var gate = Redaction.of(Map.of("abcabcabcabc", "KEY"));
    var stream = gate.stream();
    var masked = new StringBuilder();
    for (var i = 0; i < 1000; i++) {
      masked.append(stream.append("abcabc"));
    }
    assertThat(masked.append(stream.finish()).toString()).isEqualTo("[KEY]");
    assertThat(stream.counts()).isEqualTo(Map.of("KEY", 1L));
  }

  @Test
  void partsNoCharacterOfTwoUnits() {
    var stream = GATE.stream();
    assertThat(stream.append("." + "😀".charAt(0))).isEqualTo(".");
    assertThat(stream.append("😀".substring(1))).isEqualTo("😀");
  }
}
