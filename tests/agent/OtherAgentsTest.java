package tests.agent;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Duration;
import java.util.List;
import lib.agent.Adapter;
import lib.agent.Adapter.Approval;
import lib.agent.Adapters;
import lib.agent.AgentEvent.Changed;
import lib.agent.AgentEvent.Failed;
import lib.agent.AgentEvent.Quiet;
import lib.agent.AgentEvent.Said;
import lib.agent.AgentEvent.Turn;
import lib.agent.AgentEvent.Used;
import lib.agent.AgentEvent.Warned;
import lib.agent.AttemptFolder;
import lib.agent.Findings;
import lib.config.Json;
import lib.outbox.Redaction;
import lib.task.Verdict;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Each agent CLI is known by name and version, called as it wants to be, and its lines mean what they say. Lines are made. */
class OtherAgentsTest {
  private static final Adapter CLAUDE = Adapters.of("claude").orElseThrow();
  private static final Adapter CODEX = Adapters.of("codex").orElseThrow();
  private static final Adapter CODETETHER = Adapters.of("codetether").orElseThrow();

  @TempDir
  private Path temp;
  private int n;

  @Test
  void aProgramIsKnownByItsNameAndByWhatItCallsItself() {
    assertThat(kind("claude", "")).isEqualTo("claude");
    assertThat(kind("agent", "2.1.197 (Claude Code)")).isEqualTo("claude");
    assertThat(kind("agent", "codex-cli 0.169.0")).isEqualTo("codex");
    assertThat(kind("agent", "codetether 4.7.5")).isEqualTo("codetether");
    assertThat(kind("agent", "1.18.34")).isEqualTo("opencode");
    assertThat(Adapters.recognise("agent", "true (GNU coreutils) 9.1")).isEmpty();
  }

  @Test
  void eachIsCalledAsItWantsToBe() {
    assertThat(CLAUDE.argv(ask("anthropic/m", "u-1", Approval.EDITS, "p", null))).containsExactly("agent", "-p", "--output-format",
        "stream-json", "--verbose", "--model", "m", "--resume", "u-1", "--permission-mode", "acceptEdits");
    assertThat(CLAUDE.argv(ask(null, null, Approval.ALL, "p", null))).contains("--dangerously-skip-permissions");
    assertThat(CODEX.argv(ask("openai/m", "u-1", Approval.EDITS, "p", null))).containsExactly("agent", "exec", "--json",
        "--skip-git-repo-check", "--model", "m", "--sandbox", "workspace-write", "resume", "u-1", "-");
    assertThat(CODETETHER.argv(ask(null, "u-1", Approval.ALL, "-x", "codetether 4.7.5"))).containsExactly("agent", "run", "\n-x", "--agent",
        "build", "--format", "jsonl", "--session", "u-1", "--access-mode", "full");
    assertThat(CODETETHER.argv(ask(null, null, Approval.ALL, "p", "codetether 4.0.0"))).containsExactly("agent", "run", "p", "--agent",
        "build", "--format", "json");
    assertThat(CODETETHER.argv(ask(null, null, Approval.EDITS, "x".repeat(200_000), "codetether 4.7.5")).get(2)).contains("/w/prompt")
        .hasSizeLessThan(200);
  }

  @Test
  void whatClaudeCodeSaysIsRead() {
    var text = "{\"type\":\"assistant\",\"session_id\":\"u-1\",\"message\":{\"content\":[{\"type\":\"text\",\"text\":\"hi\"},"
        + "{\"type\":\"tool_use\",\"name\":\"Bash\",\"input\":{\"command\":\"ls\"}}]}}";
    assertThat(CLAUDE.read(text)).isEqualTo(new Adapter.Line(List.of(new Said("hi"), new Used("Bash", "ls", null, null)), "u-1"));
    assertThat(CLAUDE.read(text.replace("\"session_id\"", "\"parent_tool_use_id\":\"t\",\"session_id\"")).events())
        .containsExactly(new Quiet());
    assertThat(CLAUDE.read("{\"type\":\"user\",\"session_id\":\"u-1\",\"message\":{\"content\":[{\"type\":\"tool_result\"}]},"
        + "\"tool_use_result\":{\"filePath\":\"a.txt\",\"structuredPatch\":[]}}").events()).containsExactly(new Changed("a.txt"));
    assertThat(CLAUDE.read("not json").events().getFirst()).hasToString("Plain[text=not json]");
  }

  @Test
  void howClaudeCodeEndedIsTheTruth() throws IOException {
    var result = "{\"type\":\"result\",\"subtype\":\"success\",\"is_error\":false,\"session_id\":\"u-1\",\"result\":\"hi\",\"num_turns\":1,"
        + "\"stop_reason\":\"end_turn\",\"total_cost_usd\":0.5,\"usage\":{\"input_tokens\":3,\"output_tokens\":4},\"permission_denials\":[]}";
    var said = "{\"type\":\"assistant\",\"session_id\":\"u-1\",\"message\":{\"content\":[{\"type\":\"text\",\"text\":\"hi\"}]}}";
    var good = judge("claude", 0, said, result);
    assertThat(good.status().word()).isEqualTo("completed");
    assertThat(good.facts()).isEqualTo(new Verdict.Facts(Duration.ofSeconds(1), 3, 4, 0.5, List.of()));
    var login = judge("claude", 1, result.replace("\"is_error\":false", "\"is_error\":true").replace("\"hi\"", "\"Invalid API key\""));
    assertThat(login.reason()).isEqualTo("agent-error");
    assertThat(login.error()).contains("Invalid API key");
    var refused = judge("claude", 0, "{\"type\":\"user\",\"session_id\":\"u-1\",\"message\":{\"content\":[{\"type\":\"tool_result\","
        + "\"is_error\":true,\"content\":\"not allowed\"}]}}", result.replace("denials\":[]", "denials\":[{\"tool_name\":\"Bash\"}]"));
    assertThat(refused.reason()).isEqualTo("needs-approval");
    assertThat(judge("claude", 0, said).reason()).isEqualTo("empty-result");
  }

  @Test
  void whatCodexSaysIsReadAndOnlyAFailedTurnEndsIt() throws IOException {
    assertThat(CODEX.read("{\"type\":\"thread.started\",\"thread_id\":\"u-1\"}")).isEqualTo(new Adapter.Line(List.of(new Quiet()), "u-1"));
    assertThat(CODEX.read("{\"type\":\"item.started\",\"item\":{\"type\":\"command_execution\",\"command\":\"bash -lc 'ls -l'\"}}").events())
        .containsExactly(new Used("shell", "ls -l", null, null));
    assertThat(CODEX.read("{\"type\":\"item.completed\",\"item\":{\"type\":\"file_change\",\"status\":\"completed\",\"changes\":"
        + "[{\"path\":\"a\",\"kind\":\"add\"}]}}").events()).containsExactly(new Used("add", "a", null, "a"));
    assertThat(CODEX.read("{\"type\":\"error\",\"message\":\"Reconnecting... 1/5\"}").events())
        .containsExactly(new Warned("Reconnecting... 1/5"));
    assertThat(CODEX.read("{\"type\":\"turn.failed\",\"error\":{\"message\":\"unexpected status 401 Unauthorized\"}}").events())
        .containsExactly(new Failed("unexpected status 401 Unauthorized", 401));
    var good = judge("codex", 0, "{\"type\":\"error\",\"message\":\"Reconnecting... 1/5\"}", "{\"type\":\"item.completed\",\"item\":"
        + "{\"type\":\"agent_message\",\"text\":\"done\"}}", "{\"type\":\"turn.completed\",\"usage\":{\"input_tokens\":9,\"output_tokens\":2}}");
    assertThat(good.status().word()).isEqualTo("completed");
    assertThat(good.result()).isEqualTo("done");
    assertThat(judge("codex", 1, "{\"type\":\"error\",\"message\":\"Reconnecting... 5/5\"}").error()).contains("Reconnecting... 5/5");
  }

  @Test
  void bothFormsOfCodeTetherAreRead() throws IOException {
    assertThat(CODETETHER.read("{\"type\":\"run.started\",\"session_id\":\"u-1\"}").sessionId()).isEqualTo("u-1");
    var lines = judge("codetether", 0, "{\"type\":\"run.text_chunk\",\"text\":\"do\"}", "{\"type\":\"run.text_complete\",\"text\":\"done\"}",
        "{\"type\":\"run.completed\",\"session_id\":\"u-1\",\"usage\":{\"prompt_tokens\":5,\"completion_tokens\":6}}");
    assertThat(lines.result()).isEqualTo("done");
    assertThat(lines.facts().tokensIn()).isEqualTo(5);
    var object = judge("codetether", 0, "{", "  \"text\": \"done\\nwell\",", "  \"session_id\": \"u-2\"", "}");
    assertThat(object.status().word()).isEqualTo("completed");
    assertThat(object.result()).isEqualTo("done\nwell");
    assertThat(object.sessionId()).isEqualTo("u-2");
    assertThat(judge("codetether", 1, "{\"type\":\"run.failed\",\"error\":\"no such model\"}").error()).startsWith("no such model");
  }

  private static String kind(String name, String version) {
    return Adapters.recognise(name, version).orElseThrow().kind();
  }

  private static Adapter.Ask ask(String model, String session, Approval approval, String prompt, String version) {
    return new Adapter.Ask(Path.of("agent"), version, "build", model, session, approval, prompt, Path.of("/w/prompt"), Path.of("/w"));
  }

  private Verdict judge(String kind, int code, String... lines) throws IOException {
    var folder = AttemptFolder.of(temp, "t", ++n);
    folder.make();
    folder.adapter(Adapters.of(kind).orElseThrow(), true);
    folder.prepare("", Json.object(), Json.object());
    Files.writeString(folder.file("out"), String.join("\n", lines) + "\n", StandardOpenOption.APPEND);
    try (var found = new Findings(folder, Redaction.NONE)) {
      found.read(true);
      return Verdict.of(found, new AttemptFolder.Exit(code, "ended"), null, Duration.ofSeconds(1), Duration.ofHours(1));
    }
  }
}
