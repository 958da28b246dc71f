package tests.redaction;

import module java.base;
import static org.assertj.core.api.Assertions.assertThat;

import lib.core.Json;
import lib.redaction.Redaction;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import tests.Project;

/** Secrets pass no gate, known or not; other text passes as it is. */
class RedactionTest {
  private static final String TAIL = "a1B2c3D4e5F6g7H8i9J0k1L2m3N4o5P6q7R8";

  @Test
  void masksEveryOccurrenceInALineAndKeepsWhatStandsAround() {
    var gate = Redaction.of(Map.of("hunter2hunter2", "KEY", "$3cret/=+value!", "OTHER", "!!!???<<<>>>", "SIGNS"));
    assertThat(gate.mask("a hunter2hunter2 b hunter2hunter2\nc")).isEqualTo("a [KEY] b [KEY]\nc");
    assertThat(gate.mask("$3cret/=+value!$3cret/=+value!")).isEqualTo("[OTHER][OTHER]");
    assertThat(gate.mask("x='$3cret/=+value!'")).isEqualTo("x='[OTHER]'");
    assertThat(gate.mask("%243cret%2F%3D%2Bvalue%21&x")).isEqualTo("[OTHER]&x");
    assertThat(gate.mask("what !!!???<<<>>> is")).isEqualTo("what [SIGNS] is");
    assertThat(gate.mask(null)).isNull();
    assertThat(Redaction.NONE.mask("hunter2hunter2 ghp_" + TAIL)).isEqualTo("hunter2hunter2 ghp_" + TAIL);
  }

  @Test
  void masksSecretsThatOverlapAsOneUnderTheNameOfTheFirst() {
    var secrets = new LinkedHashMap<String, String>();
    secrets.put("abcdefgh", "SHORT");
    secrets.put("abcdefghijklmnop", "LONG");
    secrets.put("mnopqrstuvwx", "NEXT");
    var gate = Redaction.of(secrets);
    assertThat(gate.mask("-abcdefgh-")).isEqualTo("-[SHORT]-");
    assertThat(gate.mask("-abcdefghi-")).isEqualTo("-[SHORT]i-");
    assertThat(gate.mask("-abcdefghijklmnop-")).isEqualTo("-[LONG]-");
    assertThat(gate.mask("-abcdefghijklmnopqrstuvwx-")).isEqualTo("-[LONG]-");
    assertThat(gate.mask("abcabcdefgh")).isEqualTo("abc[SHORT]");
  }

  @Test
  void masksALongSecretAsAWholeThoughItIsLookedForInPieces() {
    var random = new Random(4);
    var bytes = new byte[2000];
    random.nextBytes(bytes);
    var secret = Base64.getEncoder().encodeToString(bytes);
    var gate = Redaction.of(Map.of(secret, "KEY"));
    assertThat(gate.mask("<" + secret + ">")).isEqualTo("<[KEY]>");
    for (var width : List.of(60, 64, 76)) {
      assertThat(gate.mask(Encodings.fold(secret, width))).isEqualTo("[KEY]");
      assertThat(gate.mask(Encodings.fold(HexFormat.of().formatHex(secret.getBytes()), width))).isEqualTo("[KEY]");
    }
    assertThat(Encodings.shows(gate.mask(Base64.getMimeEncoder().encodeToString(("key " + secret).getBytes())), secret)).isFalse();
  }

  @Test
  void showsNoByteOfASecretInBase64WhateverStandsBesideIt() {
    var random = new Random(3);
    var secret = "hunter2hunter2";
    var gate = Redaction.of(Map.of(secret, "KEY"));
    for (var before = 0; before < 9; before++) {
      for (var encoder : List.of(Base64.getEncoder(), Base64.getUrlEncoder().withoutPadding())) {
        var all = new byte[before + secret.length() + 3];
        random.nextBytes(all);
        System.arraycopy(secret.getBytes(), 0, all, before, secret.length());
        var text = encoder.encodeToString(all);
        var begin = (before * 8 + 5) / 6; // the characters that hold nothing but bits of the secret
        var end = (before + secret.length()) * 8 / 6;
        assertThat(gate.mask(text)).isEqualTo(text.substring(0, begin) + "[KEY]" + text.substring(end));
      }
    }
  }

  @Test
  void allowsSixteenSeparatorsBetweenTwoCharacters() {
    var gate = Redaction.of(Map.of("hunter2hunter2", "KEY"));
    assertThat(gate.mask("hunter" + " ".repeat(16) + "2hunter2")).isEqualTo("[KEY]");
    assertThat(gate.mask("hunter" + " ".repeat(17) + "2hunter2")).doesNotContain("[KEY]");
  }

  @Test
  void countsMasksByName() {
    var gate = Redaction.of(Map.of("hunter2hunter2", "KEY"));
    var stream = gate.stream();
    stream.append("hunter2hunter2 and hunter2");
    stream.append("hunter2\nhttps://me:pw@host/");
    stream.finish();
    gate.mask("hunter2hunter2");
    assertThat(stream.counts()).containsExactly(Map.entry("KEY", 2L), Map.entry("URL password", 1L));
    assertThat(Redaction.text(stream.counts())).isEqualTo("KEY 2, URL password 1");
    assertThat(gate.total()).containsExactly(Map.entry("KEY", 3L), Map.entry("URL password", 1L));
    assertThat(Redaction.text(Map.of())).isEmpty();
  }

  @Test
  void masksTokensByTheirShape() {
    var gate = Redaction.of(Map.of());
    for (var token : List.of("ghp_" + TAIL, "gho_" + TAIL, "ghu_" + TAIL, "ghs_" + TAIL, "ghr_" + TAIL, "github_pat_" + TAIL, "glpat-" + TAIL,
        "gldt-" + TAIL, "glrt-" + TAIL, "sk-" + TAIL, "sk-ant-api03-" + TAIL, "sk_live_" + TAIL, "sk_test_" + TAIL, "rk_live_" + TAIL,
        "AKIA" + "IOSFODNN7EXAMPLE", "ASIA" + "IOSFODNN7EXAMPLE", "xoxb-" + "123456789012-abc", "xoxp-" + TAIL, "xapp-" + TAIL, "npm_" + TAIL,
        "AIza" + TAIL, "hf_" + TAIL, "gsk_" + TAIL, "xai-" + TAIL, "pypi-" + TAIL, "SG." + TAIL + "." + TAIL,
        "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.c2lnbmF0dXJl")) {
      for (var text : List.of("token: %s.\n", "%s", "{\"a\":\"%s\"}", "a\\n%s\\n")) {
        assertThat(gate.mask(text.formatted(token))).as(text.formatted(token))
            .isIn(text.formatted("[token shape]"), text.formatted("[token shape]").replace("].", "]"));
      }
    }
    assertThat(gate.mask("Authorization: Bearer " + TAIL + "\n")).isEqualTo("Authorization: Bearer [bearer token]\n");
    assertThat(gate.mask("postgres://me:s3cr3t@db:5432/x")).isEqualTo("postgres://me:[URL password]@db:5432/x");
  }

  @ParameterizedTest
  @ValueSource(strings = {"sk-skeleton-loader-with-a-long-class-name", "task-1234567890123456789012345", "ghp_short1", "eyJ is how they begin",
      "Bearer authentication-is-required", "https://host:8080/a@b", "https://$USER:$TOKEN@host/", "https://me@host/", "AKIA is a prefix",
      "commit 3f786850e387550fdab836ed7e6dc881de23001b", "-----BEGIN CERTIFICATE-----\nMIIBszCCARw=\n-----END CERTIFICATE-----\n",
      "3f78685 Adds 12 files\n0123456 Fixes 3 of 4\n", "00000000: 4865 6c6c 6f20 776f 726c 6421 0a         Hello world!.\n",
      "- old line\n+ new line\n@@ -1,3 +1,4 @@ class A {\n", "\u001b[32mgreen\u001b[0m 100% & more \\ \\n &amp; %20 0x41, 0x42"})
  void leavesOtherTextAsItIs(String text) {
    var gate = Redaction.of(Map.of("hunter2hunter2", "KEY", "c0ffee-Babe-1234", "OTHER"));
    assertThat(gate.mask(text)).isEqualTo(text);
    assertThat(EncodingsTest.inPieces(gate, text, 3)).isEqualTo(text);
  }

  @Test
  void leavesSourceCodeAndDataAsTheyAre() throws Exception {
    var random = new Random(2);
    var secrets = new LinkedHashMap<String, String>();
    for (var i = 0; i < 200; i++) {
      var bytes = new byte[6 + random.nextInt(40)];
      random.nextBytes(bytes);
      secrets.put(Base64.getUrlEncoder().withoutPadding().encodeToString(bytes), "KEY");
    }
    var gate = Redaction.of(secrets);
    try (var files = Files.walk(Project.file("lib"))) {
      for (var file : files.filter(Files::isRegularFile).toList()) {
        assertThat(gate.mask(Files.readString(file))).doesNotContain("[KEY]");
      }
    }
    for (var i = 0; i < 200; i++) {
      var bytes = new byte[3000];
      random.nextBytes(bytes);
      var data = Base64.getMimeEncoder().encodeToString(bytes) + "\n" + HexFormat.of().formatHex(bytes);
      assertThat(gate.mask(data)).isEqualTo(data);
    }
  }

  @Test
  void masksAPrivateKeyFromItsFirstLineToItsLast() {
    var gate = Redaction.of(Map.of());
    var begin = "-----BEGIN RSA PRIVATE KEY-----";
    var end = "-----END RSA PRIVATE KEY-----";
    var key = begin + "\nProc-Type: 4,ENCRYPTED\n\nMIIEpAIBAAKCAQEA\nab12==\n" + end + "\nafter all\n";
    assertThat(gate.mask(key)).isEqualTo(begin + "\n[private key]\n" + end + "\nafter all\n");
    assertThat(gate.mask(key.replace("\n", "\r\n"))).contains(begin, end, "after all").doesNotContain("MIIE", "ab12", "ENCRYPTED");
    assertThat(gate.mask(Json.write(Json.object().put("key", key)))).contains("after all").doesNotContain("MIIE", "ab12");
    assertThat(gate.mask(begin + "MIIEpAIBAAKCAQEAab12==" + end)).isEqualTo(begin + "[private key]" + end);
    assertThat(gate.mask(begin + " MIIEpAIBAAKCAQEAab12 MIIEpAIBAAKCAQEAab12 " + end)).doesNotContain("MIIE");
    assertThat(gate.mask("     1\t" + begin + "\n     2\tMIIEpAIBAAKCAQEA\n     3\t" + end + "\n")).doesNotContain("MIIE");
    assertThat(gate.mask("[stderr] " + begin + "\n[stderr] MIIEpAIBAAKCAQEA\n[stderr] " + end + "\n")).doesNotContain("MIIE");
    assertThat(gate.mask("-----BEGIN PGP PRIVATE KEY BLOCK-----\n\nlQOYBF+abcdefgh\n=ab12\n")).doesNotContain("lQOY", "ab12");
    var mention = "if (line.equals(\"-----BEGIN PRIVATE KEY-----\")) {\n  return\n}\n";
    assertThat(gate.mask(mention)).isEqualTo(mention);
    assertThat(gate.mask("-----BEGIN PRIVATE KEY-----\n" + "abcd\n".repeat(10_000))).contains("abcd\n".repeat(6_000)).endsWith("abcd\n");
  }

  @ParameterizedTest
  @ValueSource(strings = {"-sk-", "-eyJ", "-----BEGIN PRIVATE KEY-----", "-----BEGIN PRIVATE KEY-----\"", "https://me:pw@host/ ", "\\", "%4", "&#",
      "\u001b[", "0x", "a@", "hunter", "\u001b]8;", "00000000: 68", "-----BEGIN PRIVATE KEY-----\nMIIE\n"})
  @Timeout(60) // a second each; minutes when each beginning is looked at for itself
  void readsALineOfNothingButBeginningsInTimeThatGrowsWithItsLength(String begin) {
    var gate = Redaction.of(Map.of("hunter2hunter2", "KEY"));
    assertThat(gate.mask(begin.repeat((2 << 20) / begin.length()))).isNotEmpty();
  }

  @Test
  void masksAsASlowSearchForEverySecretDoes() {
    var random = new Random(5);
    for (var run = 0; run < 100; run++) {
      var secrets = new LinkedHashMap<String, String>();
      for (var i = 0; i < 1 + random.nextInt(12); i++) {
        secrets.put(letters(random, 8 + random.nextInt(8)), "K");
      }
      var words = new ArrayList<>(secrets.keySet());
      var text = new StringBuilder();
      for (var i = 0; i < 40; i++) {
        var word = words.get(random.nextInt(words.size()));
        text.append(random.nextBoolean() ? letters(random, random.nextInt(6)) : word.substring(0, random.nextInt(word.length() + 1)));
      }
      var hidden = new boolean[text.length()];
      for (var secret : secrets.keySet()) {
        for (var at = text.indexOf(secret); at >= 0; at = text.indexOf(secret, at + 1)) {
          Arrays.fill(hidden, at, at + secret.length(), true);
        }
      }
      var expected = new StringBuilder();
      for (var i = 0; i < hidden.length; i++) {
        expected.append(hidden[i] ? "*" : text.substring(i, i + 1));
      }
      assertThat(Redaction.of(secrets).mask(text.toString()).replace("[K]", "*").replaceAll("\\*+", "*"))
          .isEqualTo(expected.toString().replaceAll("\\*+", "*"));
    }
  }

  /** Of three letters only, so that words begin within one another. */
  private static String letters(Random random, int length) {
    var text = new StringBuilder();
    for (var i = 0; i < length; i++) {
      text.append((char) ('a' + random.nextInt(3)));
    }
    return text.toString();
  }
}
