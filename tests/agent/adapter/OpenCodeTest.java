package tests.agent.adapter;

import module java.base;
import static org.assertj.core.api.Assertions.assertThat;

import lib.agent.adapter.Adapter;
import lib.agent.adapter.AgentEvent;
import lib.agent.adapter.OpenCode;
import org.junit.jupiter.api.Test;

/** Reads every line of OpenCode as an event or as text; no line is an error of the worker. */
class OpenCodeTest {
  private static final Adapter CLI = new OpenCode();

  @Test
  void passesOtherLinesThrough() {
    for (var line : new String[] {"", "hello", "42", "[1]", "\"x\"", "null", "{", "{}", "{\"a\":1}", "{\"type\":7}", "{\"type\":null}"}) {
      assertThat(event(line)).as(line).isEqualTo(new AgentEvent.RawLine(line));
    }
  }

  @Test
  void readsEventsWithMissingOrNullParts() {
    assertThat(event("{\"type\":\"text\",\"part\":null}")).isEqualTo(new AgentEvent.Text(""));
    assertThat(event("{\"type\":\"text\",\"part\":{\"text\":\"hi\"}}")).isEqualTo(new AgentEvent.Text("hi"));
    assertThat(event("{\"type\":\"step_finish\"}")).isEqualTo(new AgentEvent.TurnEnded("", 0, 0, 0));
    assertThat(event("{\"type\":\"step_finish\",\"part\":{\"reason\":\"stop\",\"tokens\":{\"input\":3,\"output\":4},\"cost\":0.5}}"))
        .isEqualTo(new AgentEvent.TurnEnded("stop", 3, 4, 0.5));
    assertThat(event("{\"type\":\"step_finish\",\"part\":{\"reason\":\"stop\",\"tokens\":{\"total\":130,\"input\":40,\"output\":5,\"reasoning\":15,"
        + "\"cache\":{\"read\":60,\"write\":10}}}}")).as("its reasoning lies beside its output").isEqualTo(new AgentEvent.TurnEnded("stop", 50, 20, 0));
    assertThat(event("{\"type\":\"later_invention\",\"part\":{}}")).isEqualTo(new AgentEvent.Ignored());
  }

  @Test
  void readsToolsAndChangedFiles() {
    assertThat(event("{\"type\":\"tool_use\",\"part\":{\"tool\":\"bash\","
        + "\"state\":{\"status\":\"completed\",\"input\":{\"command\":\"ls\"}}}}"))
        .isEqualTo(new AgentEvent.ToolCall("bash", "ls", null));
    assertThat(event("{\"type\":\"tool_use\",\"part\":{\"tool\":\"write\","
        + "\"state\":{\"status\":\"completed\",\"input\":{\"filePath\":\"a.txt\"}}}}"))
        .isEqualTo(new AgentEvent.ToolCall("write", "a.txt", null));
    assertThat(CLI.parseLine("{\"type\":\"tool_use\",\"part\":{\"tool\":\"apply_patch\",\"state\":{\"status\":\"completed\",\"input\":{\"patchText\":\"x\"},"
        + "\"metadata\":{\"files\":[{\"filePath\":\"a\"},{\"filePath\":\"b\",\"movePath\":\"c\"}]}}}}").events()).containsExactly(
            new AgentEvent.ToolCall("apply_patch", "a, c", null), new AgentEvent.FileChanged("a"), new AgentEvent.FileChanged("c"));
    assertThat(event("{\"type\":\"tool_use\",\"part\":{\"tool\":\"invalid\",\"state\":{\"status\":\"completed\",\"input\":{\"tool\":\"grow\","
        + "\"error\":\"no such tool\"}}}}")).isEqualTo(new AgentEvent.ToolCall("invalid", "grow", "no such tool"));
    assertThat(event("{\"type\":\"tool_use\",\"part\":{\"tool\":\"write\",\"state\":{\"status\":\"error\",\"input\":{\"filePath\":\"a\"},"
        + "\"error\":\"denied\"}}}")).isEqualTo(new AgentEvent.ToolCall("write", "a", "denied"));
  }

  @Test
  void reportsTheProvidersErrorWithItsStatus() {
    assertThat(event("{\"type\":\"error\",\"error\":{\"name\":\"APIError\",\"data\":{\"message\":\"too many\",\"statusCode\":429}}}"))
        .isEqualTo(new AgentEvent.AgentError("too many", 429));
    assertThat(event("{\"type\":\"error\",\"error\":\"plain\"}")).isEqualTo(new AgentEvent.AgentError("plain", 0));
    assertThat(event("{\"type\":\"error\"}")).isInstanceOf(AgentEvent.AgentError.class);
  }

  @Test
  void readsTheSessionFromAnyLine() {
    assertThat(CLI.parseLine("{\"type\":\"step_start\",\"sessionID\":\"ses_1\"}").sessionId()).isEqualTo("ses_1");
    assertThat(CLI.parseLine("ses_1").sessionId()).isNull();
  }

  @Test
  void passesThePromptNeverAsAnArgument() {
    assertThat(CLI.argv(ask("build", null, null))).containsExactly("agent", "run", "--agent", "build", "--format", "json",
        "--print-logs", "--log-level", "ERROR");
    assertThat(CLI.argv(ask("plan", "p/m", "ses_1"))).containsExactly("agent", "run", "--agent", "plan", "--format", "json",
        "--print-logs", "--log-level", "ERROR", "--model", "p/m", "--session", "ses_1");
  }

  @Test
  void approvesEverythingWhenTheVersionCan() {
    assertThat(CLI.argvDependsOnVersion(Adapter.Approval.ALL)).isTrue();
    assertThat(CLI.argv(LaunchSpecs.ask("1.18.33", "build", null, null, Adapter.Approval.ALL))).endsWith("--auto");
    for (var old : new String[] {"1.17.9", "1.0.152", null}) {
      assertThat(CLI.argv(LaunchSpecs.ask(old, "build", null, null, Adapter.Approval.ALL))).as(old).doesNotContain("--auto");
    }
    assertThat(CLI.argv(LaunchSpecs.ask("1.18.33", "build", null, null, Adapter.Approval.EDITS))).doesNotContain("--auto");
  }

  @Test
  void recognizesItsNameAndTheCommandThatItsUsageLists() {
    assertThat(CLI.recognizes("opencode", "")).isTrue();
    for (var usage : List.of("  opencode run [message..]     run opencode with a message", "Commands:\n  kilo run [message..]  run kilo with a message")) {
      assertThat(CLI.recognizes("agent", usage)).as(usage).isTrue();
    }
    for (var other : List.of("1.18.33", "2.1.197 (Claude Code)", "codetether 1.18.33", "2025.09.18-39624ef",
        "Commands:\n  gemini mcp         Manage MCP servers\n  gemini [query..]   Launch Gemini CLI  [default]",
        "Commands:\n  qwen [query..]     Launch Qwen Code CLI  [default]", "Usage: cline [options] [command] [prompt]\n\nArguments:\n  prompt  Your prompt.")) {
      assertThat(CLI.recognizes("agent", other)).as(other).isFalse();
    }
  }

  private static AgentEvent event(String line) {
    return CLI.parseLine(line).events().getFirst();
  }

  private static Adapter.LaunchSpec ask(String agent, String model, String session) {
    return LaunchSpecs.ask(null, agent, model, session, Adapter.Approval.EDITS);
  }
}
