package tests.config;

import module java.base;
import static org.assertj.core.api.Assertions.*;

import lib.config.Settings;
import lib.config.SettingsTable;
import lib.core.Environment;
import lib.core.Problem;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/** A config file is read whole or not at all, and what is wrong in it is said with its place and without its content. */
class ConfigFileTest {
  @TempDir
  Path temp;

  private Path usual;

  @BeforeEach
  void folders() throws IOException {
    usual = Files.createDirectories(temp.resolve("home/.config/a2a-worker")).resolve("config.json");
  }

  static Stream<Arguments> broken() {
    return Stream.of(
        Arguments.of("{\"a\": s3cret}", 1, 7, "double quotes"),
        Arguments.of("{\n \"a\": 's3cret'}", 2, 7, "double quotes"),
        Arguments.of("{\"a\": \"s3cret\n\"}", 1, 14, "double quotes"),
        Arguments.of("{\"a\": \"s3cret\\q\"}", 1, 15, "backslashes"),
        Arguments.of("// s3cret\n{}", 1, 1, "no comments"),
        Arguments.of("{\"a\": 1 \"b\": \"s3cret\"}", 1, 9, "commas between"),
        Arguments.of("{\"a\": \"s3cret\",}", 1, 16, "none behind the last"),
        Arguments.of("{\"a\": \"s3cret\"", 1, 15, "ends before"),
        Arguments.of("{\"a\": NaN}", 1, 10, ""),
        Arguments.of("\"s3cret\"", 1, 1, "one JSON object"),
        Arguments.of("{} s3cret", 1, 4, ""),
        Arguments.of("", 1, 1, "it is empty"),
        Arguments.of(" \n\n ", 1, 1, "it is empty"),
        Arguments.of("\ufeff", 1, 1, "it is empty"),
        Arguments.of("{\"a\": 1, \"a\": \"s3cret\"}", 1, 10, "given twice"),
        Arguments.of("{\"codebases\": [{\"path\": \"/p\",\n \"path\": \"s3cret\"}]}", 2, -1, "given twice"),
        Arguments.of("{\"a\":\n " + "9".repeat(5000) + "}", 2, -1, "number is too long"),
        Arguments.of("{\"a\":\n " + "[".repeat(5000) + "}", 2, -1, "nested too deeply"));
  }

  @ParameterizedTest
  @MethodSource
  void broken(String text, int line, int column, String why) throws IOException {
    var file = Files.writeString(temp.resolve("c.json"), text);
    var problem = problem(file);
    assertThat(problem.what()).isEqualTo("the config file " + file + " is not valid JSON at line " + line + ", column "
        + (column < 0 ? problem.what().replaceFirst(".*column ", "") : column));
    assertThat(problem.why()).contains(why).doesNotContainPattern("[A-Z]{2,}_|JsonRead|ObjectNode|Feature");
    assertThat(problem.text()).doesNotContain("s3cret");
  }

  @Test
  void whatIsNotUtf8IsSaidWithThePlaceOfItsFirstBadByte() throws IOException {
    var file = Files.write(temp.resolve("c.json"), "{\n \"worker_name\": \"M\u00fcller\"}".getBytes(StandardCharsets.ISO_8859_1));
    assertThat(problem(file).what()).endsWith("c.json is not UTF-8 at line 2, column 19");
    var cut = Files.write(temp.resolve("c.json"), new byte[] {'{', '}', (byte) 0xc3});
    assertThat(problem(cut).what()).endsWith("c.json is not UTF-8 at line 1, column 3");
  }

  @Test
  void oneByteOrderMarkIsNoHarm() throws IOException {
    assertThat(read(Files.writeString(temp.resolve("c.json"), "\ufeff{\"poll_interval\": 9}")).get(SettingsTable.POLL_INTERVAL))
        .isEqualTo(Duration.ofSeconds(9));
    assertThat(problem(Files.writeString(temp.resolve("c.json"), "\ufeff\ufeff{}")).what()).contains("line 1, column 1");
  }

  @Test
  void takesEmptyTextAndNullAsNotSet() throws IOException {
    var settings = read(Files.writeString(temp.resolve("c.json"), "{\"server_url\": null, \"agent_bin\": \"\", \"opencode_bin\": \"/x\"}"));
    assertThat(settings.get(SettingsTable.SERVER_URL)).isNull();
    assertThat(settings.get(SettingsTable.AGENT_BIN)).isEqualTo("/x");
    assertThat(settings.warnings()).isEmpty();
  }

  @Test
  void whatStandsAtAUsualPlaceIsNeverPassedOver() throws IOException {
    Files.writeString(usual, "{");
    assertThat(problem(null).what()).contains(usual + " is not valid JSON");
    Files.delete(usual);
    Files.createSymbolicLink(usual, temp.resolve("gone.json"));
    assertThat(problem(null).line()).contains(usual + " does not exist", "a link").doesNotContain("was named by --config");
    Files.delete(usual);
    Files.createDirectory(usual);
    assertThat(problem(null).line()).contains(usual + " is no regular file").doesNotContain("was named by --config");
    Files.delete(usual);
    Files.delete(usual.getParent());
    Files.createSymbolicLink(usual.getParent(), temp.resolve("gone"));
    assertThat(problem(null).line()).contains(usual.toString()).doesNotContain("was named by --config");
  }

  @Test
  void aHomeThatIsNoneHasNoFile() {
    var env = new Environment(Map.of(), temp, Path.of("/dev/null"), "h");
    assertThat(Settings.resolve(Map.of(), null, env).file()).isEmpty();
  }

  @Test
  void aPipeADeviceOrAFolderIsNoConfigFile() throws Exception {
    assertThat(problem(temp.resolve("none.json")).line()).contains(temp.resolve("none.json") + " does not exist", "--config");
    var pipe = temp.resolve("pipe");
    assertThat(new ProcessBuilder("mkfifo", pipe.toString()).start().waitFor()).isZero();
    for (var path : List.of(pipe, Path.of("/dev/zero"), temp)) {
      assertThat(problem(path).line()).contains(path + " is no regular file", "--config");
    }
  }

  private Settings read(Path file) {
    return Settings.resolve(Map.of(), file, new Environment(Map.of(), temp, temp.resolve("home"), "h"));
  }

  private Problem problem(Path file) {
    var problem = catchThrowableOfType(Problem.class, () -> read(file));
    assertThat(problem).isNotNull();
    return problem;
  }
}
