package tests.agent.adapter;

import static org.assertj.core.api.Assertions.assertThat;
import static tests.agent.adapter.LaunchSpecs.*;

import lib.agent.adapter.Adapter.Approval;
import lib.agent.adapter.Adapter;
import lib.agent.adapter.AgentEvent.AgentError;
import lib.agent.adapter.AgentEvent.FileChanged;
import lib.agent.adapter.AgentEvent.Ignored;
import lib.agent.adapter.AgentEvent.RawLine;
import lib.agent.adapter.AgentEvent.Retrying;
import lib.agent.adapter.AgentEvent.Text;
import lib.agent.adapter.AgentEvent.ToolCall;
import lib.agent.adapter.AgentEvent.ToolDenied;
import lib.agent.adapter.AgentEvent.TurnEnded;
import lib.agent.adapter.ClaudeCode;
import org.junit.jupiter.api.Test;

/** Starts Claude Code without a terminal and reads each of its lines. The lines are those of 2.1.197. */
class ClaudeCodeTest {
  private static final Adapter CLI = new ClaudeCode();
  private static final String SESSION = "11111111-1111-4111-8111-111111111111";
  private static final String AT = "\"parent_tool_use_id\":null,\"session_id\":\"" + SESSION + "\"}";

  @Test
  void recognizesItsNameAndVersion() {
    assertThat(CLI.recognizes("claude", "")).isTrue();
    assertThat(CLI.recognizes("agent", "2.1.197 (Claude Code)")).isTrue();
    assertThat(CLI.recognizes("agent", "1.18.33")).isFalse();
  }

  @Test
  void passesThePromptOnStdinAndNeverAsAnArgument() {
    assertThat(CLI.promptOnInput(ask(null, "build", null, null, Approval.EDITS))).isTrue();
    assertThat(CLI.argv(ask(null, "build", null, null, Approval.CONFIGURED)))
        .containsExactly("agent", "-p", "--output-format", "stream-json", "--verbose");
  }

  @Test
  void passesModelSessionAndApprovalAsOptions() {
    assertThat(CLI.argv(ask(null, "build", "anthropic/claude-x", SESSION, Approval.EDITS)))
        .endsWith("--model", "claude-x", "--resume", SESSION, "--permission-mode", "acceptEdits");
    assertThat(CLI.argv(ask(null, "build", "opus", null, Approval.ALL))).endsWith("--model", "opus", "--dangerously-skip-permissions");
  }

  @Test
  void allowsNoChangesWhenPlanning() {
    assertThat(CLI.argv(ask(null, "plan", null, null, Approval.ALL))).endsWith("--permission-mode", "plan")
        .doesNotContain("--dangerously-skip-permissions");
  }

  @Test
  void readsTextToolsChangedFilesAndEndOfARun() {
    assertThat(events(CLI, "{\"type\":\"system\",\"subtype\":\"init\",\"cwd\":\"/w\",\"session_id\":\"" + SESSION
        + "\",\"tools\":[\"Bash\"]}",
        assistant("{\"type\":\"thinking\",\"thinking\":\"hm\"},{\"type\":\"text\",\"text\":\"I look.\"}"
            + ",{\"type\":\"tool_use\",\"id\":\"t1\",\"name\":\"Bash\",\"input\":{\"command\":\"ls\",\"description\":\"look\"}}"),
        user("{\"tool_use_id\":\"t1\",\"type\":\"tool_result\",\"content\":\"a\",\"is_error\":false}",
            "{\"stdout\":\"a\",\"stderr\":\"\"}"),
        assistant("{\"type\":\"tool_use\",\"id\":\"t2\",\"name\":\"Write\",\"input\":{\"file_path\":\"/w/b\",\"content\":\"x\"}}"),
        user("{\"tool_use_id\":\"t2\",\"type\":\"tool_result\",\"content\":\"File created\"}",
            "{\"type\":\"create\",\"filePath\":\"/w/b\",\"structuredPatch\":[]}"),
        assistant("{\"type\":\"text\",\"text\":\"done\"}"),
        "{\"type\":\"result\",\"subtype\":\"success\",\"is_error\":false,\"num_turns\":3,\"result\":\"done\",\"stop_reason\":\"end_turn\","
            + "\"total_cost_usd\":0.25,\"usage\":{\"input_tokens\":30,\"cache_creation_input_tokens\":5,\"cache_read_input_tokens\":900,"
            + "\"output_tokens\":21},\"permission_denials\":[],\"session_id\":\"" + SESSION + "\"}"))
        .containsExactly(new Text("I look."), new ToolCall("Bash", "ls", null, "t1"), new ToolCall("Write", "/w/b", null, "t2"),
            new FileChanged("/w/b"), new Text("done"), new TurnEnded(TurnEnded.STOP, 35, 21, 0.25, true));
  }

  @Test
  void readsTheSessionFromEveryLine() {
    assertThat(CLI.parseLine("{\"type\":\"system\",\"subtype\":\"init\",\"session_id\":\"" + SESSION + "\"}").sessionId()).isEqualTo(SESSION);
    assertThat(CLI.parseLine(assistant("")).sessionId()).isEqualTo(SESSION);
  }

  @Test
  void reportsWhyAToolFailed() {
    assertThat(events(CLI, user("{\"type\":\"tool_result\",\"tool_use_id\":\"t1\","
        + "\"content\":\"require approval: curl\",\"is_error\":true}",
        "\"Error: x\"")))
        .containsExactly(new ToolCall("tool", "", "require approval: curl", "t1"));
    assertThat(events(CLI, user("{\"type\":\"tool_result\",\"content\":[{\"type\":\"text\",\"text\":\"no\"}],\"is_error\":true}", "null")))
        .containsExactly(new ToolCall("tool", "", "no"));
  }

  @Test
  void ignoresTextOfASubAgent() {
    var parent = "\"parent_tool_use_id\":\"t1\",\"session_id\":\"" + SESSION + "\"}";
    assertThat(events(CLI, "{\"type\":\"assistant\",\"message\":{\"content\":[{\"type\":\"text\",\"text\":\"sub\"}]}," + parent,
        "{\"type\":\"user\",\"message\":{\"content\":[{\"type\":\"tool_result\",\"is_error\":true,\"content\":\"x\"}]}," + parent))
            .isEmpty();
  }

  @Test
  void reportsDeniedToolsAtTheEndExceptLeavingAPlan() {
    assertThat(events(CLI, result("\"is_error\":false,\"permission_denials\":[{\"tool_name\":\"Bash\",\"tool_use_id\":\"t1\"}]")))
        .containsExactly(new ToolDenied("t1"), new TurnEnded(TurnEnded.STOP, 0, 0, 0, true));
    assertThat(events(CLI, result("\"is_error\":false,\"permission_denials\":[{\"tool_name\":\"ExitPlanMode\"}]")))
        .containsExactly(new TurnEnded(TurnEnded.STOP, 0, 0, 0, true));
  }

  @Test
  void namesAnIncompleteEnd() {
    assertThat(events(CLI, result("\"stop_reason\":\"max_tokens\""))).containsExactly(new TurnEnded("max_tokens", 0, 0, 0, true));
    assertThat(events(CLI, result("\"stop_reason\":null,\"num_turns\":1,\"usage\":{\"output_tokens\":0}")))
        .containsExactly(new TurnEnded("its provider's answer was cut off", 0, 0, 0, true));
    assertThat(events(CLI, result("\"stop_reason\":null,\"num_turns\":1,\"usage\":{\"output_tokens\":9}")))
        .as("versions that never report it").containsExactly(new TurnEnded(TurnEnded.STOP, 0, 9, 0, true));
    assertThat(events(CLI, result("\"stop_reason\":null,\"num_turns\":0,\"usage\":{\"output_tokens\":0}")))
        .as("a built-in command, without a model")
        .containsExactly(new TurnEnded("it was not asked, the agent took the prompt for a command of its own", 0, 0, 0));
    assertThat(CLI.prompt("/usage is wrong in README, correct it")).isEqualTo(" /usage is wrong in README, correct it");
  }

  @Test
  void reportsFailuresWithTheirStatusAndNotAsText() {
    assertThat(events(CLI,
        "{\"type\":\"assistant\",\"message\":{\"model\":\"<synthetic>\",\"content\":[{\"type\":\"text\",\"text\":\"Not logged in\"}]},"
        + "\"error\":\"authentication_failed\"," + AT)).containsExactly(new Retrying("Not logged in"));
    assertThat(events(CLI, result("\"is_error\":true,\"api_error_status\":429,\"result\":\"API Error: Request rejected (429)\"")))
        .containsExactly(new AgentError("API Error: Request rejected (429)", 429), new TurnEnded(TurnEnded.STOP, 0, 0, 0, true));
    assertThat(events(CLI, "{\"type\":\"result\",\"subtype\":\"error_during_execution\",\"is_error\":true,\"errors\":[\"No x\",\"no y\"],"
        + "\"session_id\":\"" + SESSION + "\"}")).startsWith(new AgentError("No x; no y", 0));
    assertThat(events(CLI, "{\"type\":\"result\",\"subtype\":\"error_max_turns\",\"session_id\":\"" + SESSION + "\"}"))
        .startsWith(new AgentError("the agent has used up the turns that it is allowed", 0));
  }

  @Test
  void reportsRetriesAndTheQuotasEndAsWarnings() {
    assertThat(events(CLI, "{\"type\":\"system\",\"subtype\":\"api_retry\",\"attempt\":3,\"max_retries\":10,\"retry_delay_ms\":2299.7,"
        + "\"error_status\":500,\"error\":\"server_error\",\"session_id\":\"" + SESSION + "\"}"))
        .containsExactly(new Retrying(new AgentError("its provider answered with status 500 (server_error), attempt 3 of 10", 500,
            "retry-after-ms: 2299")));
    assertThat(events(CLI, "{\"type\":\"rate_limit_event\",\"rate_limit_info\":{\"status\":\"rejected\",\"resetsAt\":1800000000}}"))
        .containsExactly(new Retrying("the usage limit of the subscription is reached, it resets at 2027-01-15T08:00:00Z"));
    assertThat(events(CLI,
        "{\"type\":\"rate_limit_event\",\"rate_limit_info\":{\"status\":\"allowed_warning\",\"resetsAt\":1800000000}}")).isEmpty();
  }

  @Test
  void passesOtherLinesThrough() {
    for (var line : new String[] {"", "hello", "42", "{", "{}", "{\"type\":7}", "{\"type\":\"result\"}", "[1]"}) {
      assertThat(events(CLI, line)).as(line).containsExactly(new RawLine(line));
    }
    for (var type : new String[] {"assistant", "user", "result", "system", "later"}) {
      assertThat(CLI.parseLine("{\"type\":\"" + type + "\",\"session_id\":\"s\"}").events()).as(type).isNotEmpty();
    }
    assertThat(CLI.parseLine("{\"type\":\"later\",\"session_id\":\"s\"}").events()).containsExactly(new Ignored());
  }

  private static String assistant(String blocks) {
    return "{\"type\":\"assistant\",\"message\":{\"role\":\"assistant\",\"content\":[" + blocks + "]}," + AT;
  }

  private static String user(String blocks, String result) {
    return "{\"type\":\"user\",\"message\":{\"role\":\"user\",\"content\":[" + blocks + "]},\"tool_use_result\":" + result + "," + AT;
  }

  private static String result(String fields) {
    return "{\"type\":\"result\",\"subtype\":\"success\"," + fields + ",\"session_id\":\"" + SESSION + "\"}";
  }
}
