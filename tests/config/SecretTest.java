package tests.config;

import module java.base;
import static org.assertj.core.api.Assertions.*;

import lib.config.Settings;
import lib.config.SettingsTable;
import lib.core.Environment;
import lib.core.Problem;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** A secret is sent as it was given or refused, wherever it comes from, and no message quotes it. */
class SecretTest {
  @TempDir
  Path temp;

  @ParameterizedTest
  @ValueSource(strings = {"s3cret\nmore", "s3cret\u00fc", "s3cret\u0007", "s3cret\u200b", "\u201cs3cret\u201d", "s3cret\tx", "s3\ufeffcret"})
  void anythingButOneLineOfPrintableAsciiIsRefused(String secret) throws IOException {
    var file = Files.writeString(temp.resolve("token"), secret);
    for (var vars : List.of(Map.of("A2A_AUTH_TOKEN", secret), Map.of("A2A_AUTH_TOKEN_FILE", file.toString()))) {
      assertThat(problem(vars)).contains("auth_token", "one line of printable ASCII").doesNotContain("s3cret");
    }
  }

  @Test
  void aMarkAndBlanksAroundItAreNoPartOfIt() throws IOException {
    var file = Files.writeString(temp.resolve("token"), "\ufeff opaque key==\r\n");
    assertThat(resolve(Map.of("A2A_AUTH_TOKEN_FILE", file.toString())).get(SettingsTable.AUTH_TOKEN)).isEqualTo("opaque key==");
    assertThat(resolve(Map.of("A2A_AUTH_TOKEN", "\ufeffopaque\n")).get(SettingsTable.AUTH_TOKEN)).isEqualTo("opaque");
  }

  @Test
  void tokensMayStandInLines() throws IOException {
    var file = Files.writeString(temp.resolve("tokens"), "ci:one\r\ntwo,\tthree\n");
    assertThat(resolve(Map.of("A2A_TOKENS_FILE", file.toString())).get(SettingsTable.TOKENS)).isEqualTo("ci:one\r\ntwo,\tthree");
    assertThat(problem(Map.of("A2A_TOKENS", "ci:s3cret\u00fc"))).contains("tokens", "printable ASCII").doesNotContain("s3cret");
  }

  @Test
  void aSecretFileThatIsNotUtf8IsSaidToBeSo() throws IOException {
    var file = Files.write(temp.resolve("token"), new byte[] {'s', '3', 'c', 'r', (byte) 0xff});
    assertThat(problem(Map.of("A2A_AUTH_TOKEN_FILE", file.toString()))).contains("not UTF-8", file.toString(), "A2A_AUTH_TOKEN_FILE")
        .doesNotContain("s3cr");
  }

  @Test
  void aSecretFileThatOthersCanReadIsSaid() throws IOException {
    var file = Files.writeString(temp.resolve("token"), "s3cret");
    Files.setPosixFilePermissions(file, PosixFilePermissions.fromString("rw-r-----"));
    var vars = Map.of("A2A_AUTH_TOKEN_FILE", file.toString());
    assertThat(resolve(vars).warnings()).singleElement().asString().contains("chmod 600 " + file).doesNotContain("s3cret");
    Files.setPosixFilePermissions(file, PosixFilePermissions.fromString("r--------"));
    assertThat(resolve(vars).warnings()).isEmpty();
    var config = Files.writeString(temp.resolve("c.json"), "{\"auth_token\": \"s3cret\"}");
    Files.setPosixFilePermissions(config, PosixFilePermissions.fromString("rw-r--r--"));
    assertThat(resolve(Map.of(), config).warnings()).singleElement().asString().contains("chmod 600 " + config).doesNotContain("s3cret");
  }

  private String problem(Map<String, String> vars) {
    return catchThrowableOfType(Problem.class, () -> resolve(vars)).line();
  }

  private Settings resolve(Map<String, String> vars) {
    return resolve(vars, null);
  }

  private Settings resolve(Map<String, String> vars, Path config) {
    return Settings.resolve(Map.of(), config, new Environment(vars, temp, temp.resolve("home"), "h"));
  }
}
