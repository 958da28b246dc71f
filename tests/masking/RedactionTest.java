package tests.masking;

import static org.assertj.core.api.Assertions.assertThat;

import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Base64;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import lib.core.Json;
import lib.masking.Masks;
import lib.masking.Redaction;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** No secret passes the gate, in whatever form it is written; what is none passes as it is. */
class RedactionTest {
  private static final List<String> SECRETS = List.of("hunter2hunter2", "p@ss/w\"rd+'\\ü", "a b&c<d>=e%f~g", "ABCDEFGH", "nope\\tnope{1}");

  @Test
  void aSecretIsMaskedInEveryFormAtEveryPlace() {
    for (var secret : SECRETS) {
      var gate = Redaction.of(Map.of(secret, "KEY"));
      for (var form : forms(secret)) {
        for (var before : List.of("", "x", "say: ", "\"", "=", "%2", "\\")) {
          var text = before + form + "\" and more";
          assertThat(gate.mask(text)).as("%s as %s", secret, form).doesNotContain(form).hasSameSizeAs(text).startsWith(before)
              .endsWith("\" and more");
        }
      }
    }
  }

  /** The forms that the JDK and Jackson make, not the ones that the gate makes. */
  private static List<String> forms(String secret) {
    var bytes = secret.getBytes(StandardCharsets.UTF_8);
    var json = Json.write(Json.MAPPER.getNodeFactory().textNode(secret));
    var url = URLEncoder.encode(secret, StandardCharsets.UTF_8);
    return List.of(secret, json.substring(1, json.length() - 1), url, url.replace("+", "%20"), "'" + secret.replace("'", "'\\''") + "'",
        HexFormat.of().formatHex(bytes), HexFormat.of().withUpperCase().formatHex(bytes)).stream()
        .map(form -> form.startsWith("'") ? form.substring(1, form.length() - 1) : form).toList();
  }

  @Test
  void base64ShowsNoByteOfASecretWhateverStandsBesideIt() {
    var random = new Random(3);
    for (var secret : SECRETS) {
      var gate = Redaction.of(Map.of(secret, "KEY"));
      var bytes = secret.getBytes(StandardCharsets.UTF_8);
      for (var before = 0; before < 9; before++) {
        for (var after = 0; after < 4; after++) {
          for (var encoder : List.of(Base64.getEncoder(), Base64.getUrlEncoder().withoutPadding())) {
            var all = new byte[before + bytes.length + after];
            random.nextBytes(all);
            System.arraycopy(bytes, 0, all, before, bytes.length);
            var text = encoder.encodeToString(all);
            var masked = gate.mask(text);
            var first = (before * 8 + 5) / 6; // the characters that hold nothing but bits of the secret
            var last = (before + bytes.length) * 8 / 6;
            assertThat(masked.substring(first, last)).as(secret + " " + before).isNotEqualTo(text.substring(first, last))
                .matches("\\[?K?E?Y?\\**\\]?");
            assertThat(masked).startsWith(text.substring(0, first));
          }
        }
      }
    }
  }

  @Test
  void ofALongSecretInBrokenLinesNoMoreThanTheBreaksAreSeen() {
    var secret = "github_pat_11ABCDEFG0aBcDeFgHiJkL_mNoPqRsTuVwXyZ0123456789aBcDeFgHiJkLmNoPqRsTuVwXyZ0123456789abcd";
    var gate = Redaction.of(Map.of(secret, "KEY"));
    for (var before = 0; before < 80; before++) {
      var bytes = ("-".repeat(before) + secret).getBytes(StandardCharsets.UTF_8);
      for (var width : List.of(60, 64, 76)) {
        for (var form : List.of(Base64.getEncoder().encodeToString(bytes), HexFormat.of().formatHex(bytes))) {
          var seen = new StringBuilder();
          for (var at = 0; at < form.length(); at += width) { // each line is masked without the others
            seen.append(gate.mask(form.substring(at, Math.min(form.length(), at + width))).replaceAll("\\[KEY\\**\\]", "*"));
          }
          var secretly = form.substring(before * 2); // at the latest
          for (var at = 0; at + 24 <= secretly.length(); at++) {
            assertThat(seen.toString()).doesNotContain(secretly.substring(at, at + 24));
          }
        }
      }
    }
  }

  @Test
  void secretsThatOverlapAreMaskedTogether() {
    var secrets = new LinkedHashMap<String, String>();
    secrets.put("abcdefgh", "SHORT");
    secrets.put("abcdefghijklmnop", "LONG");
    secrets.put("mnopqrstuvwx", "NEXT");
    var gate = Redaction.of(secrets);
    assertThat(gate.mask("-abcdefgh-")).isEqualTo("-[SHORT*]-");
    assertThat(gate.mask("-abcdefghi-")).isEqualTo("-[SHORT*]i-");
    assertThat(gate.mask("-abcdefghijklmnop-")).isEqualTo("-[LONG**********]-");
    assertThat(gate.mask("-abcdefghijklmnopqrstuvwx-")).isEqualTo("-[LONG******************]-");
    assertThat(gate.mask("abcabcdefgh")).isEqualTo("abc[SHORT*]");
  }

  @Test
  void aMaskIsAsLongAsWhatItCoversAndKeepsLineEnds() {
    var gate = Redaction.of(Map.of("first line\nsecond line", "A_NAME_THAT_IS_LONGER"));
    assertThat(gate.mask("first line\nsecond line\n")).isEqualTo("**********\n***********\n");
    assertThat(Redaction.of(Map.of("12345-abcde", "KEY")).mask("x12345-abcdex")).isEqualTo("x[KEY******]x");
  }

  @Test
  void masksAreCountedByName() {
    var gate = Redaction.of(Map.of("hunter2hunter2", "KEY"));
    var counts = new Masks(gate.total());
    gate.mask("hunter2hunter2 and hunter2hunter2", 0, counts);
    gate.mask("https://me:pw@host/", 0, counts);
    gate.mask("hunter2hunter2");
    assertThat(counts.text()).isEqualTo("KEY 2, URL password 1");
    assertThat(gate.total().all()).containsExactly(Map.entry("KEY", 3L), Map.entry("URL password", 1L));
  }

  @Test
  void whatLooksLikeATokenIsMaskedThoughNobodyToldOfIt() {
    var gate = Redaction.of(Map.of());
    var tail = "a1B2c3D4e5F6g7H8i9J0k1L2m3N4o5P6q7R8";
    for (var token : List.of("ghp_" + tail, "github_pat_" + tail, "sk-" + tail, "sk-ant-api03-" + tail, "AKIA" + "IOSFODNN7EXAMPLE",
        "xoxb-" + "123456789012-abc", "glpat-" + tail, "npm_" + tail, "AIza" + tail, "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.c2lnbmF0dXJl")) {
      for (var text : List.of("token: %s.\n", "%s", "{\"a\":\"%s\"}", "a\\n%s\\n")) {
        assertThat(gate.mask(text.formatted(token))).as(text.formatted(token)).doesNotContain(token.substring(token.length() - 8))
            .hasSameSizeAs(text.formatted(token));
      }
    }
    assertThat(gate.mask("Authorization: Bearer " + tail + "\n")).isEqualTo("Authorization: Bearer [bearer token" + "*".repeat(22) + "]\n");
    assertThat(gate.mask("postgres://me:s3cr3t@db:5432/x")).isEqualTo("postgres://me:******@db:5432/x");
  }

  @Test
  void whatOnlyResemblesATokenIsLeftAsItIs() {
    var gate = Redaction.of(Map.of());
    for (var text : List.of("sk-skeleton-loader-with-a-long-class-name", "task-1234567890123456789012345", "ghp_short1",
        "eyJ is how they begin", "Bearer authentication-is-required", "https://host:8080/a@b", "https://$USER:$TOKEN@host/", "https://me@host/",
        "AKIA is a prefix",
        "commit 3f786850e387550fdab836ed7e6dc881de23001b", "-----BEGIN CERTIFICATE-----\nMIIBszCCARw=\n-----END CERTIFICATE-----\n")) {
      assertThat(gate.mask(text)).isEqualTo(text);
    }
  }

  @Test
  void aPrivateKeyIsMaskedFromItsFirstLineToItsLastAndNothingAfterIt() {
    var gate = Redaction.of(Map.of());
    var key = "-----BEGIN RSA PRIVATE KEY-----\nProc-Type: 4,ENCRYPTED\n\nMIIEpAIBAAKCAQEA\nab12==\n"
        + "-----END RSA PRIVATE KEY-----\nafter all\n";
    assertThat(gate.mask(key)).hasSameSizeAs(key)
        .contains("-----BEGIN RSA PRIVATE KEY-----\n", "-----END RSA PRIVATE KEY-----\nafter all\n").doesNotContain("MIIE", "ab12", "ENCRYPTED");
    var escaped = Json.write(Json.object().put("key", key));
    assertThat(gate.mask(escaped)).doesNotContain("MIIE", "ab12").contains("after all");
    var mention = "if (line.equals(\"-----BEGIN PRIVATE KEY-----\")) {\n  return\n}\n";
    assertThat(gate.mask(mention)).isEqualTo(mention);
    var numbered = "     1\t-----BEGIN PRIVATE KEY-----\n     2\tMIIEpAIBAAKCAQEA\n     3\t-----END PRIVATE KEY-----\n";
    assertThat(gate.mask(numbered)).doesNotContain("MIIE");
  }

  @Test
  void aPrivateKeyWhoseLinesComeOneByOneIsMaskedAndItsReachIsBounded() {
    var gate = Redaction.of(Map.of());
    var key = 0;
    for (var line : List.of("[stderr] -----BEGIN PRIVATE KEY-----\n", "[stderr] MIIEpAIBAAKCAQEA\n", "[stderr] ab12==\n")) {
      var masked = gate.mask(line, key, null);
      key = masked.key();
      assertThat(masked.text()).doesNotContain("MIIE", "ab12");
      assertThat(key).isPositive();
    }
    assertThat(gate.mask("[stderr] -----END PRIVATE KEY-----\n", key, null).key()).isZero();
    var flood = "-----BEGIN PRIVATE KEY-----\n" + "abcd\n".repeat(10_000);
    assertThat(gate.mask(flood)).contains("abcd\n".repeat(6_000)).endsWith("abcd\n");
  }

  @Test
  void whatIsLeftOfAKeyMayEndWithinTheMarkOfStderr() {
    assertThat(Redaction.of(Map.of()).mask("[stderr] abcd\n", 5, null)).isEqualTo(new Redaction.Masked("[stderr] abcd\n", 0));
  }

  @ParameterizedTest
  @ValueSource(strings = {"-sk-", "-eyJ", "-----BEGIN PRIVATE KEY-----", "-----BEGIN PRIVATE KEY-----\"", "https://me:pw@host/ "})
  @Timeout(60) // a second each; several minutes when each beginning is looked at for itself
  void aLongLineOfNothingButBeginningsIsNoTrouble(String begin) {
    assertThat(Redaction.of(Map.of()).mask(begin.repeat((32 << 20) / begin.length()))).hasSizeGreaterThan(31 << 20);
  }

  @Test
  void aTextIsCutOnlyWhereNoSecretIsNorCanBegin() {
    var secret = "hunter2hunter2";
    var gate = Redaction.of(Map.of(secret, "KEY"));
    var text = "some words " + secret + " more";
    for (var end = 0; end <= text.length(); end++) {
      var cut = gate.whole(text.substring(0, end));
      assertThat(gate.mask(text.substring(0, cut)) + gate.mask(text.substring(cut))).isEqualTo(gate.mask(text));
    }
    assertThat(gate.whole("words ghp_abcdefg")).isEqualTo(6);
    assertThat(gate.beyond(text, 15)).isEqualTo(25);
    assertThat(gate.beyond(text, 11)).isEqualTo(11);
  }

  @Test
  void anyTextIsMaskedAsASlowSearchForEverySecretMasksIt() {
    var random = new Random(5);
    for (var run = 0; run < 300; run++) {
      var secrets = new LinkedHashMap<String, String>();
      for (var i = 0; i < 1 + random.nextInt(12); i++) {
        secrets.put(letters(random, 8 + random.nextInt(8)), "K");
      }
      var text = new StringBuilder();
      for (var i = 0; i < 40; i++) {
        var words = new ArrayList<>(secrets.keySet());
        var word = words.get(random.nextInt(words.size()));
        text.append(random.nextBoolean() ? letters(random, random.nextInt(6)) : word.substring(0, random.nextInt(word.length() + 1)));
      }
      var masked = Redaction.of(secrets).mask(text.toString());
      var hidden = new boolean[text.length()];
      for (var secret : secrets.keySet()) {
        for (var at = text.indexOf(secret); at >= 0; at = text.indexOf(secret, at + 1)) {
          Arrays.fill(hidden, at, at + secret.length(), true);
        }
      }
      assertThat(masked).hasSameSizeAs(text);
      for (var i = 0; i < hidden.length; i++) {
        assertThat("[K*]".indexOf(masked.charAt(i)) >= 0).as(text + " at " + i).isEqualTo(hidden[i]);
      }
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
