package tests.session.jsonl;

import module java.base;
import static org.assertj.core.api.Assertions.assertThat;

import lib.core.Json;
import lib.session.Message;
import lib.session.Session;
import lib.session.SessionStore;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import tests.session.Captured;

/** Codex's logs, as documents describe them. The lines are written here, since no log of a real one could be made without an account. */
class CodexStoreTest {
  private static final String ID = "0199aaaa-2222-7333-8444-555555555555";

  @TempDir
  Path home;
  private Path day;
  private Path log;
  private SessionStore store;

  @BeforeEach
  void lay() throws IOException {
    day = Files.createDirectories(home.resolve(".codex/sessions/2026/01/01"));
    log = day.resolve("rollout-2026-01-01T10-00-00-" + ID + ".jsonl");
    Files.writeString(log, meta(ID, "/srv/shop", "")
        + item("09", "{\"type\":\"message\",\"role\":\"developer\",\"content\":[{\"type\":\"input_text\","
        + "\"text\":\"rules\"}]}") + said("10", "user", "input_text", "<environment_context>\\n<cwd>/srv/shop</cwd></environment_context>")
        + line("11", "turn_context", "{\"cwd\":\"/srv/shop\",\"model\":\"gpt-x\"}")
        + said("12", "user", "input_text", "Count the stock")
        + line("12", "event_msg", "{\"type\":\"user_message\",\"message\":\"Count the stock\"}")
        + item("13", "{\"type\":\"reasoning\",\"summary\":[{\"type\":\"summary_text\",\"text\":\"Hm.\"}],\"encrypted_content\":\"zzz\"}")
        + item("14", "{\"type\":\"function_call\",\"name\":\"shell\","
            + "\"arguments\":\"{\\\"command\\\":[\\\"wc\\\"]}\",\"call_id\":\"call_1\"}")
        + line("15", "event_msg", "{\"type\":\"token_count\",\"info\":null}")
        + line("15", "event_msg", "{\"type\":\"token_count\",\"info\":{\"total_token_usage\":{\"input_tokens\":999},\"last_token_usage\":"
            + "{\"input_tokens\":100,\"cached_input_tokens\":80,\"output_tokens\":7,\"reasoning_output_tokens\":3}}}")
        + item("16", "{\"type\":\"function_call_output\",\"call_id\":\"call_1\",\"output\":\"42\"}")
        + said("17", "assistant", "output_text", "There are 42."));
    Captured.age(home);
    store = Captured.store("codex", home, Map.of());
  }

  @Test
  void readsASessionFromItsLines() throws IOException {
    assertThat(store.sessions()).containsExactly(store.session(ID).orElseThrow()).containsExactly(new Session(ID, "codex",
        "Count the stock", Path.of("/srv/shop"), null, Instant.parse("2026-01-01T10:00:00Z"), Instant.parse("2026-01-01T10:00:17Z"), 3,
        Json.object(), "0.169.0"));
    assertThat(store.session("../" + ID)).isEmpty();
    assertThat(store.session("555555555555")).as("the end of an id").isEmpty();
  }

  @Test
  void joinsAnAnswerUpToAnOutcome() throws IOException {
    var messages = store.messages(session(), 100);
    assertThat(messages).extracting(Message::id).containsExactly(ID + "-0", ID + "-1", ID + "-2");
    assertThat(messages).extracting(Message::role).containsExactly("user", "assistant", "assistant");
    assertThat(messages.get(1).model()).isEqualTo("openai/gpt-x");
    assertThat(messages.get(1).created()).isEqualTo(Instant.parse("2026-01-01T10:00:13Z"));
    assertThat(messages.get(1).tokens().toString())
        .isEqualTo("{\"input\":20,\"output\":7,\"reasoning\":3,\"cache\":{\"read\":80,\"write\":0}}");
    assertThat(messages.get(1).parts()).extracting(part -> part.path("type").asText()).containsExactly("reasoning", "tool");
    assertThat(messages.get(1).parts().get(1).path("state").toString())
        .isEqualTo("{\"status\":\"completed\",\"input\":{\"command\":[\"wc\"]},\"output\":\"42\"}");
    assertThat(messages.get(2).parts().getFirst().path("text").asText()).isEqualTo("There are 42.");
    assertThat(messages.toString()).doesNotContain("rules", "environment_context", "zzz");
    assertThat(store.messages(session(), 1)).extracting(Message::id).containsExactly(ID + "-2");
  }

  @Test
  void keepsASessionWhoseLogWasCompressed() throws IOException {
    var before = store.sessions();
    Files.move(log, day.resolve(log.getFileName() + ".zst"));
    for (var n = 0; n < 2; n++) {
      assertThat(store.sessions()).isEqualTo(before);
      assertThat(store.messages(before.getFirst(), 100)).isEmpty();
    }
    Files.delete(day.resolve(log.getFileName() + ".zst"));
    assertThat(store.sessions()).isEmpty();
  }

  @Test
  void takesTheNameOfASessionAsItsTitle() throws IOException {
    Files.writeString(home.resolve(".codex/session_index.jsonl"), "{\"id\":\"" + ID + "\",\"thread_name\":\"Stock\",\"updated_at\":\"x\"}\n"
        + "{\"id\":\"" + ID + "\",\"thread_name\":\"The stock\",\"updated_at\":\"x\"}\n");
    assertThat(session().title()).isEqualTo("The stock");
  }

  @Test
  void skipsFilesThatAreNoSession() throws IOException {
    write("a", meta("sub-1", "/srv/shop", ",\"thread_source\":\"subagent\"") + said("1", "user", "input_text", "x"));
    write("b", meta("sub-2", "/srv/shop", ",\"source\":{\"subagent\":{\"thread_spawn\":{}}}") + said("1", "user", "input_text", "x"));
    write("c", meta("sub-3", "/srv/shop", ",\"parent_thread_id\":\"" + ID + "\"") + said("1", "user", "input_text", "x"));
    write("d", meta("silent", "/srv/shop", ""));
    write("e", meta("../../up", "/srv/shop", "") + said("1", "user", "input_text", "x"));
    write("f", meta("nowhere", "relative", "") + said("1", "user", "input_text", "x"));
    write("g", "{\"id\":\"old\",\"timestamp\":\"2026-01-01T10:00:00Z\",\"instructions\":null}\n" + said("1", "user", "input_text", "x"));
    write("h", "no JSON\n");
    write("i", "");
    Files.copy(log, day.resolve("notes.jsonl"));
    Files.createSymbolicLink(day.resolve("rollout-link.jsonl"), log);
    Files.createSymbolicLink(home.resolve(".codex/sessions/2025"), home.resolve(".codex/sessions/2026"));
    Files.createSymbolicLink(home.resolve(".codex/sessions/2026/02"), home.resolve(".codex/sessions"));
    assertThat(store.sessions()).extracting(Session::id).containsExactly(ID);
  }

  @Test
  void followsTheVariableOfTheHome() throws IOException {
    Files.move(home.resolve(".codex"), home.resolve("elsewhere"));
    assertThat(store.sessions()).isEmpty();
    var vars = Map.of("CODEX_HOME", home.resolve("elsewhere").toString());
    assertThat(Captured.store("codex", home, vars).sessions()).hasSize(1);
  }

  private Session session() throws IOException {
    return store.session(ID).orElseThrow();
  }

  private void write(String name, String text) throws IOException {
    Files.writeString(day.resolve("rollout-" + name + ".jsonl"), text);
  }

  private static String meta(String id, String cwd, String more) {
    return line("00", "session_meta", "{\"id\":\"" + id + "\",\"timestamp\":\"2026-01-01T10:00:00.000Z\",\"cwd\":\"" + cwd
        + "\",\"originator\":\"codex_exec\",\"cli_version\":\"0.169.0\",\"model_provider\":\"openai\"" + more + "}");
  }

  private static String said(String second, String role, String type, String text) {
    return item(second, "{\"type\":\"message\",\"role\":\"" + role
        + "\",\"content\":[{\"type\":\"" + type + "\",\"text\":\"" + text + "\"}]}");
  }

  private static String item(String second, String payload) {
    return line(second, "response_item", payload);
  }

  private static String line(String second, String type, String payload) {
    return "{\"timestamp\":\"2026-01-01T10:00:" + (second.length() < 2 ? "0" + second : second) + ".000Z\",\"type\":\"" + type
        + "\",\"payload\":" + payload + "}\n";
  }
}
