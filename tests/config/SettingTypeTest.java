package tests.config;

import module java.base;
import static org.assertj.core.api.Assertions.*;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.TextNode;
import lib.config.Setting;
import lib.config.Settings;
import lib.config.SettingsTable;
import lib.core.Environment;
import lib.core.Json;
import lib.core.Problem;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** A value is taken as text and as JSON if it can be used as it stands; any other is refused with what is allowed, and no secret is shown. */
class SettingTypeTest {
  @TempDir
  Path folder;

  @ParameterizedTest
  @CsvSource(delimiter = '|', quoteCharacter = '`', value = {
      "max_concurrent_tasks | 3 | 3", "max_concurrent_tasks | 2.0 | 2", "max_concurrent_tasks | \" 4 \" | 4", "output_max | 1e8 | 100000000",
      "output_max | \"1 MiB\" | 1MiB", "output_max | \"2g\" | 2GiB", "output_max | \"1.5MB\" | 1536KiB", "min_free_disk | 0 | 0",
      "task_timeout | 3.6e3 | 3600", "task_timeout | \"1.5h\" | 5400", "poll_interval | 2.5 | 2.5", "poll_interval | \"5M\" | 300", "poll_interval | \".5s\" | 0.5",
      "keep_agents | true | true", "keep_agents | 1 | true", "keep_agents | 0 | false", "keep_agents | \"ON\" | true",
      "capabilities | [\"a\", \"b\", \"a\"] | a,b", "capabilities | \" a,, b ,\" | a,b", "capabilities | \"[\\\"a\\\"]\" | a",
      "codebase_roots | [\"/a,b\", \"c\"] | /a,b,FOLDER/c", "codebase_roots | \"~/a,/b\" | HOME/a,/b",
      "codebases | [{\"name\": \"n\", \"path\": \"/p\", \"more\": 1}, \"/q\", \"m:/r\"] | n:/p,q:/q,m:/r", "codebases | \"/srv/x:y, rel\" | x:y:/srv/x:y,rel:FOLDER/rel",
      "silence | \"dead=20m\" | lingering=10,asking=0,limited=120,thinking=3600,dead=1200",
      "silence | {\"dead\": 1200, \"asking\": \"1.5\", \"thinking\": \"2h\"} | lingering=10,asking=1.5,limited=120,thinking=7200,dead=1200",
      "agent_args | \"-m  {model}\" | [\"-m\",\"{model}\"]", "agent_args | [\"a b\", \"\"] | [\"a b\",\"\"]",
      "agent_bin | \"bin/agent\" | FOLDER/bin/agent", "agent_bin | \"~/agent\" | HOME/agent", "agent_bin | \"agent\" | agent",
      "state_dir | \"s/../state\" | FOLDER/state", "ca_file | \"~/ca.pem\" | HOME/ca.pem", "notification_email | \" a@b.example\\n\" | a@b.example",
      "worker_name | \" Größe \" | Größe", "server_url | \"https://h.example/\" | https://h.example", "server_url | \"HTTPS://h.example/base//\" | https://h.example/base",
      "server_url | \"http://[::1]:8080\" | http://[::1]:8080", "server_url | \"http://code_tether:8080/\" | http://code_tether:8080",
      "redis_url | \"redis://joe:s3cret@h:1/2\" | redis://joe:********@h:1/2", "redis_url | \"redis://:s3cret@h:6379/1\" | redis://:********@h:6379/1",
      "redis_url | \"rediss://s3cret@h\" | rediss://********@h", "redis_url | \"redis://joe:s3cret:more@h\" | redis://joe:********@h",
      "auth_token | \"s3cret\" | ********"})
  void takesTextAndJson(String key, String json, String shown) throws IOException {
    var row = row(key);
    var settings = resolve(key, Json.read(json));
    var expected = shown.replace("FOLDER", folder.toString()).replace("HOME", folder.resolve("home").toString());
    assertThat(show(row, settings)).isEqualTo(expected);
    assertThat(json(row, settings).toString()).doesNotContain("s3cret");
  }

  @ParameterizedTest
  @CsvSource(delimiter = '|', quoteCharacter = '`', value = {
      "max_concurrent_tasks | 2.5 | a whole number from 1 to 64", "max_concurrent_tasks | 1e99 | whole number", "max_concurrent_tasks | 1e999999 | whole number",
      "max_concurrent_tasks | -1.0 | whole number", "max_concurrent_tasks | \"\u0663\" | whole number", "output_max | \"\u0663\u0663\u0663\u0663\u0663\u0663\" | bytes from 64KiB",
      "task_timeout | \"\u0663\" | seconds from 1", "task_timeout | \"90d\" | seconds from 1 to 604800", "task_timeout | [5] | seconds from 1", "output_max | \"9999999999g\" | bytes from",
      "keep_agents | 2 | true or false", "keep_agents | [true] | true or false", "worker_name | 5 | text without control", "worker_name | \"a\\tb\" | at most 256",
      "worker_id | \"a\\u0085b\" | without control characters", "agent_name | \"a\\u2028b\" | without control characters",
      "capabilities | [\"a b\"] | words without spaces", "capabilities | [\"a,b\"] | words without spaces", "capabilities | [1] | words without spaces",
      "codebase_roots | [\"/srv/..\"] | other than /", "codebase_roots | \"/a\\u0000b\" | this is none", "codebases | {\"path\": \"/p\"} | a list of {name",
      "silence | \"dead=0\" | dead takes seconds from 1 to 604800", "silence | \"sleeping=5\" | lingering, asking, limited, thinking, dead", "silence | \"dead\" | names: lingering",
      "agent_args | \"a 'b c'\" | needs the list", "agent_args | \"{x}\" | {x} is none", "agent_args | \"[1]\" | a JSON list", "agent_args | \"[\" | a JSON list",
      "agent_kind | \"cursor\" | one of auto, opencode", "ca_file | \"~joe/ca.pem\" | ~name is not understood",
      "server_url | \"//h\" | https:// or http:// in front", "server_url | \"h.example\" | https:// or http:// in front", "server_url | \"https:h\" | in front",
      "server_url | \"http://my host\" | this is none", "server_url | \"http://my!host\" | a host name of letters", "server_url | \"http://\" | this is none",
      "server_url | \"http://h:0\" | a port from 1 to 65535", "server_url | \"http://h:65536\" | a port from 1", "server_url | \"https://h/p?q=1\" | without ? or #",
      "server_url | \"https://h#x\" | without ? or #", "server_url | \"https://u@my_host\" | without a user or password"})
  void refusesWhatCannotBeUsed(String key, String json, String must) throws IOException {
    var value = Json.read(json);
    var problem = catchThrowableOfType(Problem.class, () -> resolve(key, value));
    assertThat(problem).isNotNull();
    assertThat(problem.what()).startsWith(key + " is ").contains("c.json:1:2");
    assertThat(problem.why()).startsWith("it must be ").contains(must);
    assertThat(problem.text()).hasLineCount(3);
  }

  @ParameterizedTest
  @ValueSource(strings = {"https://joe:s3cret@h", "https://joe:s3c ret@h", "https://joe:pa/s3cret@h", "https://joe:p@s3cret@h", "joe:s3cret@h",
      "https://a-user-with-a-name-of-more-than-forty-characters:s3cret@h", "https://joe:s3cret#more@h", "https://h/?token=s3cret",
      "ftp://joe:s3cret@h", "https://joe:s3cret@my_host", "//joe:s3cret@h"})
  void masksThePasswordOfAUrlThatItRefuses(String url) {
    for (var key : List.of("server_url", "redis_url", "mcp_url", "agent_url")) {
      var problem = catchThrowableOfType(Problem.class, () -> resolve(key, TextNode.valueOf(url)));
      assertThat(problem.text()).as(key).contains("must be").doesNotContain("s3cret", "s3c ret");
    }
  }

  @Test
  void showsARefusedValueAsTextAndAnObjectNotAtAll() throws IOException {
    for (var shown : Map.of("\"x\"", "server_url is 'x' (", "[\"a b\", \"c\"]", "server_url is 'a b,c' (", "{\"token\": \"s3cret\"}", "server_url is not usable (",
        "\"" + "x".repeat(50) + "\"", "server_url is '" + "x".repeat(40) + "…' (").entrySet()) {
      var value = Json.read(shown.getKey());
      assertThat(catchThrowableOfType(Problem.class, () -> resolve("server_url", value)).text()).startsWith("problem: " + shown.getValue()).doesNotContain("s3cret");
    }
  }

  private Settings resolve(String key, JsonNode value) throws IOException {
    var file = Files.writeString(folder.resolve("c.json"), Json.write(Json.object().set(key, value)));
    return Settings.resolve(Map.of(), file, new Environment(Map.of(), folder, folder.resolve("home"), "this-host"));
  }

  private static <T> String show(Setting<T> row, Settings settings) {
    return row.type().show(settings.get(row));
  }

  private static <T> JsonNode json(Setting<T> row, Settings settings) {
    return row.type().toJson(settings.get(row));
  }

  private static Setting<?> row(String key) {
    return SettingsTable.rows().stream().filter(row -> row.key().equals(key)).findFirst().orElseThrow();
  }
}
