package tests.agent.adapter;

import static org.assertj.core.api.Assertions.assertThat;
import static tests.agent.adapter.LaunchSpecs.*;

import lib.agent.adapter.Adapter.Approval;
import lib.agent.adapter.Adapter;
import lib.agent.adapter.AgentEvent.AgentError;
import lib.agent.adapter.AgentEvent.CountsSession;
import lib.agent.adapter.AgentEvent.FileChanged;
import lib.agent.adapter.AgentEvent.Ignored;
import lib.agent.adapter.AgentEvent.Notice;
import lib.agent.adapter.AgentEvent.RawLine;
import lib.agent.adapter.AgentEvent.Retrying;
import lib.agent.adapter.AgentEvent.Text;
import lib.agent.adapter.AgentEvent.ToolCall;
import lib.agent.adapter.AgentEvent.TurnEnded;
import lib.agent.adapter.Codex;
import org.junit.jupiter.api.Test;

/** Starts Codex without a terminal and reads each of its lines. The lines are those of 0.169.0. */
class CodexTest {
  private static final Adapter CLI = new Codex();
  private static final String SESSION = "01a00000-0000-7000-8000-000000000001";

  @Test
  void recognizesItsNameAndVersion() {
    assertThat(CLI.recognizes("codex", "")).isTrue();
    assertThat(CLI.recognizes("agent", "codex-cli 0.169.0")).isTrue();
    assertThat(CLI.recognizes("agent", "codetether 4.7.1")).isFalse();
  }

  @Test
  void passesThePromptOnStdin() {
    assertThat(CLI.argv(ask(null, "build", null, null, Approval.CONFIGURED)))
        .containsExactly("agent", "exec", "--json", "--skip-git-repo-check", "-");
    assertThat(CLI.promptOnInput(ask(null, "build", null, null, Approval.CONFIGURED))).isTrue();
  }

  @Test
  void putsOptionsBeforeResumeWhichTakesFewOfThem() {
    assertThat(CLI.argv(ask(null, "build", "openai/gpt-x", SESSION, Approval.EDITS))).containsExactly("agent", "exec", "--json",
        "--skip-git-repo-check", "--model", "gpt-x", "--sandbox", "workspace-write", "resume", SESSION, "-");
    assertThat(CLI.argv(ask(null, "build", null, null, Approval.ALL))).endsWith("--dangerously-bypass-approvals-and-sandbox", "-");
    assertThat(CLI.argv(ask(null, "plan", null, null, Approval.ALL))).endsWith("--sandbox", "read-only", "-");
  }

  @Test
  void selectsAnotherProviderThroughItsConfig() {
    assertThat(CLI.argv(ask(null, "build", "local/qwen/q:3", null, Approval.CONFIGURED)))
        .endsWith("-c", "model_provider=\"local\"", "--model", "qwen/q:3", "-");
    assertThat(CLI.argv(ask(null, "build", "gpt-x", null, Approval.CONFIGURED))).endsWith("--model", "gpt-x", "-").doesNotContain("-c");
  }

  @Test
  void readsTextToolsChangedFilesAndEndOfARun() {
    assertThat(events(CLI, "{\"type\":\"thread.started\",\"thread_id\":\"" + SESSION + "\"}", "{\"type\":\"turn.started\"}",
        item("completed", "\"type\":\"reasoning\",\"text\":\"hm\""),
        item("completed", "\"type\":\"agent_message\",\"text\":\"I look.\""),
        item("started", "\"type\":\"command_execution\",\"command\":\"/bin/bash -lc 'ls -l'\",\"aggregated_output\":\"\","
            + "\"exit_code\":null"),
        item("completed", "\"type\":\"command_execution\",\"command\":\"/bin/bash -lc 'ls -l'\",\"exit_code\":1,\"status\":\"failed\""),
        item("completed", "\"type\":\"file_change\",\"changes\":[{\"path\":\"/w/a\",\"kind\":\"add\"},{\"path\":\"/w/b\","
            + "\"kind\":\"update\"}],"
            + "\"status\":\"completed\""),
        item("started", "\"type\":\"mcp_tool_call\",\"server\":\"docs\",\"tool\":\"find\",\"arguments\":{\"query\":\"q\"}"),
        item("completed", "\"type\":\"web_search\",\"query\":\"how\""), item("updated", "\"type\":\"todo_list\",\"items\":[]"),
        item("completed", "\"type\":\"agent_message\",\"text\":\"done\""),
        "{\"type\":\"turn.completed\",\"usage\":{\"input_tokens\":40,\"cached_input_tokens\":16,\"output_tokens\":28}}"))
        .containsExactly(new CountsSession(), new Text("I look."), new ToolCall("shell", "ls -l", null), new ToolCall("add", "/w/a", null), new FileChanged("/w/a"),
            new ToolCall("update", "/w/b", null), new FileChanged("/w/b"), new ToolCall("docs.find", "q", null), new ToolCall("web_search", "how", null),
            new Text("done"), new TurnEnded(TurnEnded.STOP, 24, 28, 0, true));
  }

  @Test
  void readsTheSessionFromTheFirstLine() {
    assertThat(CLI.parseLine("{\"type\":\"thread.started\",\"thread_id\":\"" + SESSION + "\"}").sessionId()).isEqualTo(SESSION);
    assertThat(CLI.parseLine("{\"type\":\"turn.started\"}").sessionId()).isNull();
  }

  @Test
  void reportsWhyToolsFailed() {
    assertThat(events(CLI, item("completed", "\"type\":\"command_execution\",\"command\":\"bash -lc ls\",\"status\":\"declined\""),
        item("completed", "\"type\":\"file_change\",\"changes\":[{\"path\":\"/w/a\",\"kind\":\"add\"}],\"status\":\"failed\""),
        item("completed", "\"type\":\"mcp_tool_call\",\"server\":\"s\",\"tool\":\"t\",\"status\":\"failed\","
            + "\"error\":{\"message\":\"no\"}")))
        .containsExactly(new ToolCall("shell", "ls", "it was not allowed"), new ToolCall("add", "/w/a", "failed"),
            new ToolCall("s.t", "", "no"));
  }

  @Test
  void failsOnlyOnAFailedTurn() {
    assertThat(events(CLI, "{\"type\":\"error\",\"message\":\"Reconnecting... 1/5 (stream closed)\"}",
        item("completed", "\"type\":\"error\",\"message\":\"Model metadata not found.\"")))
        .containsExactly(new Retrying("Reconnecting... 1/5 (stream closed)"), new Notice("Model metadata not found."));
    assertThat(events(CLI, "{\"type\":\"turn.failed\",\"error\":{\"message\":\"unexpected status 401 Unauthorized: no key, url: u\"}}"))
        .containsExactly(new AgentError("unexpected status 401 Unauthorized: no key, url: u", 401));
    assertThat(events(CLI, "{\"type\":\"turn.failed\",\"error\":{\"message\":\"{\\\"error\\\":{\\\"message\\\":\\\"bad input\\\"}}\"}}"))
        .containsExactly(new AgentError("bad input", 0));
  }

  @Test
  void passesOtherLinesThrough() {
    for (var line : new String[] {"", "hello", "42", "{", "{}", "{\"type\":7}", "{\"type\":\"other\"}", "[1]"}) {
      assertThat(events(CLI, line)).as(line).containsExactly(new RawLine(line));
    }
    for (var type : new String[] {"thread.later", "turn.completed", "turn.failed", "item.started", "item.completed", "item.later",
        "error"}) {
      assertThat(CLI.parseLine("{\"type\":\"" + type + "\"}").events()).as(type).isNotEmpty();
    }
    assertThat(CLI.parseLine(item("completed", "\"type\":\"later\"")).events()).containsExactly(new Ignored());
  }

  private static String item(String stage, String fields) {
    return "{\"type\":\"item." + stage + "\",\"item\":{\"id\":\"item_1\"," + fields + "}}";
  }
}
