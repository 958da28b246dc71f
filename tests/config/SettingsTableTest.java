package tests.config;

import static java.util.Map.entry;
import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import lib.config.Setting;
import lib.config.SettingsTable;
import lib.core.Json;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * Each row of the settings table: it can be set by each of its names, and a bad value gets a message that says what, where
 * and how to fix it. A new row needs its values here.
 */
class SettingsTableTest {
  private static final String BLANK = " ";

  /** A good and a bad value of a row. */
  private record Values(String good, String bad) {}

  private static final Map<String, Values> VALUES = Map.ofEntries(
      row("server_url", "https://h.example:8443", "ftp://h.example"), row("auth_token", "opaque", BLANK),
      row("auth_token_file", "secret", BLANK), row("ca_file", "/x.pem", BLANK), row("worker_name", "w", BLANK),
      row("worker_id", "w-1", BLANK),
      row("codebases", "name:/p", "name:"), row("global_codebase", "no", "maybe"), row("global_sessions", "yes", "maybe"),
      row("codebase_roots", "/a,/b", "/a\0b"),
      row("capabilities", "a,b", "a b"), row("agent_bin", "/bin/agent", BLANK), row("agent_env", "A,B_*", "A B"),
      row("agent_kind", "opencode", "cursor"), row("agent_args", "--model {model}", "--x {y}"), row("agent_approval", "all", "some"),
      row("max_concurrent_tasks", "3", "65"), row("task_timeout", "1.5h", "90d"), row("output_max", "1MiB", "1MB!"),
      row("min_free_disk", "2GiB", "a lot"), row("min_free_memory", "0", "-1"),
      row("silence", "dead=5m,asking=0", "deaf=5m"), row("on_limit", "fail", "wait"),
      row("keep_days", "30", "0"), row("keep_bytes", "10GiB", "1KiB"),
      row("drain_timeout", "0", "-1"), row("keep_agents", "yes", "2"), row("state_dir", "/s", BLANK), row("poll_interval", "0.5", "0.4"),
      row("sse_heartbeat_timeout", "90s", "soon"), row("log_level", "debug", "loud"), row("host", "::1", BLANK), row("port", "0", "65536"),
      row("data", "/d", BLANK), row("db_path", "/d/x.db", BLANK), row("tokens", "a:b,c", BLANK), row("no_token", "yes", "maybe"), row("server_keep_days", "7", "0"), row("server_keep_bytes", "1GiB", "1"), row("tokens_file", "secret", BLANK),
      row("agent_storage_path", "/d", BLANK), row("session_message_sync_max_sessions", "0", "-1"),
      row("session_message_sync_max_messages", "10", "ten"), row("active_session_sync_interval", "1", "0.1"),
      row("session_sync_interval", "0", "-1"), row("redis_url", "rediss://:p@h:6379/1", "http://h"),
      row("register_as_agent", "false", "never"), row("agent_name", "coder", BLANK),
      row("agent_description", "about", BLANK), row("agent_url", "http://h:1", "h:1"), row("models_supported", "a:b,c", "a b"),
      row("mcp_url", "http://h", "http://h:99999"), row("sendgrid_api_key", "opaque", BLANK), row("sendgrid_api_key_file", "secret", BLANK),
      row("sendgrid_from_email", "a@b.example", "a.example"), row("notification_email", "a@b.example", "a b@c"),
      row("email_inbound_domain", "d.example", BLANK), row("email_reply_prefix", "reply", BLANK), row("email_dry_run", "on", "perhaps"),
      row("email_verbose", "1", "11"));

  @TempDir
  Path home;

  static Stream<Setting<?>> rows() {
    return SettingsTable.rows().stream();
  }

  static Stream<String> keys() {
    return rows().map(Setting::key);
  }

  private static Map.Entry<String, Values> row(String key, String good, String bad) {
    return entry(key, new Values(good, bad));
  }

  @BeforeEach
  void secretFile() throws IOException {
    Files.writeString(home.resolve("secret"), "from-a-file\n");
  }

  @Test
  void everyRowHasValuesHereAndNoNameIsTakenTwice() {
    assertThat(keys()).containsExactlyInAnyOrderElementsOf(VALUES.keySet());
    var names = new ArrayList<String>();
    rows().forEach(row -> Stream.of(row.flags(), row.noFlags(), row.variables(), row.keys()).forEach(names::addAll));
    assertThat(names).doesNotHaveDuplicates().doesNotContain("--help", "-h", "--version", "-V", "--config", "-c", "--json");
  }

  @ParameterizedTest
  @MethodSource("rows")
  void everyRowSaysWhatItIs(Setting<?> row) {
    assertThat(row.key()).matches("[a-z][a-z_]*");
    assertThat(row.help()).isNotBlank().doesNotContain("|", "\n");
    assertThat(row.type().bounds()).isNotBlank().doesNotContain("|", "\n");
    assertThat(row.fallback().text()).doesNotContain("|", "\n");
    assertThat(row.uses()).isNotEmpty();
    assertThat(row.flags()).contains("--" + row.key().replace('_', '-'));
    assertThat(row.variables()).contains("A2A_" + row.key().toUpperCase());
    assertThat(row.keys()).contains(row.key());
  }

  @ParameterizedTest
  @MethodSource("keys")
  void everyNameOfASettingSetsIt(String key) throws IOException {
    var row = row(key);
    var values = new HashSet<String>();
    for (var variable : row.variables()) {
      var ran = show(Map.of(variable, VALUES.get(key).good));
      assertThat(ran.setting(key).path("source").asText()).as(variable + ran.err()).isEqualTo("variable");
      assertThat(ran.setting(key).path("where").asText()).isEqualTo(variable);
      values.add(ran.setting(key).path("value").toString());
      assertThat(ran.err().contains(key + " (" + variable + ") has no effect yet")).isEqualTo(row.later() != null);
    }
    for (var name : row.keys()) {
      var ran = show(Map.of(), "--config", file(name, VALUES.get(key).good).toString());
      assertThat(ran.setting(key).path("where").asText()).as(name + ran.err()).matches(".*c\\.json:\\d+:\\d+");
      values.add(ran.setting(key).path("value").toString());
    }
    for (var flag : row.isYesNo() ? List.<String>of() : row.flags()) {
      var ran = show(Map.of(), flag, VALUES.get(key).good);
      assertThat(ran.setting(key).path("source").asText()).as(flag + ran.err()).isEqualTo("flag");
      values.add(ran.setting(key).path("value").toString());
    }
    assertThat(values).as("one value, whichever name gave it").hasSize(1);
    for (var flag : row.isYesNo() ? row.flags() : List.<String>of()) {
      assertThat(show(Map.of(), flag).value(key)).isEqualTo("true");
    }
    for (var flag : row.noFlags()) {
      assertThat(show(Map.of(), flag).value(key)).isEqualTo("false");
    }
  }

  @ParameterizedTest
  @MethodSource("keys")
  void namesABadValueWithItsPlaceAndTheFix(String key) throws IOException {
    var row = row(key);
    for (var variable : row.variables()) {
      var ran = Ran.config(home, Map.of(variable, VALUES.get(key).bad), "check");
      if (row.later() == null || variable.startsWith("A2A_")) {
        assertProblem(ran, 1, row, variable);
      } else { // other programs read it, too, and nothing depends on it yet
        assertThat(ran.exit()).as(ran.toString()).isZero();
        assertThat(ran.err().lines()).singleElement().asString().startsWith("warning: " + key + " is ").contains(variable, "must be");
      }
    }
    for (var name : row.keys()) {
      assertProblem(check("--config", file(name, VALUES.get(key).bad).toString()), 1, row, "c.json:2:");
      var file = Files.writeString(home.resolve("c.json"), "{\n  \"" + name + "\": {\"x\": 1}}");
      assertProblem(check("--config", file.toString()), 1, row, "c.json:2:");
    }
    if (!row.isYesNo()) {
      assertProblem(check("--" + key.replace('_', '-') + "=" + VALUES.get(key).bad), 2, row, "--");
    }
  }

  private static void assertProblem(Ran ran, int exit, Setting<?> row, String where) {
    assertThat(ran.exit()).as(ran.toString()).isEqualTo(exit);
    assertThat(ran.err().lines().filter(line -> !line.startsWith("warning: "))).as(ran.err()).hasSize(3)
        .anyMatch(line -> line.startsWith("problem: " + row.key() + " is ") && line.contains(where))
        .anyMatch(line -> line.startsWith("    why: it must be ")).anyMatch(line -> line.startsWith("    fix: change it in "));
    assertThat(ran.out()).isEmpty();
  }

  private Ran show(Map<String, String> variables, String... more) {
    return Ran.config(home, variables, Stream.concat(Stream.of("show", "--json"), Stream.of(more)).toArray(String[]::new));
  }

  private Ran check(String... more) {
    return Ran.config(home, Map.of(), Stream.concat(Stream.of("check"), Stream.of(more)).toArray(String[]::new));
  }

  private Path file(String key, String value) throws IOException {
    return Files.writeString(home.resolve("c.json"), "{\n  " + Json.write(Json.object().put(key, value)).substring(1));
  }

  private static Setting<?> row(String key) {
    return rows().filter(r -> r.key().equals(key)).findFirst().orElseThrow();
  }
}
