package tests.session.jsonl;

import module java.base;
import static org.assertj.core.api.Assertions.*;

import lib.core.Json;
import lib.session.Message;
import lib.session.Session;
import lib.session.SessionStore;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import tests.session.Captured;

/**
 * Claude Code's logs, as documents describe them: read as sessions without what
 * sub-agents said. The lines are written here, since no log of a real one could be made without an account.
 */
class ClaudeStoreTest {
  private static final String ID = "11111111-2222-4333-8444-555555555555";

  @TempDir
  Path home;
  private Path log;
  private SessionStore store;

  @BeforeEach
  void lay() throws IOException {
    log = Files.createDirectories(home.resolve(".claude/projects/-srv-shop")).resolve(ID + ".jsonl");
    Files.writeString(log, String.join("\n",
        "{\"type\":\"file-history-snapshot\",\"messageId\":\"x\",\"snapshot\":{}}",
        user("u1", "10:00:00", "\"Count the stock\\nand tell me\""),
        line("assistant", "a1", "10:00:05", false, "{\"id\":\"msg_1\",\"role\":\"assistant\",\"model\":\"claude-x\",\"content\":"
            + "[{\"type\":\"thinking\",\"thinking\":\"Hm.\",\"signature\":\"s\"}],\"usage\":{\"input_tokens\":5,\"output_tokens\":1}}"),
        line("assistant", "a2", "10:00:06", false, "{\"id\":\"msg_1\",\"role\":\"assistant\",\"model\":\"claude-x\",\"content\":"
            + "[{\"type\":\"text\",\"text\":\"I count.\"}],\"usage\":{\"input_tokens\":5,\"output_tokens\":2}}"),
        line("assistant", "a3", "10:00:07", false, "{\"id\":\"msg_1\",\"role\":\"assistant\",\"model\":\"claude-x\",\"content\":"
            + "[{\"type\":\"tool_use\",\"id\":\"toolu_1\",\"name\":\"Bash\",\"input\":{\"command\":\"wc\"}}],"
            + "\"usage\":{\"input_tokens\":5,\"output_tokens\":7,\"cache_read_input_tokens\":100,\"cache_creation_input_tokens\":50}}"),
        line("assistant", "s1", "10:00:08", true, "{\"id\":\"msg_side\",\"role\":\"assistant\",\"model\":\"claude-x\",\"content\":"
            + "[{\"type\":\"text\",\"text\":\"a sub-agent\"}]}"),
        user("u2", "10:00:09",
            "[{\"type\":\"tool_result\",\"tool_use_id\":\"toolu_1\",\"content\":[{\"type\":\"text\",\"text\":\"42\"}]}]"),
        line("assistant", "a4", "10:00:10", false, "{\"id\":\"msg_2\",\"role\":\"assistant\",\"model\":\"claude-x\",\"content\":"
            + "[{\"type\":\"text\",\"text\":\"There are 42.\"}],\"usage\":{\"input_tokens\":9,\"output_tokens\":3}}"),
        ""));
    Captured.age(home);
    store = Captured.store("claude", home, Map.of());
  }

  @Test
  void readsASessionFromItsLines() throws IOException {
    assertThat(store.sessions()).containsExactly(store.session(ID).orElseThrow()).containsExactly(new Session(ID, "claude",
        "Count the stock", Path.of("/srv/shop"), null, Instant.parse("2026-01-01T10:00:00Z"), Instant.parse("2026-01-01T10:00:10Z"), 3,
        Json.object(), "2.1.0"));
    assertThat(store.session("../" + ID)).isEmpty();
  }

  @Test
  void joinsTheLinesOfAnAnswerAndTheOutcomeOfACall() throws IOException {
    var messages = store.messages(session(), 100);
    assertThat(messages).extracting(Message::id).containsExactly("u1", "msg_1", "msg_2");
    assertThat(messages).extracting(Message::role).containsExactly("user", "assistant", "assistant");
    var answer = messages.get(1);
    assertThat(answer.model()).isEqualTo("anthropic/claude-x");
    assertThat(answer.tokens().toString()).isEqualTo("{\"input\":5,\"output\":7,\"cache\":{\"read\":100,\"write\":50}}");
    assertThat(answer.parts()).extracting(part -> part.path("type").asText()).containsExactly("reasoning", "text", "tool");
    assertThat(answer.parts().get(2).path("state").toString())
        .isEqualTo("{\"status\":\"completed\",\"input\":{\"command\":\"wc\"},\"output\":\"42\"}");
    assertThat(messages.toString()).doesNotContain("a sub-agent");
    assertThat(store.messages(session(), 2)).extracting(Message::id).containsExactly("msg_1", "msg_2");
  }

  @Test
  void skipsHalfALineUntilItsEnd() throws IOException {
    var line = user("u3", "10:01:00", "\"Zoë?\"");
    assertThat(session().messages()).isEqualTo(3);
    append(line.substring(0, 60));
    assertThat(session().messages()).isEqualTo(3);
    append(line.substring(60));
    assertThat(session().messages()).isEqualTo(3);
    append("\n");
    assertThat(session().messages()).isEqualTo(4);
    assertThat(store.messages(session(), 1).getFirst().parts().getFirst().path("text").asText()).isEqualTo("Zoë?");
  }

  @Test
  void readsALogThatWasReplaced() throws IOException {
    store.messages(session(), 100);
    Files.writeString(log, user("u9", "11:00:00", "\"Something else\"") + "\n");
    assertThat(session().title()).isEqualTo("Something else");
    assertThat(store.messages(session(), 100)).extracting(Message::id).containsExactly("u9");
    Files.delete(log);
    assertThat(store.sessions()).isEmpty();
  }

  @Test
  void prefersTitlesInTheirOrder() throws IOException {
    append("{\"type\":\"summary\",\"summary\":\"By summary\",\"leafUuid\":\"a4\"}\n");
    assertThat(session().title()).isEqualTo("By summary");
    append("{\"type\":\"ai-title\",\"aiTitle\":\"By the model\"}\n");
    assertThat(session().title()).isEqualTo("By the model");
    append("{\"type\":\"custom-title\",\"customTitle\":\"By its user\"}\n");
    assertThat(session().title()).isEqualTo("By its user");
  }

  @Test
  void skipsFilesThatAreNoSession() throws IOException {
    var project = log.getParent();
    Files.copy(log, project.resolve("agent-1234.jsonl"));
    Files.createDirectories(project.resolve(ID + "/subagents"));
    Files.copy(log, project.resolve(ID + "/subagents/agent-1.jsonl"));
    Files.writeString(project.resolve("22222222-2222-4333-8444-555555555555.jsonl"), "{\"type\":\"summary\",\"summary\":\"only\"}\n");
    Files.writeString(project.resolve("33333333-2222-4333-8444-555555555555.jsonl"), "no JSON\n\n[1]\n\u0000\n");
    Files.writeString(project.resolve("44444444-2222-4333-8444-555555555555.jsonl"), "");
    Files.writeString(project.resolve("55555555-2222-4333-8444-555555555555.jsonl"),
        line("user", "s", "10:00:00", true, "{\"role\":\"user\",\"content\":\"warm up\"}") + "\n");
    Files.createSymbolicLink(project.resolve("66666666-2222-4333-8444-555555555555.jsonl"), log);
    Files.createSymbolicLink(project.resolveSibling("-linked"), project);
    assertThat(store.sessions()).extracting(Session::id).containsExactly(ID);
  }

  @Test
  void skipsBadAndTooLongLines() throws IOException {
    append("{\"type\":\"user\", broken\n" + "{\"type\":\"user\",\"x\":\"" + "x".repeat(17 << 20) + "\"}\n"
        + user("u3", "10:01:00", "\"More\"") + "\n");
    assertThat(session().messages()).isEqualTo(4);
  }

  @Test
  void followsTheVariableOfTheConfigFolder() throws IOException {
    Files.move(home.resolve(".claude"), home.resolve("elsewhere"));
    assertThat(store.sessions()).isEmpty();
    var vars = Map.of("CLAUDE_CONFIG_DIR", home.resolve("elsewhere").toString());
    assertThat(Captured.store("claude", home, vars).sessions()).hasSize(1);
  }

  @Test
  void failsWhenTheFolderCannotBeListed() {
    var vars = Map.of("CLAUDE_CONFIG_DIR", home.resolve("x".repeat(300)).toString()); // fails for root, too
    assertThatThrownBy(() -> Captured.store("claude", home, vars).sessions()).isInstanceOf(IOException.class);
  }

  @Test
  void keepsTheNewestMessagesOfALongSession() throws IOException {
    for (var n = 0; n < 500; n++) {
      append(user("m" + n, "12:00:00", "\"number " + n + "\"") + "\n");
    }
    assertThat(session().messages()).isEqualTo(503);
    assertThat(store.messages(session(), 3)).extracting(Message::id).containsExactly("m497", "m498", "m499");
    append(user("m500", "12:00:00", "\"number 500\"") + "\n");
    assertThat(store.messages(session(), 3)).extracting(Message::id).containsExactly("m498", "m499", "m500");
  }

  private Session session() throws IOException {
    return store.session(ID).orElseThrow();
  }

  private void append(String text) throws IOException {
    Files.writeString(log, text, StandardOpenOption.APPEND);
    Files.setLastModifiedTime(log, FileTime.from(Captured.LAID));
  }

  private static String user(String uuid, String at, String content) {
    return line("user", uuid, at, false, "{\"role\":\"user\",\"content\":" + content + "}");
  }

  private static String line(String type, String uuid, String at, boolean side, String message) {
    return "{\"parentUuid\":null,\"isSidechain\":" + side + ",\"cwd\":\"/srv/shop\",\"sessionId\":\"" + ID
        + "\",\"version\":\"2.1.0\",\"type\":\"" + type + "\",\"message\":" + message + ",\"uuid\":\"" + uuid
        + "\",\"timestamp\":\"2026-01-01T" + at + ".000Z\"}";
  }
}
