package tests.agent.adapter;

import static org.assertj.core.api.Assertions.assertThat;
import static tests.agent.adapter.LaunchSpecs.*;

import lib.agent.adapter.Adapter.Approval;
import lib.agent.adapter.Adapter;
import lib.agent.adapter.AgentEvent.AgentError;
import lib.agent.adapter.AgentEvent.FileChanged;
import lib.agent.adapter.AgentEvent.Question;
import lib.agent.adapter.AgentEvent.RawLine;
import lib.agent.adapter.AgentEvent.Text;
import lib.agent.adapter.AgentEvent.ToolCall;
import lib.agent.adapter.AgentEvent.TurnEnded;
import lib.agent.adapter.CodeTether;
import org.junit.jupiter.api.Test;

/** Starts the CodeTether agent as its version expects, and reads both forms of its output. */
class CodeTetherTest {
  private static final Adapter CLI = new CodeTether();
  private static final String NEW = "codetether 4.7.6";
  private static final String SESSION = "11111111-1111-4111-8111-111111111111";

  @Test
  void recognizesItsNameAndVersion() {
    assertThat(CLI.recognizes("codetether", "")).isTrue();
    assertThat(CLI.recognizes("agent", "codetether 1.1.6-alpha-8.5")).isTrue();
    assertThat(CLI.recognizes("agent", "codex-cli 0.169.0")).isFalse();
  }

  @Test
  void choosesFormatAndAccessModeByVersion() {
    assertThat(CLI.argvDependsOnVersion(Approval.EDITS)).isTrue();
    assertThat(CLI.argv(ask(NEW, "build", "p/m", SESSION, Approval.EDITS))).containsExactly("agent", "run", "do it", "--agent", "build",
        "--format", "jsonl", "--model", "p/m", "--session", SESSION, "--access-mode", "approve");
    assertThat(CLI.argv(ask("codetether 4.7.5-dev.50", "build", null, null, Approval.ALL))).endsWith("jsonl", "--access-mode", "full");
    for (var old : new String[] {"codetether 1.1.0", "codetether 4.7.4", null}) {
      assertThat(CLI.argv(ask(old, "build", null, null, Approval.ALL))).as(old)
          .containsExactly("agent", "run", "do it", "--agent", "build", "--format", "json");
    }
    assertThat(CLI.argv(ask(NEW, "build", null, null, Approval.CONFIGURED))).endsWith("--format", "jsonl");
  }

  @Test
  void passesThePromptAsOneArgumentNeverAsAnOptionOrTooLong() {
    assertThat(CLI.promptOnInput(prompted("x"))).isFalse();
    assertThat(CLI.argv(prompted("--help me"))).contains("\n--help me");
    assertThat(CLI.argv(prompted("ä".repeat(70_000))).get(2)).contains("/a/prompt").hasSizeLessThan(200);
    assertThat(CLI.argv(prompted("a\0b")).get(2)).contains("/a/prompt");
  }

  @Test
  void readsTextToolsChangedFilesAndEndOfARun() {
    assertThat(events(CLI, "{\"type\":\"run.started\",\"session_id\":\"" + SESSION + "\"}",
        "{\"type\":\"run.text_chunk\",\"item_id\":\"i\",\"timestamp_ms\":1,\"text\":\"I lo\"}",
        "{\"type\":\"run.text_complete\",\"item_id\":\"i\",\"timestamp_ms\":2,\"text\":\"I look.\"}",
        "{\"type\":\"run.tool_call_started\",\"tool_call_id\":\"c\",\"name\":\"bash\",\"arguments\":\"{\\\"command\\\":\\\"date\\\"}\"}",
        "{\"type\":\"run.command_started\",\"tool_call_id\":\"c\",\"command\":\"date\"}",
        "{\"type\":\"run.tool_call_completed\",\"tool_call_id\":\"c\",\"name\":\"bash\",\"success\":true,\"output\":\"ok\"}",
        "{\"type\":\"run.tool_call_completed\",\"tool_call_id\":\"d\",\"name\":\"edit\",\"success\":false,\"output\":\"no such file\"}",
        "{\"type\":\"run.patch_completed\",\"patch_id\":\"p\",\"metadata\":{\"path\":\"/w/a\"}}",
        "{\"type\":\"run.completed\",\"session_id\":\"" + SESSION + "\",\"response\":\"I look.\",\"usage\":{\"prompt_tokens\":2,"
            + "\"completion_tokens\":3,\"total_tokens\":5}}"))
        .containsExactly(new Text("I look."), new ToolCall("bash", "date", null), new ToolCall("edit", "", "no such file"),
            new FileChanged("/w/a"), new TurnEnded(TurnEnded.STOP, 2, 3, 0, true));
    assertThat(CLI.parseLine("{\"type\":\"run.started\",\"session_id\":\"" + SESSION + "\"}").sessionId()).isEqualTo(SESSION);
  }

  @Test
  void distinguishesApprovalsFromFailures() {
    assertThat(events(CLI, "{\"type\":\"run.approval_requested\",\"approval_id\":\"a\",\"tool\":\"bash\",\"action\":\"rm x\"}",
        "{\"type\":\"run.approval_decided\",\"approval_id\":\"a\",\"status\":\"denied\"}"))
        .containsExactly(new Question("approval requested: bash rm x", "bash rm x"));
    assertThat(events(CLI, "{\"type\":\"run.failed\",\"error\":\"HTTP status 401: no key\"}"))
        .containsExactly(new AgentError("HTTP status 401: no key", 401));
  }

  @Test
  void readsTheObjectOfEarlierVersionsLineByLine() {
    var object = "{\n  \"text\": \"I did it.\\nAll of it: {\\\"a\\\": 1}\",\n  \"session_id\": \"" + SESSION + "\"\n}";
    assertThat(events(CLI, object.split("\n"))).containsExactly(new Text("I did it.\nAll of it: {\"a\": 1}"), new TurnEnded(TurnEnded.STOP, 0, 0, 0,
        true));
    assertThat(CLI.parseLine("  \"session_id\": \"" + SESSION + "\"").sessionId()).isEqualTo(SESSION);
  }

  @Test
  void passesOtherLinesThrough() {
    for (var line : new String[] {"", "hello", "42", "{}", "{\"type\":7}", "{\"type\":\"other\"}", "  \"text\": broken",
        "  \"other\": 1,"}) {
      assertThat(events(CLI, line)).as(line).containsExactly(new RawLine(line));
    }
    for (var type : new String[] {"tool_call_started", "tool_call_completed", "patch_completed", "approval_requested", "completed",
        "failed",
        "later"}) {
      assertThat(CLI.parseLine("{\"type\":\"run." + type + "\"}").events()).as(type).isNotEmpty();
    }
  }
}
