package tests.session;

import module java.base;
import static org.assertj.core.api.Assertions.*;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.sql.DriverManager;
import lib.core.Json;
import lib.session.SessionStore;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Whatever stands where a CLI would write something else, no store fails for it, and what is read can be written as JSON. */
class SpoiltStoresTest {
  private static final int TIMES = 60; // of which some twenty hit a field that is looked at
  private static final String ID = "11111111-2222-4333-8444-555555555555";
  private static final List<String> VALUES = List.of("null", "7", "-1", "1e300", "9223372036854775807", "true", "\"\"", "\"\\u0000\"",
      "\"\\ud800x\"", "\"../..\"", "\"2026-13-99T99:99:99Z\"", "\"+999999999-12-31T23:59:59Z\"", "[]", "{}", "[[{}]]",
      "{\"type\":{\"a\":1}}", "[null,1,\"x\",{\"type\":\"text\"}]", "\"/a\\u0000b\"", "\"/" + "x/".repeat(5_000) + "\"");

  @TempDir
  Path home;
  private final Random random = new Random(1); // always the same

  private static final String CLAUDE = """
      {"type":"user","sessionId":"ID","cwd":"/srv","version":"2","uuid":"u1","timestamp":"2026-01-01T10:00:00Z","isSidechain":false,\
      "isMeta":false,"message":{"role":"user","content":"Count"}}
      {"type":"custom-title","customTitle":"A title"}
      {"type":"assistant","cwd":"/srv","uuid":"a1","timestamp":"2026-01-01T10:00:01Z","message":{"id":"m1","model":"x",\
      "content":[{"type":"thinking","thinking":"Hm."},{"type":"text","text":"I count."},{"type":"tool_use","id":"t1","name":"Bash",\
      "input":{"command":"wc"}}],"usage":{"input_tokens":5,"output_tokens":1,"cache_read_input_tokens":1}}}
      {"type":"user","cwd":"/srv","uuid":"u2","timestamp":"2026-01-01T10:00:02Z","message":{"content":[{"type":"tool_result",\
      "tool_use_id":"t1","is_error":false,"content":[{"type":"text","text":"42"}]}]}}
      """;
  private static final String CODEX = """
      {"timestamp":"2026-01-01T10:00:00Z","type":"session_meta","payload":{"id":"ID","cwd":"/srv","timestamp":"2026-01-01T10:00:00Z",\
      "cli_version":"1","model_provider":"openai","source":"cli","thread_source":"user"}}
      {"timestamp":"2026-01-01T10:00:01Z","type":"turn_context","payload":{"cwd":"/srv","model":"x"}}
      {"timestamp":"2026-01-01T10:00:02Z","type":"response_item","payload":{"type":"message","role":"user",\
      "content":[{"type":"input_text","text":"Count"}]}}
      {"timestamp":"2026-01-01T10:00:03Z","type":"response_item","payload":{"type":"reasoning","summary":[{"type":"summary_text",\
      "text":"Hm."}]}}
      {"timestamp":"2026-01-01T10:00:04Z","type":"response_item","payload":{"type":"function_call","name":"shell",\
      "arguments":"{\\"command\\":[\\"wc\\"]}","call_id":"c1"}}
      {"timestamp":"2026-01-01T10:00:05Z","type":"event_msg","payload":{"type":"token_count",\
      "info":{"last_token_usage":{"input_tokens":100,"cached_input_tokens":80,"output_tokens":7}}}}
      {"timestamp":"2026-01-01T10:00:06Z","type":"response_item","payload":{"type":"function_call_output","call_id":"c1",\
      "output":{"success":true,"content":"42"}}}
      {"timestamp":"2026-01-01T10:00:07Z","type":"response_item","payload":{"type":"local_shell_call","id":"c2",\
      "action":{"command":["ls"]}}}
      """;
  private static final String CODETETHER = """
      {"id":"ID","title":"Count","created_at":"2026-01-01T10:00:00Z","updated_at":"2026-01-01T11:00:00Z",\
      "metadata":{"directory":"/srv","model":"p/m"},"agent":"build","messages":[{"role":"user","content":[{"type":"text",\
      "text":"Count"}]},{"role":"assistant","content":[{"type":"thinking","text":"Hm."},{"type":"tool_call","id":"c1","name":"bash",\
      "arguments":"{\\"command\\":\\"wc\\"}"}]},{"role":"tool","content":[{"type":"tool_result","tool_call_id":"c1","content":"42"}]}]}
      """;

  private static final String DATA = """
      {"role":"user","type":"text","time":{"created":1},"text":"x","model":{"providerID":"p","modelID":"m"},\
      "state":{"metadata":{"output":"o"}},"tokens":{},"cost":1}""";

  @Test
  void theLogsOfClaudeCode() throws IOException {
    lines("claude", home.resolve(".claude/projects/-srv/" + ID + ".jsonl"), CLAUDE);
  }

  @Test
  void theLogsOfCodex() throws IOException {
    lines("codex", home.resolve(".codex/sessions/2026/01/01/rollout-2026-01-01T10-00-00-" + ID + ".jsonl"), CODEX);
  }

  @Test
  void theFilesOfCodeTether() throws IOException {
    lines("codetether", home.resolve(".local/share/codetether/sessions/" + ID + ".json"), CODETETHER);
  }

  @Test
  void theFilesOfOpenCode() throws IOException {
    var data = Captured.lay("1.0.152", home.resolve(".local/share/opencode"));
    List<Path> files;
    try (var all = Files.walk(data)) {
      files = all.filter(Files::isRegularFile).filter(file -> file.toString().endsWith(".json")).sorted().toList();
    }
    for (var i = 0; i < TIMES; i++) {
      var file = files.get(random.nextInt(files.size()));
      var good = Files.readString(file);
      Files.writeString(file, spoilt(good));
      read("opencode", Files.readString(file));
      Files.writeString(file, good);
    }
  }

  @Test
  void theDatabaseOfOpenCode() throws Exception {
    for (var round = 0; round < TIMES / 20; round++) { // again each time, lest nothing good be left
      var data = Captured.lay("1.18.33", home.resolve(".local/share/opencode"));
      Files.deleteIfExists(data.resolve("opencode.db-shm"));
      try (var connection = DriverManager.getConnection("jdbc:sqlite:" + data.resolve("opencode.db"));
          var statement = connection.createStatement()) {
        for (var i = 0; i < 20; i++) {
          var change = spoiltRows();
          statement.execute(change);
          read("opencode", change);
        }
      }
    }
  }

  private String spoiltRows() {
    var table = List.of("session", "message", "part").get(random.nextInt(3));
    var columns = table.equals("session") ? List.of("title", "directory", "time_created", "time_updated", "version", "summary_files")
        : List.of("data", "data", "time_created", "time_updated");
    var value = List.of("x'00ff'", "'" + spoilt(DATA) + "'", "-1", "9e300", "''").get(random.nextInt(5));
    return "UPDATE " + table + " SET " + columns.get(random.nextInt(columns.size())) + " = " + value + " WHERE id IN (SELECT id FROM "
        + table + " ORDER BY id LIMIT 1 OFFSET " + random.nextInt(4) + ")";
  }

  private void lines(String kind, Path file, String text) throws IOException {
    Files.createDirectories(file.getParent());
    var good = text.replace("\"ID\"", "\"" + ID + "\"").lines().toList();
    Files.write(file, good);
    assertThat(Captured.store(kind, home, Map.of()).sessions()).as("unspoilt").hasSize(1);
    for (var i = 0; i < TIMES; i++) {
      var lines = new ArrayList<>(good);
      lines.replaceAll(line -> random.nextInt(good.size()) == 0 ? spoilt(line) : line);
      Files.writeString(file, lines.stream().collect(Collectors.joining("\n", "", "\n")));
      read(kind, String.join("\n", lines));
    }
  }

  /** All that a sync would read. */
  private void read(String kind, String what) {
    var store = Captured.store(kind, home, Map.of());
    assertThatCode(() -> read(store)).as(what).doesNotThrowAnyException();
  }

  private static void read(SessionStore store) throws IOException {
    var sessions = store.sessions();
    for (var session : sessions) {
      Json.write(session.toJson());
      store.session(session.id());
      store.messages(session, 100).forEach(message -> Json.write(message.toJson(session.id())));
    }
  }

  /** The same with another value somewhere, or none, or cut off. */
  private String spoilt(String json) {
    try {
      var places = new ArrayList<Runnable>();
      var root = Json.read(json);
      places(root, places);
      if (random.nextInt(20) == 0) {
        return json.substring(0, random.nextInt(json.length()));
      }
      places.get(random.nextInt(places.size())).run();
      return Json.write(root).replace("\ud800", "\\ud800"); // as it would stand in a file
    } catch (IOException e) {
      throw new AssertionError(e);
    }
  }

  private void places(JsonNode node, List<Runnable> places) throws IOException {
    var value = Json.read(VALUES.get(random.nextInt(VALUES.size())));
    if (node instanceof ObjectNode object) {
      for (var name : object.propertyStream().map(Map.Entry::getKey).toList()) {
        places.add(() -> object.set(name, value));
        places.add(() -> object.remove(name));
        places(object.get(name), places);
      }
    } else if (node instanceof ArrayNode array) {
      for (var i = 0; i < array.size(); i++) {
        var at = i;
        places.add(() -> array.set(at, value));
        places(array.get(i), places);
      }
    }
  }
}
