package tests.agent.output;

import module java.base;
import static org.assertj.core.api.Assertions.assertThat;

import lib.agent.output.OutputAnalyzer;
import lib.agent.output.OutputRecorder;
import lib.agent.process.Adapters;
import lib.agent.process.AttemptDirectory.Exit;
import lib.agent.process.AttemptDirectory;
import lib.core.Json;
import lib.protocol.TaskStatus;
import lib.redaction.Redaction;
import lib.worker.admission.StopRequest;
import lib.worker.attempt.AgentEnding;
import lib.worker.attempt.Verdict;
import lib.worker.attempt.VerdictRules;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;
import tests.Project;

/**
 * Every way in which the agent CLIs are known to end, and what people read of it: the truth, and in its first sentence what
 * to do. The lines in the rows are as OpenCode 1.0.152, 1.1.65 and 1.18.33, Claude Code 2.1.197 and Codex 0.169.0 print them, made
 * shorter; those of CodeTether follow its published sources.
 */
class OutcomesTest {
  private static final String LOG_IN = "; log the agent in as the user that the worker runs as";
  private static final String OTHER_MODEL = "; give the task a model that the agent has";
  private static final String NETWORK = "; see whether this machine reaches the agent's provider";
  private static final String APPROVAL = "agent_approval says what it may do unasked";

  @TempDir
  Path state;

  /**
   * An outcome.
   *
   * @param exit its exit code; -1 when it hangs
   * @param error how the error begins and what else is in its first line, with … between; null for a good end
   */
  private record Row(String kind, String what, int exit, String out, String err, TaskStatus status, String reason, String error) {
    @Override
    public String toString() {
      return kind + ": " + what;
    }
  }

  static Stream<Row> rows() {
    return Stream.of(openCode(), claude(), codex(), codeTether(), acp(), command()).flatMap(List::stream);
  }

  private static List<Row> openCode() {
    var text = "{\"type\":\"text\",\"sessionID\":\"ses_1\",\"part\":{\"text\":\"did it\"}}\n";
    var stop = "{\"type\":\"step_finish\",\"sessionID\":\"ses_1\",\"part\":{\"reason\":\"stop\"}}\n";
    var refused = "{\"type\":\"tool_use\",\"sessionID\":\"ses_1\",\"part\":{\"tool\":\"bash\",\"state\":{\"status\":\"error\",\"input\":"
        + "{\"command\":\"rm x\"},\"error\":\"The user rejected permission to use this specific tool call.\"}}}\n";
    var gone = "NotFoundError: NotFoundError\n data: {\n  message: \"Resource not found: /d/opencode/storage/session/p/ses_2.json\",\n},\n";
    var noId = "ZodError: [\n  {\n    \"message\": \"Invalid string: must start with \\\"ses\\\"\"\n  }\n]\n";
    return List.of(
        bad("opencode", "exit 0 with an error event", 0, error("APIError", "bad input", 400), "", "agent-error", "bad input"),
        bad("opencode", "the model answers 500", 1, error("APIError", "server is down", 500), "", "agent-error", "server is down"),
        bad("opencode", "a stream that was cut", 1, error("UnknownError", "terminated", 0), "", "agent-error", "terminated"),
        bad("opencode", "exit 0 with nothing", 0, "", "", "empty-result", "the agent ended without saying anything"),
        bad("opencode", "unknown model, 1.0: exit 0 with a trace", 0, "",
            "ProviderModelNotFoundError: ProviderModelNotFoundError\n data: {\n"
            + "  providerID: \"p\",\n  modelID: \"m\",\n", "empty-result",
                "the agent ended without saying anything: the agent does not know the model"
            + OTHER_MODEL),
        bad("opencode", "missing session, 1.0: hangs", -1, "", gone, "session-gone", "the agent does not have the session"),
        bad("opencode", "missing session, 1.1: exit 0", 0, "", gone, "session-gone", "the agent does not have the session"),
        bad("opencode", "missing session, 1.18", 1, "", "Error: Session not found\n", "session-gone",
            "the agent does not have the session"),
        bad("opencode", "malformed session, 1.0: hangs", -1, "", noId, "session-gone", "the agent does not have the session"),
        bad("opencode", "session of another folder, 1.0: hangs", -1, "", gone, "session-gone", "the agent does not have the session"),
        bad("opencode", "unknown agent type, 1.0: hangs", -1, "", "TypeError: undefined is not an object (evaluating 'agent.name')\n",
            "agent-error", "the agent does not know this agent type"),
        bad("opencode", "unknown agent type, 1.1 and later: another works", 0, text + stop, "!  agent \"x\" not found. Falling back to default agent\n",
            "agent-error", "the agent does not know this agent type: agent \"x\" not found"),
        bad("opencode", "a sub-agent's type: another works", -1, "", "! agent \"general\" is a subagent, not a primary agent. Falling back to default agent\n",
            "agent-error", "the agent does not know this agent type: agent \"general\" is a subagent, not a primary agent"),
        bad("opencode", "a permission was asked, 1.18", 0, refused + stop.replace("stop", "tool-calls"),
            "! permission requested: bash (rm x); auto-rejecting\n", "needs-approval",
                "the agent stopped because a tool call was refused or"
            + " needs approval: bash rm x (The user rejected permission…" + APPROVAL),
        bad("opencode", "usage text", 1, "opencode run [message..]\n", "", "agent-error", "the agent ended with exit code 1"),
        bad("opencode", "an HTTP status as exit code", 145, text, "", "agent-error", "the agent ended with exit code 145"),
        bad("opencode", "killed", 143, text, "", "terminated", "the agent was ended by signal 15"));
  }

  private static List<Row> claude() {
    var text = "{\"type\":\"assistant\",\"message\":{\"content\":[{\"type\":\"text\",\"text\":\"did it\"}]},\"session_id\":\"s\"}\n";
    var call = "{\"type\":\"assistant\",\"message\":{\"content\":[{\"type\":\"tool_use\",\"id\":\"t\",\"name\":\"Bash\",\"input\":"
        + "{\"command\":\"curl u\"}}]},\"session_id\":\"s\"}\n";
    var refused = "{\"type\":\"user\",\"message\":{\"content\":[{\"type\":\"tool_result\",\"tool_use_id\":\"t\","
        + "\"is_error\":true,\"content\":"
        + "\"This command requires approval: curl u\"}]},\"session_id\":\"s\"}\n";
    var denied = "\"permission_denials\":[{\"tool_name\":\"Bash\",\"tool_use_id\":\"t\"}]";
    var failed = (call + refused).replace("\"t\"", "\"t2\"").replace("This command requires approval: curl u", "Exit code 1");
    var gone = "No conversation found with session ID: s";
    return List.of(
        good("claude", "a refusal that it got over", call + refused + failed.lines().findFirst().orElseThrow() + "\n" + text
            + result("\"is_error\":false," + denied), ""),
        good("claude", "a refusal that it got over, and a command that failed of itself", call + refused + failed + text
            + result("\"is_error\":false," + denied), ""),
        bad("claude", "not logged in", 1, result("\"is_error\":true,\"result\":\"Not logged in · Please run /login\""), "", "agent-error",
            "Not logged in · Please run /login" + LOG_IN),
        bad("claude", "invalid key", 1,
            result("\"is_error\":true,\"api_error_status\":401,\"result\":\"Invalid API key · Fix external API key\""),
            "", "agent-error", "Invalid API key · Fix external API key" + LOG_IN),
        bad("claude", "killed while it tried a 401 again", 137,
            "{\"type\":\"system\",\"subtype\":\"api_retry\",\"attempt\":3,\"max_retries\":10,"
            + "\"error_status\":401,\"error\":\"authentication_failed\",\"session_id\":\"s\"}\n", "", "terminated",
            "the agent was ended by signal 9 (KILL) from outside this worker: its provider answered with status 401 (authentication_failed), attempt 3 of 10" + LOG_IN),
        bad("claude", "the model answers 500", 1, result("\"is_error\":true,\"api_error_status\":500,\"result\":\"API Error: 500 down\""),
            "",
            "agent-error", "API Error: 500 down"),
        bad("claude", "the subscription's limit", 1,
            result("\"is_error\":true,\"api_error_status\":429,\"result\":\"You've hit your session "
            + "limit · resets 3pm (UTC)\""), "", "limit", "You've hit your session limit"),
        bad("claude", "a limit of earlier versions", 1,
            result("\"is_error\":true,\"result\":\"Claude AI usage limit reached|1800000000\""), "",
            "limit", "Claude AI usage limit reached"),
        bad("claude", "unknown model", 1,
            result("\"is_error\":true,\"api_error_status\":404,\"result\":\"There's an issue with the selected "
            + "model (x). It may not exist or you may not have access to it.\""), "", "agent-error",
                "There's an issue with the selected model (x)"
            + "…" + OTHER_MODEL),
        bad("claude", "a stream that was cut: exit 0", 0, text + result("\"is_error\":false,\"stop_reason\":null,\"num_turns\":1,\"usage\":"
            + "{\"output_tokens\":0}"), "", "agent-error", "the model did not end normally: its provider's answer was cut off"),
        bad("claude", "a refused tool call was its last", 0, call + refused + text + result("\"is_error\":false," + denied), "",
            "needs-approval",
            "the agent stopped because a tool call was refused or needs approval: Bash curl u (This command requires approval: curl u)…"
            + APPROVAL),
        bad("claude", "missing session, or one of another folder", 1,
            "{\"type\":\"result\",\"subtype\":\"error_during_execution\",\"is_error\":true,"
            + "\"errors\":[\"" + gone + "\"],\"session_id\":\"s\"}\n", gone + "\n", "session-gone", "the agent does not have the session"),
        bad("claude", "all permissions as root", 1, "", "--dangerously-skip-permissions cannot be used with root/sudo privileges\n",
            "agent-error",
            "the agent ended with exit code 1: --dangerously-skip-permissions cannot be used with root/sudo privileges"),
        bad("claude", "too many turns", 1,
            "{\"type\":\"result\",\"subtype\":\"error_max_turns\",\"is_error\":true,\"session_id\":\"s\"}\n", "",
            "agent-error", "the agent has used up the turns"),
        bad("claude", "a stream that was cut in a later turn: exit 0", 0, call + text
            + result("\"is_error\":false,\"stop_reason\":\"tool_use\""),
            "", "agent-error", "the model did not end normally: its provider's answer was cut off"),
        bad("claude", "killed while streams broke off", 137,
            "{\"type\":\"system\",\"subtype\":\"api_retry\",\"attempt\":7,\"max_retries\":10,"
            + "\"error_status\":null,\"error\":\"unknown\",\"session_id\":\"s\"}\n", "", "terminated",
            "the agent was ended by signal 9 (KILL) from outside this worker: its provider gave no whole answer (unknown), attempt 7 of 10"),
        bad("claude", "killed while it tried a 429 again", 137,
            "{\"type\":\"system\",\"subtype\":\"api_retry\",\"attempt\":2,\"max_retries\":10,"
            + "\"retry_delay_ms\":900.5,\"error_status\":429,\"error\":\"rate_limit\",\"session_id\":\"s\"}\n", "", "limit",
            "its provider answered with status 429 (rate_limit), attempt 2 of 10"),
        bad("claude", "a result without text or a tool call", 0, result("\"is_error\":false,\"result\":\"\",\"stop_reason\":\"end_turn\""), "",
            "empty-result", "the agent ended without saying anything"),
        bad("claude", "no result: exit 0", 0, text, "", "empty-result", "the agent ended without saying that it had finished"),
        bad("claude", "exit 0 with nothing", 0, "", "", "empty-result", "the agent ended without saying anything"),
        bad("claude", "killed", 137, text, "", "terminated", "the agent was ended by signal 9"));
  }

  private static List<Row> codex() {
    var text = "{\"type\":\"thread.started\",\"thread_id\":\"t\"}\n{\"type\":\"item.completed\","
        + "\"item\":{\"type\":\"agent_message\",\"text\":"
        + "\"did it\"}}\n";
    var end = "{\"type\":\"turn.completed\",\"usage\":{\"input_tokens\":4,\"output_tokens\":2}}\n";
    return List.of(
        good("codex", "success after a reconnect", "{\"type\":\"error\",\"message\":\"Reconnecting... 1/5 (stream closed)\"}\n" + text
            + end, ""),
        good("codex", "an escalation that was refused, which the model hears", text + end,
            "ERROR codex_core::tools::router: error=approval policy is Never; reject command\n"),
        bad("codex", "not logged in or a wrong key", 1, failed("unexpected status 401 Unauthorized: Missing bearer, url: u"), "",
            "agent-error",
            "unexpected status 401 Unauthorized: Missing bearer, url: u" + LOG_IN),
        bad("codex", "the key that its config wants is not set", 1, failed("Missing environment variable: `KEY`."), "", "agent-error",
            "Missing environment variable: `KEY`" + LOG_IN),
        bad("codex", "the model answers 500", 1, failed("unexpected status 500: down"), "", "agent-error", "unexpected status 500: down"),
        bad("codex", "the subscription's limit", 1, failed("You’ve hit your usage limit. Try again later."), "", "limit",
            "You’ve hit your usage limit"),
        bad("codex", "unknown model", 1, failed("{\\\"detail\\\":\\\"The 'm' model is not supported\\\"}"), "",
            "agent-error", "The 'm' model is not supported" + OTHER_MODEL),
        bad("codex", "missing session", 1, "",
            "Error: thread/resume: thread/resume failed: no rollout found for thread id t (code -32600)\n\n"
            + "Stack backtrace:\n   0: <unknown>\n", "session-gone", "the agent does not have the session"),
        bad("codex", "a config that is wrong", 1, "", "Error: Model provider `x` not found\n\nStack backtrace:\n   0: <unknown>\n",
            "agent-error",
            "the agent ended with exit code 1: Model provider `x` not found" + OTHER_MODEL),
        bad("codex", "killed while it tried again", 137, "{\"type\":\"error\",\"message\":\"Reconnecting... waiting for network\"}\n", "",
            "terminated", "the agent was ended by signal 9 (KILL) from outside this worker: Reconnecting... waiting for network" + NETWORK),
        bad("codex", "killed long after it had got over a broken stream", 137,
            "{\"type\":\"error\",\"message\":\"Reconnecting... 1/5\"}\n" + text,
            "", "terminated", "the agent was ended by signal 9"),
        bad("codex", "killed, of a model that it knows nothing of", 137,
            "{\"type\":\"item.completed\",\"item\":{\"type\":\"error\",\"message\":"
            + "\"Model metadata for `m` not found.\"}}\n", "", "terminated", "the agent was ended by signal 9"),
        bad("codex", "an end without text or a tool call", 0, "{\"type\":\"turn.started\"}\n" + end, "", "empty-result",
            "the agent ended without saying anything"),
        bad("codex", "no end: exit 0", 0, text, "", "empty-result", "the agent ended without saying that it had finished"),
        bad("codex", "exit 0 with nothing", 0, "", "", "empty-result", "the agent ended without saying anything"),
        bad("codex", "killed", 143, text, "", "terminated", "the agent was ended by signal 15"));
  }

  private static List<Row> codeTether() {
    var start = "{\"type\":\"run.started\",\"session_id\":\"s\"}\n";
    var text = start + "{\"type\":\"run.text_complete\",\"text\":\"did it\"}\n";
    var end = "{\"type\":\"run.completed\",\"session_id\":\"s\",\"response\":\"did it\"}\n";
    var gone = "No such file or directory (os error 2)";
    return List.of(
        good("codetether", "success", text + end, ""),
        good("codetether", "success of earlier versions", "{\n  \"text\": \"did it\",\n  \"session_id\": \"s\"\n}\n", ""),
        bad("codetether", "not logged in", 1, start + runFailed("Vault login is required; run codetether vault login"),
            "Error: Vault login\n",
            "agent-error", "Vault login is required; run codetether vault login" + LOG_IN),
        bad("codetether", "the model answers 401", 1, start + runFailed("API error: HTTP status 401: no key"), "", "agent-error",
            "API error: HTTP status 401: no key" + LOG_IN),
        bad("codetether", "the model answers 429", 1, start + runFailed("HTTP status 429: slow down"), "", "limit",
            "HTTP status 429: slow down"),
        bad("codetether", "the model answers 500", 1, start + runFailed("HTTP status 500: down"), "", "agent-error",
            "HTTP status 500: down"),
        bad("codetether", "exit 0 with an error event", 0, start + runFailed("relay failed"), "", "agent-error", "relay failed"),
        bad("codetether", "a failure of earlier versions", 1, "", "Error: No provider available for model 'p/m': provider p not found\n",
            "agent-error", "the agent ended with exit code 1: No provider available for model 'p/m': provider p not found" + OTHER_MODEL),
        bad("codetether", "missing session", 1, runFailed(gone), "Error: " + gone + "\n", "session-gone",
            "the agent does not have the session"),
        bad("codetether", "missing session of earlier versions", 1, "", "Error: " + gone + "\n", "session-gone",
            "the agent does not have the session"),
        bad("codetether", "arguments that its version does not take", 2, "", "error: invalid value 'jsonl' for '--format <FORMAT>'\n",
            "agent-error",
            "the agent ended with exit code 2: invalid value 'jsonl' for '--format <FORMAT>'"),
        bad("codetether", "no end: exit 0", 0, text, "", "empty-result", "the agent ended without saying that it had finished"),
        bad("codetether", "exit 0 with nothing", 0, "", "", "empty-result", "the agent ended without saying anything"),
        bad("codetether", "killed", 137, text, "", "terminated", "the agent was ended by signal 9"));
  }

  private static List<Row> acp() {
    var begun = "{\"id\":1,\"result\":{\"sessionId\":\"s\"}}\n";
    var text = begun + update("agent_message_chunk", "\"content\":{\"type\":\"text\",\"text\":\"did\"}");
    var asked = begun + "{\"id\":0,\"method\":\"session/request_permission\",\"params\":{\"toolCall\":{\"toolCallId\":\"c\",\"kind\":\"execute\","
        + "\"rawInput\":{\"command\":\"rm x\"}},\"options\":[]}}\n" + update("tool_call_update", "\"toolCallId\":\"c\",\"status\":\"failed\"");
    return List.of(
        good("acp", "success", text + stopped("end_turn"), ""),
        new Row("acp", "success, whatever its exit code", 1, text + stopped("end_turn"), "", TaskStatus.COMPLETED, null, null),
        bad("acp", "no answer", 0, text, "", "empty-result", "the agent ended without saying that it had finished"),
        bad("acp", "a crash", 1, text, "", "agent-error", "the agent ended with exit code 1"),
        bad("acp", "an answer with nothing said", 0, begun + stopped("end_turn"), "", "empty-result", "the agent ended without saying anything"),
        bad("acp", "a refusal, and nothing said", 0, asked + stopped("end_turn"), "", "needs-approval",
            "the agent stopped because a tool call was refused or needs approval: execute rm x (failed); " + APPROVAL),
        bad("acp", "an answer that is too long", 0, text + stopped("max_tokens"), "", "agent-error", "the model did not end normally: max_tokens"),
        bad("acp", "a usage limit, as text", 0, text.replace("did", "exceeded retry limit, last status: 429 Too Many Requests") + stopped("end_turn"),
            "", "limit", "exceeded retry limit, last status: 429"),
        bad("acp", "a usage limit, as the error's code", 0, text + failed(5, 429, "try later", ""), "", "limit", "try later"),
        bad("acp", "a failure with its words in the data", 0, text + failed(5, -32603, "Internal error", "\"details\":\"no such thing\""), "",
            "agent-error", "Internal error: no such thing"),
        bad("acp", "not logged in", 0, failed(1, -32000, "Authentication required", ""), "", "agent-error", "Authentication required" + LOG_IN),
        bad("acp", "no such session", -1, failed(2, -32603, "Internal error", ""), "", "session-gone", "the agent does not have the session"),
        bad("acp", "not logged in for a session", 0, failed(2, -32000, "Authentication required", ""), "", "agent-error",
            "Authentication required" + LOG_IN),
        bad("acp", "another version of the protocol", 0, "{\"id\":0,\"result\":{\"protocolVersion\":2}}\n", "", "agent-error",
            "the agent speaks another version of ACP"));
  }

  private static String update(String kind, String fields) {
    return "{\"method\":\"session/update\",\"params\":{\"sessionId\":\"s\",\"update\":{\"sessionUpdate\":\"" + kind + "\"," + fields + "}}}\n";
  }

  private static String stopped(String reason) {
    return "{\"id\":5,\"result\":{\"stopReason\":\"" + reason + "\"}}\n";
  }

  private static String failed(int call, int code, String message, String data) {
    return "{\"id\":" + call + ",\"error\":{\"code\":" + code + ",\"message\":\"" + message + "\",\"data\":{" + data + "}}}\n";
  }

  private static List<Row> command() {
    return List.of(
        good("command", "success", "did it\n", "a note\n"),
        good("command", "success, whatever its text looks like", "{\"type\":\"error\",\"error\":\"x\"}\n", ""),
        bad("command", "a failure", 3, "half of it\n", "error: no key for p was set\n", "agent-error",
            "the agent ended with exit code 3: no key for p was set"),
        bad("command", "not logged in", 1, "", "Error: not logged in\n", "agent-error", "the agent ended with exit code 1: not logged in"
            + LOG_IN),
        bad("command", "refused, with several lines of stderr", 1, "", "all tools are allowed\nstatus: 401\n", "agent-error",
            "the agent ended with exit code 1: status: 401" + LOG_IN),
        bad("command", "exit 0 with nothing", 0, "", "", "empty-result", "the agent ended without saying anything"),
        bad("command", "exit 0 with a complaint", 0, "", "fatal: no prompt\n", "empty-result",
            "the agent ended without saying anything: no prompt"),
        bad("command", "no such program", 127, "", "", "agent-error", "the agent program was not found"),
        bad("command", "killed", 137, "half of it\n", "", "terminated", "the agent was ended by signal 9"));
  }

  private static Row good(String kind, String what, String out, String err) {
    return new Row(kind, what, 0, out, err, TaskStatus.COMPLETED, null, null);
  }

  private static Row bad(String kind, String what, int exit, String out, String err, String reason, String error) {
    return new Row(kind, what, exit, out, err, TaskStatus.FAILED, reason, error);
  }

  private static String error(String name, String message, int status) {
    return "{\"type\":\"error\",\"sessionID\":\"ses_1\",\"error\":{\"name\":\"" + name + "\",\"data\":{\"message\":\"" + message + "\""
        + (status == 0 ? "" : ",\"statusCode\":" + status) + "}}}\n";
  }

  private static String result(String fields) {
    return "{\"type\":\"result\",\"subtype\":\"success\"," + fields + ",\"session_id\":\"s\"}\n";
  }

  /** A turn that failed says so twice. */
  private static String failed(String message) {
    return "{\"type\":\"error\",\"message\":\"" + message + "\"}\n{\"type\":\"turn.failed\",\"error\":{\"message\":\"" + message + "\"}}\n";
  }

  private static String runFailed(String error) {
    return "{\"type\":\"run.failed\",\"error\":\"" + error + "\"}\n";
  }

  @ParameterizedTest
  @MethodSource("rows")
  void statesTheTruthAndWhatToDo(Row row) throws IOException {
    try (var recorder = new OutputRecorder(prepare(row), Redaction.NONE, 1 << 30)) {
      var found = recorder.analyzer();
      recorder.read(true);
      check(row, verdict(row, found), found.findings().stderr());
    }
  }

  /** What real CLIs printed, in {@code tests/agent/adapter}: a head with version, case and exit code, its lines, and what is made of them. */
  static List<Arguments> recordings() throws IOException {
    var all = new ArrayList<Arguments>();
    for (var kind : new String[] {"claude", "codex", "opencode"}) {
      for (var recording : Files.readString(Project.file("tests/agent/adapter/" + kind + ".txt")).split("(?m)^(?=# )")) {
        all.add(Arguments.of(kind, recording));
      }
    }
    return all;
  }

  @ParameterizedTest
  @MethodSource("recordings")
  void statesTheTruthOfWhatRealAgentsPrinted(String kind, String recording) throws IOException {
    var lines = recording.lines().collect(Collectors.groupingBy(line -> line.replaceFirst("(?s)^(# |= |err: )?.*", "$1")));
    var exit = Integer.parseInt(lines.get("# ").getFirst().replaceFirst(".*: exit ", ""));
    var err = lines.getOrDefault("err: ", List.of()).stream().map(line -> line.substring("err: ".length()));
    var row = new Row(kind, "", exit, String.join("\n", lines.getOrDefault("", List.of())), err.collect(Collectors.joining("\n")), null, null, null);
    try (var recorder = new OutputRecorder(prepare(row), Redaction.NONE, 1 << 30)) {
      recorder.read(true);
      var verdict = judge(recorder.analyzer(), new Exit(exit, "ended"), null, true, Duration.ofSeconds(1), Duration.ofHours(1));
      var said = Objects.requireNonNullElse(verdict.error(), verdict.result()).lines().findFirst().orElseThrow();
      assertThat(List.of("= " + verdict.closingLine().strip(), "= " + said)).as(lines.get("# ").getFirst()).isEqualTo(lines.get("= "));
    }
  }

  @Test
  void whatAnAgentWaitedForInVainIsSaidWithWhatToDo() throws IOException {
    var waits = "{\"type\":\"error\",\"message\":\"Reconnecting... waiting for network (Connection failed)\"}\n";
    var row = new Row("codex", "no network: it waits for ever", -1, "{\"type\":\"thread.started\",\"thread_id\":\"t\"}\n" + waits.repeat(3),
        "a line\n", TaskStatus.FAILED, "silent", "");
    try (var recorder = new OutputRecorder(prepare(row), Redaction.NONE, 1 << 30)) {
      var found = recorder.analyzer();
      recorder.read(true);
      assertThat(found.lines()).as("what is only said again is no sign of life").isEqualTo(3);
      var order = new StopRequest(StopRequest.Cause.UNRESPONSIVE, "the worker", "it said nothing for 15 min 0 s");
      var verdict = judge(found, new Exit(130, "ended"), order, false, Duration.ofMinutes(16), Duration.ofHours(1));
      assertThat(verdict.reason()).isEqualTo("silent");
      assertThat(verdict.error().lines()).first().asString()
          .startsWith("the agent was ended: it said nothing for 15 min 0 s: Reconnecting... waiting for network (Connection failed)"
              + NETWORK)
          .endsWith("; to continue, create a task with metadata.resume_session_id t");
      assertThat(verdict.error()).endsWith("\na line");
    }
  }

  private static void check(Row row, Verdict verdict, String stderr) {
    assertThat(verdict.status()).as(verdict.toString()).isEqualTo(row.status);
    assertThat(verdict.reason()).as(verdict.toString()).isEqualTo(row.reason);
    if (row.error == null) {
      assertThat(verdict.error()).isNull();
      assertThat(verdict.result()).isNotBlank();
    } else {
      var line = verdict.error().lines().findFirst().orElseThrow();
      var parts = row.error.split("…");
      assertThat(line).startsWith(parts[0]).contains(parts);
      assertThat(verdict.error().lines().skip(1)).as("its stderr stands behind it, without what is said").noneMatch(line::contains)
          .containsExactlyElementsOf(stderr.lines().filter(text -> !line.contains(text.strip().replaceFirst("(?i)^(error|fatal): ", ""))).toList());
    }
  }

  private static Verdict verdict(Row row, OutputAnalyzer found) {
    if (row.exit >= 0) {
      return judge(found, new Exit(row.exit, "ended"), null, true, Duration.ofSeconds(1), Duration.ofHours(1));
    }
    assertThat(found.stuck() != null || found.sessionGone()).as("it is known to hang").isTrue();
    return judge(found, new Exit(130, "ended"), null,
        false, Duration.ofSeconds(1), Duration.ofHours(1));
  }

  private AttemptDirectory prepare(Row row) throws IOException {
    var folder = AttemptDirectory.of(state, "t", 1);
    folder.create();
    var task = Json.object().put("id", "t");
    task.putObject("metadata").put("resume_session_id", "ses_2");
    folder.writeInputs("", task, Json.object());
    folder.adapter(Adapters.of(row.kind).orElseThrow());
    Files.writeString(folder.file("out"), row.out, StandardOpenOption.APPEND);
    Files.writeString(folder.file("err"), row.err, StandardOpenOption.APPEND);
    return folder;
  }

  private static Verdict judge(OutputAnalyzer output, Exit exit, StopRequest stop, boolean hadResult, Duration took, Duration budget) {
    return VerdictRules.judge(new AgentEnding(output.findings(), exit, stop, hadResult, took, budget));
  }
}
