package tests.worker.attempt;

import module java.base;
import static org.assertj.core.api.Assertions.assertThat;

import lib.agent.output.OutputAnalyzer;
import lib.agent.output.OutputRecorder;
import lib.agent.process.AttemptDirectory.Exit;
import lib.agent.process.AttemptDirectory;
import lib.core.Json;
import lib.protocol.TaskStatus;
import lib.redaction.Redaction;
import lib.worker.admission.StopRequest.Cause;
import lib.worker.admission.StopRequest;
import lib.worker.attempt.AgentEnding;
import lib.worker.attempt.Verdict;
import lib.worker.attempt.VerdictRules;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** P2: a failed task is never shown as completed, a completed one never as failed. */
class VerdictTest {
  private static final String STOP = "{\"type\":\"step_finish\",\"sessionID\":\"ses_1\",\"part\":{\"reason\":\"stop\",\"tokens\":"
      + "{\"input\":10,\"output\":5},\"cost\":0.25}}";
  private static final String WENT_ON = STOP.replace("stop", "tool-calls");
  private static final String TEXT = "{\"type\":\"text\",\"part\":{\"text\":\"did it\"}}";
  private static final String REFUSED = "{\"type\":\"tool_use\",\"part\":{\"tool\":\"bash\",\"state\":{\"status\":\"error\",\"input\":"
      + "{\"command\":\"rm x\"},\"error\":\"permission denied\"}}}";
  private static final Exit GOOD = new Exit(0, "ended");

  @TempDir
  Path temp;
  private boolean resumed = true; // whether the task names a session to resume
  private int n;

  @Test
  void completesWhenTheAgentEndedNormally() throws IOException {
    var verdict = judge(GOOD, null, TEXT, STOP);
    expect(verdict, TaskStatus.COMPLETED, null);
    assertThat(verdict.result()).isEqualTo("did it");
    assertThat(verdict.sessionId()).isEqualTo("ses_1");
    assertThat(verdict.error()).isNull();
    assertThat(verdict.closingLine()).isEqualTo("— completed after 3.0 s, 10 tokens in, 5 out, $0.2500\n");
  }

  @Test
  void takesNoPlainTextOfAnAgentWithEventsForAResult() throws IOException {
    expect(judge(GOOD, null, "done"), TaskStatus.FAILED, "empty-result");
    assertThat(judge(GOOD, null, "Database migration complete.", TEXT, STOP).result()).isEqualTo("did it");
  }

  @Test
  void endsAnAgentWhoseTurnsAreCutAgainAndAgain() throws IOException {
    var cut = TEXT + "\n" + STOP.replace("stop", "unknown");
    var verdict = judge(new Exit(130, "ended"), null, cut, cut, cut, cut, cut);
    expect(verdict, TaskStatus.FAILED, "looping");
    assertThat(verdict.error()).startsWith("5 turns in a row were cut short (unknown): the provider ends its answers early\n");
    expect(judge(GOOD, null, cut, cut, REFUSED, cut, cut, cut, TEXT, STOP), TaskStatus.COMPLETED, null);
  }

  @Test
  void failsExitZeroWithoutAResult() throws IOException {
    expect(judge(GOOD, null), TaskStatus.FAILED, "empty-result");
    expect(judge(GOOD, null, "{\"type\":\"step_start\"}"), TaskStatus.FAILED, "empty-result");
    expect(judge(GOOD, null, TEXT, "{\"type\":\"error\",\"error\":{\"data\":{\"message\":\"Model not found: p/m.\"}}}"),
        TaskStatus.FAILED, "agent-error");
    expect(judge(GOOD, null, REFUSED, WENT_ON), TaskStatus.FAILED, "needs-approval");
    expect(judge(GOOD, null, TEXT, STOP.replace("stop", "length")), TaskStatus.FAILED, "agent-error");
  }

  @Test
  void judgesByTheLastTurn() throws IOException {
    expect(judge(GOOD, null, WENT_ON, TEXT, STOP), TaskStatus.COMPLETED, null);
    expect(judge(GOOD, null, STOP, REFUSED, WENT_ON), TaskStatus.FAILED, "needs-approval");
  }

  @Test
  void namesTheDeniedTool() throws IOException {
    assertThat(judge(GOOD, null, REFUSED, WENT_ON).error()).contains("bash rm x", "permission denied");
  }

  @Test
  void distinguishesAUsageLimit() throws IOException {
    for (var message : new String[] {"You have hit your usage limit", "rate limit exceeded", "Too Many Requests", "quota exceeded"}) {
      expect(judge(new Exit(1, "ended"), null, "{\"type\":\"error\",\"error\":{\"data\":{\"message\":\"" + message + "\"}}}"),
          TaskStatus.FAILED, "limit");
    }
    expect(judge(new Exit(1, "ended"), null, "{\"type\":\"error\",\"error\":{\"data\":{\"message\":\"x\",\"statusCode\":429}}}"),
        TaskStatus.FAILED, "limit");
  }

  @Test
  void reportsSignalExitCodeAndStderr() throws IOException {
    var verdict = judge(new Exit(137, "ended"), null, TEXT);
    expect(verdict, TaskStatus.FAILED, "terminated");
    assertThat(verdict.error()).contains("signal 9").contains("the stderr tail");
    assertThat(verdict.result()).isEqualTo("did it");
  }

  @Test
  void judgesEachStopRequestAndSaysHowToResume() throws IOException {
    var killed = new Exit(130, "ended");
    expect(judge(killed, new StopRequest(Cause.CANCELLED, "ann", "wrong branch"), STOP), TaskStatus.CANCELLED, "cancelled");
    assertThat(judge(killed, new StopRequest(Cause.CANCELLED, "ann", "wrong branch"), STOP).error()).contains("ann: wrong branch");
    expect(judge(killed, new StopRequest(Cause.TIMEOUT, "the worker", ""), STOP), TaskStatus.FAILED, "timeout");
    expect(judge(killed, new StopRequest(Cause.DRAINED, "the worker", ""), STOP), TaskStatus.FAILED, "drained");
    expect(judge(killed, new StopRequest(Cause.SUPERSEDED, "the server", "w2 has it"), STOP), TaskStatus.FAILED, "superseded");
    assertThat(judge(killed, new StopRequest(Cause.SUPERSEDED, "the server", "w2 has it"), STOP).error()).contains("w2 has it", "ses_1");
    expect(judge(new Exit(137, "deadline"), null, STOP), TaskStatus.FAILED, "timeout");
    expect(judge(null, null, STOP), TaskStatus.FAILED, "lost");
  }

  @Test
  void judgesByTheResultWhenTheAgentFinishedBeforeTheStop() throws IOException {
    expect(judge(GOOD, new StopRequest(Cause.DRAINED, "the worker", ""), TEXT, STOP), TaskStatus.COMPLETED, null);
  }

  @Test
  void countsAsUnfinishedWhenTheStopBrokeATool() throws IOException {
    expect(judge(GOOD, new StopRequest(Cause.CANCELLED, "ann", ""), false, REFUSED, TEXT, STOP), TaskStatus.CANCELLED, "cancelled");
  }

  @Test
  void countsAPlainProgramAsUnfinishedWhenStopped() throws IOException {
    expect(judge(GOOD, new StopRequest(Cause.CANCELLED, "ann", ""), "working on step 1 of 10"), TaskStatus.CANCELLED, "cancelled");
    expect(judge(GOOD, new StopRequest(Cause.TIMEOUT, "the worker", ""), "working on step 1 of 10"), TaskStatus.FAILED, "timeout");
  }

  @Test
  void completesWhenTheAgentLingeredAfterItsResult() throws IOException {
    var order = new StopRequest(Cause.LINGERED, "the worker", "it did not exit");
    var verdict = judge(new Exit(137, "ended"), order, TEXT, STOP);
    expect(verdict, TaskStatus.COMPLETED, "lingered");
    assertThat(verdict.result()).isEqualTo("did it");
    assertThat(verdict.closingLine()).startsWith("— completed (lingered) after");
    expect(judge(new Exit(130, "ended"), order, STOP), TaskStatus.FAILED, "empty-result");
    expect(judge(new Exit(130, "ended"), order, STOP, WENT_ON), TaskStatus.FAILED, "silent");
    expect(judge(new Exit(130, "ended"), order, "{\"type\":\"error\",\"error\":\"it broke\"}", STOP), TaskStatus.FAILED, "agent-error");
  }

  @Test
  void judgesEachKindOfSilence() throws IOException {
    var killed = new Exit(130, "ended");
    expect(judge(killed, new StopRequest(Cause.UNRESPONSIVE, "the worker", "it said nothing"), TEXT), TaskStatus.FAILED, "silent");
    expect(judge(killed, new StopRequest(Cause.NEEDS_APPROVAL, "the worker", "it asks: may I?"), TEXT), TaskStatus.FAILED, "needs-approval");
    assertThat(judge(killed, new StopRequest(Cause.NEEDS_APPROVAL, "the worker", "it asks: may I?"), TEXT).error()).contains("may I?");
    var limit = "{\"type\":\"error\",\"error\":{\"data\":{\"message\":\"slow down\",\"statusCode\":429,"
        + "\"responseHeaders\":{\"retry-after\":\"60\"}}}}";
    var verdict = judge(killed, new StopRequest(Cause.RATE_LIMITED, "the worker", "slow down"), limit);
    expect(verdict, TaskStatus.FAILED, "limit");
    assertThat(verdict.limit().waitFrom(Instant.EPOCH)).contains(Duration.ofMinutes(1));
    assertThat(judge(new Exit(1, "ended"), null, limit).limit()).isEqualTo(verdict.limit());
    assertThat(judge(new Exit(1, "ended"), null, TEXT).limit()).isNull();
  }

  @Test
  void reportsAMissingSessionOnlyWhenNothingWasDone() throws IOException {
    var gone = "{\"type\":\"error\",\"error\":{\"data\":{\"message\":\"Session not found\"}}}";
    expect(judge(GOOD, null, gone), TaskStatus.FAILED, "session-gone");
    expect(judge(new Exit(1, "ended"), null, gone), TaskStatus.FAILED, "session-gone");
    expect(judge(GOOD, null, REFUSED, gone), TaskStatus.FAILED, "agent-error");
    resumed = false;
    expect(judge(GOOD, null, gone), TaskStatus.FAILED, "agent-error");
  }

  @Test
  void removesControlCharactersFromToolNames() throws IOException {
    var odd = REFUSED.replace("\"bash\"", "\"ba\\u001b[31msh\\u0007\\nx\"");
    assertThat(judge(GOOD, null, odd, WENT_ON).error()).contains(": bash x rm x (permission denied)");
  }

  @Test
  void takesTheFirstOfTwoSessions() throws IOException {
    assertThat(judge(GOOD, null, "{\"type\":\"step_start\",\"sessionID\":\"ses_0\"}", TEXT, STOP).sessionId()).isEqualTo("ses_0");
    assertThat(judge(GOOD, null, "{\"type\":\"step_start\",\"sessionID\":\"ses 0\\u001b\"}", TEXT, STOP).sessionId())
        .as("an id that no task could name does not count").isEqualTo("ses_1");
  }

  @Test
  void keepsTheClosingLineOnOneLine() throws IOException {
    var wrote = "{\"type\":\"tool_use\",\"part\":{\"tool\":\"write\",\"state\":{\"status\":\"completed\",\"input\":"
        + "{\"filePath\":\"a\\n\\u0007b\"}}}}";
    assertThat(judge(GOOD, null, wrote, TEXT, STOP).closingLine()).endsWith(", changed a b\n");
  }

  @Test
  void keepsTextAfterTheResultAndCountsAnErrorThere() throws IOException {
    expect(judge(GOOD, null, TEXT, STOP, TEXT.replace("did it", "and goodbye")), TaskStatus.COMPLETED, null);
    expect(judge(GOOD, null, TEXT, STOP, "{\"type\":\"error\",\"error\":\"it broke\"}"), TaskStatus.FAILED, "agent-error");
  }

  @Test
  void notesASessionMismatch() throws IOException {
    var good = judge(GOOD, null, TEXT, STOP);
    assertThat(good.withSessionMismatchNote(null)).isEqualTo(good);
    assertThat(good.withSessionMismatchNote("ses_1")).isEqualTo(good);
    assertThat(good.withSessionMismatchNote("SES_1")).as("an id in other letter case").isEqualTo(good);
    assertThat(good.withSessionMismatchNote("ses_0").result()).isEqualTo(
        "did it\n\n[session ses_0 was asked for; the agent worked in ses_1, which may know nothing of it]");
    assertThat(good.withSessionMismatchNote("ses_0").sessionId()).isEqualTo("ses_1");
    assertThat(judge(new Exit(1, "ended"), null, TEXT, STOP).withSessionMismatchNote("ses_0").error()).contains("session ses_0 was asked for");
    var unnamed = judge(GOOD, null, "done");
    assertThat(unnamed.withSessionMismatchNote("ses_0")).as("an agent that names no session").isEqualTo(unnamed);
  }

  @Test
  void shortensALongError() throws IOException {
    var error = judge(GOOD, null, "{\"type\":\"error\",\"error\":\"" + "😀".repeat(1 << 20) + "\"}").error();
    assertThat(error).hasSizeLessThan(9000).startsWith("😀").contains("characters more");
    assertThat(error.codePoints()).doesNotContain(0xD83D);
  }

  private static void expect(Verdict verdict, TaskStatus status, String reason) {
    assertThat(verdict.status()).as(verdict.toString()).isEqualTo(status);
    assertThat(verdict.reason()).as(verdict.toString()).isEqualTo(reason);
    assertThat(verdict.error() == null).as(verdict.toString()).isEqualTo(status == TaskStatus.COMPLETED);
  }

  private Verdict judge(Exit exit, StopRequest order, String... lines) throws IOException {
    return judge(exit, order, true, lines);
  }

  private Verdict judge(Exit exit, StopRequest order, boolean finished, String... lines) throws IOException {
    var folder = AttemptDirectory.of(temp, "t", ++n);
    var task = Json.object().put("id", "t");
    if (resumed) {
      task.putObject("metadata").put("resume_session_id", "ses_1");
    }
    folder.writeInputs("", task, Json.object());
    Files.writeString(folder.file("out"), String.join("\n", lines), StandardOpenOption.APPEND);
    Files.writeString(folder.file("err"), "the stderr tail\n", StandardOpenOption.APPEND);
    try (var recorder = new OutputRecorder(folder, Redaction.NONE, 1 << 30)) {
      var found = recorder.analyzer();
      recorder.read(true);
      return judge(found, exit, order, finished, Duration.ofSeconds(3), Duration.ofHours(1));
    }
  }

  private static Verdict judge(OutputAnalyzer output, Exit exit, StopRequest stop, boolean hadResult, Duration took, Duration budget) {
    return VerdictRules.judge(new AgentEnding(output.findings(), exit, stop, hadResult, took, budget));
  }
}
