package tests.config;

import module java.base;
import static org.assertj.core.api.Assertions.*;

import lib.config.Settings;
import lib.config.SettingsTable;
import lib.core.Environment;
import lib.core.Problem;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Each value comes from the strongest source that gives one, and whatever is odd is said, never guessed. */
class SettingsTest {
  @TempDir
  Path temp;

  private Path home;
  private Path cwd;

  @BeforeEach
  void folders() throws IOException {
    home = Files.createDirectory(temp.resolve("home"));
    cwd = Files.createDirectory(temp.resolve("cwd"));
  }

  @Test
  void flagBeatsVariableBeatsFileBeatsDefault() throws IOException {
    var key = SettingsTable.MAX_CONCURRENT_TASKS.key();
    var file = file("{\"" + key + "\": 5}");
    var variable = Map.of("A2A_MAX_CONCURRENT_TASKS", "6");
    assertThat(resolve(Map.of(), Map.of(), null).get(SettingsTable.MAX_CONCURRENT_TASKS)).isEqualTo(2);
    assertThat(resolve(Map.of(), Map.of(), file).get(SettingsTable.MAX_CONCURRENT_TASKS)).isEqualTo(5);
    assertThat(resolve(Map.of(), variable, file).get(SettingsTable.MAX_CONCURRENT_TASKS)).isEqualTo(6);
    assertThat(resolve(flag(key, "7"), variable, file).get(SettingsTable.MAX_CONCURRENT_TASKS)).isEqualTo(7);
    assertThat(resolve(Map.of(), Map.of("A2A_MAX_CONCURRENT_TASKS", ""), file).get(SettingsTable.MAX_CONCURRENT_TASKS)).isEqualTo(5);
  }

  @Test
  void aWeakerSourcesBadValueHarmsNothingWhereAStrongerOneDecides() throws IOException {
    var settings = resolve(flag("poll_interval", "7"), Map.of("A2A_POLL_INTERVAL", "soon"), file("{\"poll_interval\": []}"));
    assertThat(settings.get(SettingsTable.POLL_INTERVAL)).isEqualTo(Duration.ofSeconds(7));
  }

  @Test
  void anUnknownKeyOrVariableIsSaidWithTheNearestKnown() throws IOException {
    var settings = resolve(Map.of(), Map.of("A2A_SERVER_URI", "x", "A2A_ZZZZZZZZ", "x", "A2A_TASK_ID", "x"),
        file("{\"_comment_1\": \"x\",\n \"pol_interval\": 3,\n \"zzzzzzzzzz\": 1}"));
    assertThat(settings.warnings()).hasSize(4)
        .anyMatch(w -> w.endsWith("c.json:2:2: unknown key pol_interval, did you mean poll_interval?"))
        .anyMatch(w -> w.endsWith("unknown key zzzzzzzzzz"))
        .anyMatch(w -> w.equals("the variable A2A_SERVER_URI is no setting, did you mean A2A_SERVER_URL?"))
        .anyMatch(w -> w.equals("the variable A2A_ZZZZZZZZ is no setting"));
  }

  @ParameterizedTest
  @CsvSource({"name,worker_name", "email,notification_email", "token,auth_token", "Server_URL,server_url", "server-url,server_url",
      "POLL_INTERVAL,poll_interval", "codebase,codebases", "url,server_url", "workerName,worker_name", "max_concurent_tasks,max_concurrent_tasks"})
  void theKeyThatIsMeantIsFound(String unknown, String meant) throws IOException {
    assertThat(resolve(Map.of(), Map.of(), file("{\"" + unknown + "\": 1}")).warnings()).singleElement().asString()
        .endsWith("unknown key " + unknown + ", did you mean " + meant + "?");
    var known = unknown.replace('-', '_').equalsIgnoreCase(meant); // a variable of that name would be right
    var variable = "A2A_" + unknown.toUpperCase(Locale.ROOT).replace('-', '_') + (known ? "S" : "");
    assertThat(resolve(Map.of(), Map.of(variable, "x"), null).warnings()).singleElement().asString()
        .endsWith("did you mean A2A_" + meant.toUpperCase(Locale.ROOT) + "?");
  }

  @Test
  void aVariableOfOtherProgramsStopsNoStartWhileNothingUsesIt() throws IOException {
    var settings = resolve(Map.of(), Map.of("NOTIFICATION_EMAIL", "none"),
        file("{\"notification_email\": \"a@b.example\"}"));
    assertThat(settings.get(SettingsTable.NOTIFICATION_EMAIL)).isEqualTo("a@b.example");
    assertThat(settings.warnings())
        .anyMatch(w -> w.startsWith("notification_email is 'none' (NOTIFICATION_EMAIL) and is not used: it must be"));
    assertThat(problem(() -> resolve(Map.of(), Map.of("A2A_NOTIFICATION_EMAIL", "none"), null)).what()).contains("A2A_NOTIFICATION_EMAIL");
    assertThat(problem(() -> resolve(Map.of(), Map.of("A2A_AUTH_TOKENS", "\u00fc"), null)).what()).contains("A2A_AUTH_TOKENS");
  }

  @Test
  void readsTheUsualFileOnlyWhenNoneIsNamed() throws IOException {
    Files.createDirectories(home.resolve(".config/a2a-worker"));
    Files.writeString(home.resolve(".config/a2a-worker/config.json"), "{\"poll_interval\": 9}");
    assertThat(resolve(Map.of(), Map.of(), null).get(SettingsTable.POLL_INTERVAL)).isEqualTo(Duration.ofSeconds(9));
    assertThat(resolve(Map.of(), Map.of(), file("{}")).get(SettingsTable.POLL_INTERVAL)).isEqualTo(Duration.ofSeconds(5));
  }

  @Test
  void aFoldersOwnConfigFileIsSaidAndNotRead() throws IOException {
    Files.writeString(cwd.resolve("worker-config.json"), "{\"poll_interval\": 9}");
    var settings = resolve(Map.of(), Map.of(), null);
    assertThat(settings.get(SettingsTable.POLL_INTERVAL)).isEqualTo(Duration.ofSeconds(5));
    assertThat(settings.warnings()).singleElement().asString().contains("worker-config.json is not read", "--config");
    assertThat(resolve(Map.of(), Map.of(), cwd.resolve("worker-config.json")).warnings()).isEmpty();
  }

  @Test
  void pathsInAFileStartAtItsFolderAndOthersAtTheCurrentOne() throws IOException {
    var settings = resolve(Map.of(), Map.of("A2A_DATA", "data"), file("{\"state_dir\": \"s/../state\"}"));
    assertThat(settings.get(SettingsTable.STATE_DIR)).isEqualTo(temp.resolve("state"));
    assertThat(settings.get(SettingsTable.DATA)).isEqualTo(cwd.resolve("data"));
  }

  @Test
  void aSecretMayComeFromAFile() throws IOException {
    Files.writeString(home.resolve("token"), "  tok\n");
    var settings = resolve(Map.of(), Map.of("A2A_AUTH_TOKEN_FILE", "~/token"), null);
    assertThat(settings.get(SettingsTable.AUTH_TOKEN)).isEqualTo("tok");
    assertThat(settings.origin(SettingsTable.AUTH_TOKEN).where()).isEqualTo("A2A_AUTH_TOKEN_FILE");
    var stronger = resolve(flag("auth_token", "flag"), Map.of("A2A_AUTH_TOKEN_FILE", "~/token"), null);
    assertThat(stronger.get(SettingsTable.AUTH_TOKEN)).isEqualTo("flag");
    var weaker = resolve(Map.of(), Map.of("A2A_AUTH_TOKEN_FILE", "~/token"), file("{\"auth_token\": \"file\"}"));
    assertThat(weaker.get(SettingsTable.AUTH_TOKEN)).isEqualTo("tok");
  }

  @Test
  void aSecretThatIsGivenTwiceOrCannotBeReadIsAProblemThatDoesNotShowIt() throws IOException {
    Files.writeString(home.resolve("token"), " \n");
    assertThat(problem(() -> resolve(Map.of(), Map.of("A2A_AUTH_TOKEN_FILE", "~/token"), null)).line()).contains("holds no auth_token");
    assertThat(problem(() -> resolve(Map.of(), Map.of("A2A_AUTH_TOKEN_FILE", "~/none"), null)).line()).contains("cannot be read", "0600");
    assertThat(problem(() -> resolve(Map.of(), Map.of("A2A_AUTH_TOKEN_FILE", "~/token", "A2A_AUTH_TOKEN", "hidden"), null)).line())
        .contains("given twice", "A2A_AUTH_TOKEN_FILE").doesNotContain("hidden");
  }

  @Test
  void aSecretOnTheCommandLineIsSaidOnce() throws IOException {
    assertThat(resolve(flag("auth_token", "x1"), Map.of(), null).warnings()).singleElement().asString()
        .contains("--auth-token stands in the process list", "A2A_AUTH_TOKEN", "auth_token_file").doesNotContain("x1");
    assertThat(resolve(flag("auth_token_file", file("x").toString()), Map.of(), null).warnings()).isEmpty();
  }

  @Test
  void twoNamesOfOneSourceThatDifferAreSaidAndTheFirstDecides() throws IOException {
    var settings = resolve(Map.of(), Map.of(), file("{\"opencode_bin\": \"/old\", \"agent_bin\": \"/new\"}"));
    assertThat(settings.get(SettingsTable.AGENT_BIN)).isEqualTo("/new");
    assertThat(settings.warnings()).singleElement().asString().contains("both set agent_bin");
    assertThat(resolve(Map.of(), Map.of(), file("{\"opencode_bin\": \"/a\", \"agent_bin\": \"/a\"}")).warnings()).isEmpty();
    var bad = resolve(Map.of(), Map.of(), file("{\"opencode_bin\": [], \"agent_bin\": \"/new\"}"));
    assertThat(bad.get(SettingsTable.AGENT_BIN)).isEqualTo("/new");
    assertThat(bad.warnings()).singleElement().asString().contains("agent_bin is ", "c.json:1:2", "is used: it must be");
  }

  @Test
  void secretsAreShownMasked() {
    var ran = Ran.config(home, Map.of("A2A_AUTH_TOKEN", "hidden-1", "A2A_AUTH_TOKENS", "hidden-2"), "show");
    var json = Ran.config(home, Map.of("A2A_AUTH_TOKEN", "hidden-1", "A2A_AUTH_TOKENS", "hidden-2"), "show", "--json");
    assertThat(ran.out() + ran.err() + json.out() + json.err()).contains("********").doesNotContain("hidden-");
  }

  private Settings resolve(Map<String, List<String>> flags, Map<String, String> variables, Path config) {
    return Settings.resolve(flags, config, new Environment(variables, cwd, home, "this-host"));
  }

  private static Map<String, List<String>> flag(String key, String... texts) {
    return Map.of(key, List.of(texts));
  }

  private Path file(String json) throws IOException {
    var file = Files.writeString(temp.resolve("c.json"), json);
    Files.setPosixFilePermissions(file, PosixFilePermissions.fromString("rw-------"));
    return file;
  }

  private static Problem problem(ThrowingCallable call) {
    var problem = catchThrowableOfType(Problem.class, call);
    assertThat(problem).isNotNull();
    return problem;
  }
}
