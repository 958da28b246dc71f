package tests.config;

import module java.base;
import static java.util.Map.entry;
import static org.assertj.core.api.Assertions.*;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.TextNode;
import lib.config.Setting;
import lib.config.Settings;
import lib.config.SettingsTable;
import lib.core.Environment;
import lib.core.Json;
import lib.core.Problem;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

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
      row("data", "/d", BLANK), row("db_path", "/d/x.db", BLANK), row("tokens", "a:b,c", BLANK), row("require_token", "no", "maybe"), row("server_keep_days", "7", "0"),
      row("server_keep_bytes", "1GiB", "1"), row("tokens_file", "secret", BLANK),
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

  private static Map.Entry<String, Values> row(String key, String good, String bad) {
    return entry(key, new Values(good, bad));
  }

  @BeforeEach
  void secretFile() throws IOException {
    Files.writeString(home.resolve("secret"), "from-a-file\n");
  }

  @Test
  void everyRowSaysWhatItIsAndNoNameIsTakenTwice() {
    assertThat(SettingsTable.rows()).extracting(Setting::key).containsExactlyInAnyOrderElementsOf(VALUES.keySet());
    var names = new ArrayList<String>();
    for (var row : SettingsTable.rows()) {
      assertThat(row.key()).matches("[a-z][a-z_]*");
      assertThat(List.of(row.help(), row.type().bounds())).as(row.key()).noneMatch(String::isBlank);
      assertThat(row.help() + row.type().bounds() + row.fallback().text()).as(row.key()).doesNotContain("|", "\n");
      assertThat(row.scope().uses()).as(row.key()).isNotEmpty();
      Stream.of(row.flags(), row.noFlags(), row.variables(), row.keys()).forEach(names::addAll);
      assertThat(names).contains("--" + row.key().replace('_', '-'), "A2A_" + row.key().toUpperCase(), row.key());
    }
    assertThat(names).doesNotHaveDuplicates().doesNotContain("--help", "-h", "--version", "-V", "--config", "-c", "--json");
  }

  @Test
  void everyNameOfASettingSetsIt() throws IOException {
    for (var row : SettingsTable.rows()) {
      var good = VALUES.get(row.key()).good;
      var values = new HashSet<Object>(Set.of(resolve(Map.of(row.key(), List.of(good)), Map.of(), null).get(row)));
      for (var variable : row.variables()) {
        var settings = resolve(Map.of(), Map.of(variable, good), null);
        assertThat(settings.origin(row).where()).isEqualTo(variable);
        assertThat(settings.warnings().contains(row.key() + " (" + variable + ") has no effect yet: this version has no " + row.later()))
            .as(variable).isEqualTo(row.later() != null);
        values.add(settings.get(row));
      }
      for (var key : row.keys()) {
        var settings = resolve(Map.of(), Map.of(), file(key, TextNode.valueOf(good)));
        assertThat(settings.origin(row).where()).matches(".*c\\.json:2:3");
        values.add(settings.get(row));
      }
      assertThat(values).as("one value, whichever name gave " + row.key()).hasSize(1);
    }
  }

  @Test
  void everyFlagOfASettingSetsIt() {
    for (var n = 0; n < 3; n++) { // one command line for all first flags, one for all second ones
      var at = n;
      for (var no : List.of(false, true)) {
        var flags = new HashMap<String, String>();
        SettingsTable.rows().stream().filter(row -> no ? row.isYesNo() || row.key().endsWith("_file") : !row.key().endsWith("_file")).forEach(row ->
            (no && row.isYesNo() ? row.noFlags() : row.flags()).stream().skip(at).findFirst().ifPresent(flag -> flags.put(row.key(), flag)));
        var line = flags.entrySet().stream().flatMap(flag -> row(flag.getKey()).isYesNo() ? Stream.of(flag.getValue())
            : Stream.of(flag.getValue(), VALUES.get(flag.getKey()).good));
        var ran = Ran.config(home, Map.of(), Stream.concat(Stream.of("show", "--json"), line).toArray(String[]::new));
        flags.forEach((key, flag) -> {
          assertThat(ran.setting(key).path("source").asText()).as(flag + ran.err()).isEqualTo("flag");
          if (row(key).isYesNo()) {
            assertThat(ran.value(key)).as(flag).isEqualTo(Boolean.toString(!no));
          }
        });
      }
    }
  }

  @Test
  void namesABadValueWithItsPlaceAndTheFix() throws IOException {
    for (var row : SettingsTable.rows()) {
      var bad = VALUES.get(row.key()).bad;
      assertProblem(Problem.Exit.USAGE, row, "--", () -> resolve(Map.of(row.key(), List.of(bad)), Map.of(), null));
      for (var variable : row.variables()) {
        if (row.later() == null || variable.startsWith("A2A_")) {
          assertProblem(Problem.Exit.PROBLEM, row, variable, () -> resolve(Map.of(), Map.of(variable, bad), null));
        } else { // other programs read it, too, and nothing depends on it yet
          assertThat(resolve(Map.of(), Map.of(variable, bad), null).warnings()).singleElement().asString()
              .startsWith(row.key() + " is ").contains(variable, "must be");
        }
      }
      for (var key : row.keys()) {
        for (var value : List.of(TextNode.valueOf(bad), Json.object().put("x", 1))) {
          var file = file(key, value);
          assertProblem(Problem.Exit.PROBLEM, row, "c.json:2:", () -> resolve(Map.of(), Map.of(), file));
        }
      }
    }
  }

  private static void assertProblem(Problem.Exit exit, Setting<?> row, String where, ThrowingCallable call) {
    var problem = catchThrowableOfType(Problem.class, call);
    assertThat(problem).as(row.key()).isNotNull();
    assertThat(problem.exit()).isEqualTo(exit);
    assertThat(problem.what()).startsWith(row.key() + " is ").contains(where);
    assertThat(problem.why()).startsWith("it must be ");
    assertThat(problem.fix()).startsWith("change it in ");
  }

  private Settings resolve(Map<String, List<String>> flags, Map<String, String> variables, Path config) {
    return Settings.resolve(flags, config, new Environment(variables, home, home, "this-host"));
  }

  private Path file(String key, JsonNode value) throws IOException {
    return Files.writeString(home.resolve("c.json"), "{\n  " + Json.write(Json.object().set(key, value)).substring(1));
  }

  private static Setting<?> row(String key) {
    return SettingsTable.rows().stream().filter(row -> row.key().equals(key)).findFirst().orElseThrow();
  }
}
