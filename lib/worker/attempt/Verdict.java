package lib.worker.attempt;

import com.fasterxml.jackson.databind.node.ObjectNode;
import java.time.Duration;
import java.util.List;
import java.util.Locale;
import lib.agent.adapter.AgentEvent.ToolCall;
import lib.agent.adapter.AgentEvent.TurnEnded;
import lib.agent.output.ErrorHints;
import lib.agent.output.OutputAnalyzer;
import lib.agent.output.UsageLimit;
import lib.agent.process.AttemptDirectory;
import lib.agent.process.Silence;
import lib.core.Json;
import lib.journal.Attempt;
import lib.wire.Report;
import lib.wire.TaskStatus;
import lib.worker.admission.AgentBreaker;
import lib.worker.admission.StopRequest;

/**
 * How an attempt ended, and the truth about it. A pure judgement of what was seen.
 *
 * @param status what the server is told
 * @param reason the reason word for an end that is not simply a good one; else null
 * @param result the agent's text; also kept for a failure; null for none
 * @param error one sentence that a person can act on; null for a good end
 * @param facts what it took, for the closing line and the journal
 * @param limit the provider's refusal that ended it; null unless the reason is {@code limit}
 */
public record Verdict(TaskStatus status, String reason, String result, String error, String sessionId, Facts facts, UsageLimit limit) {
  private static final String AGENT_ERROR = "agent-error";
  private static final String NEEDS_APPROVAL = "needs-approval";
  private static final String LIMIT = "limit";
  private static final String SUPERSEDED = "superseded";
  private static final String SESSION_GONE = "session-gone";
  private static final String APPROVAL = "; agent_approval says what it may do unasked";
  private static final int MAX_ERROR = 8 << 10;

  /** @param error cut to what a person reads, since a server's body limit would keep all of the outcome away */
  public Verdict {
    if (error != null && error.length() > MAX_ERROR) {
      var end = MAX_ERROR - (Character.isHighSurrogate(error.charAt(MAX_ERROR - 1)) ? 1 : 0);
      error = error.substring(0, end) + "… [" + (error.length() - end) + " characters more]";
    }
  }

  private Verdict(TaskStatus status, String reason, String result, String error, String sessionId, Facts facts) {
    this(status, reason, result, error, sessionId, facts, null);
  }

  /**
   * What an attempt took; zero and empty where the agent did not tell.
   *
   * @param cost in US dollars, as the agent tells it
   * @param files what its tools changed, as the agent names them
   */
  public record Facts(Duration time, long tokensIn, long tokensOut, double cost, List<String> files) {
    static final Facts NONE = new Facts(Duration.ZERO, 0, 0, 0, List.of());
  }

  /** Nothing has happened yet: the server gives it to whoever is free, or, where it cannot, fails it. */
  static final Verdict NOT_BEGUN = new Verdict(TaskStatus.PENDING, "not-begun", null, "the worker ended before its agent began", null,
      Facts.NONE);

  /** An end without an agent. */
  static Verdict completed(String result) {
    return new Verdict(TaskStatus.COMPLETED, null, result, null, null, Facts.NONE);
  }

  static Verdict failed(String reason, String error) {
    return new Verdict(TaskStatus.FAILED, reason, null, error, null, Facts.NONE);
  }

  /**
   * Judges an agent's end.
   *
   * @param exit how it ended; null when it vanished without a trace
   * @param order the stop order by which it was ended; null when it ended by itself
   * @param finished whether it had told its result before it was ended: one that only lost its tools may tell any
   * @param budget the total time it had
   */
  public static Verdict of(OutputAnalyzer found, AttemptDirectory.Exit exit, StopRequest order, boolean finished, Duration time,
      Duration budget) {
    var facts = new Facts(time, found.tokensIn(), found.tokensOut(), found.cost(), found.files());
    var text = found.text();
    var result = text.isBlank() ? null : text;
    var session = found.sessionId();
    if (order != null && order.cause() == StopRequest.Cause.LINGERED && found.last() == Silence.LastEvent.RESULT) {
      return judged(found, new AttemptDirectory.Exit(0, "ended"), "lingered", result, facts); // it had come to its end, however we ended it
    }
    if (order != null && !(finished && good(found, exit))) {
      return switch (order.cause()) {
        case CANCELLED -> new Verdict(TaskStatus.CANCELLED, "cancelled", result, "cancelled by " + order, session, facts);
        case TIMEOUT -> timeout(budget, result, session, facts);
        case DRAINED -> new Verdict(TaskStatus.FAILED, "drained", result, "the worker was stopped and the agent did not finish in time"
            + resume(session), session, facts);
        case LEASE_EXPIRED -> new Verdict(TaskStatus.FAILED, "lost", result, "the agent was ended because its lease was: " + order.why()
            + resume(session), session, facts);
        case SUPERSEDED -> new Verdict(TaskStatus.FAILED, SUPERSEDED, result, "the server gave the task to somebody else: " + order.why()
            + resume(session), session, facts);
        case RATE_LIMITED -> new Verdict(TaskStatus.FAILED, LIMIT, result, oneLine(order.why()) + resume(session) + tail(found), session,
            facts, found.limit());
        case NEEDS_APPROVAL -> new Verdict(TaskStatus.FAILED, NEEDS_APPROVAL, result, "the agent waits for an approval that nobody can give here: "
            + order.why() + APPROVAL + resume(session), session, facts);
        case HUNG -> judged(found, new AttemptDirectory.Exit(1, "ended"), null, result, facts);
        case UNRESPONSIVE, LINGERED -> new Verdict(TaskStatus.FAILED, "silent", result, ErrorHints.on("the agent was ended: " + order.why()
            + warning(found, ""), 0) + resume(session) + tail(found), session, facts);
      };
    }
    if (exit == null) {
      return new Verdict(TaskStatus.FAILED, "lost", result, "the agent vanished without an exit code: killed together with its "
          + "supervisor, or the machine went down" + resume(session), session, facts);
    }
    if (exit.cause().equals("deadline")) {
      return timeout(budget, result, session, facts);
    }
    if (exit.cause().equals("lane")) {
      return failed("busy", "another worker's agent held the folder for the whole time");
    }
    return judged(found, exit, null, result, facts);
  }

  /** By what it said and its exit code. @param word the reason word of a good end; null for none */
  private static Verdict judged(OutputAnalyzer found, AttemptDirectory.Exit exit, String word, String result, Facts facts) {
    var trouble = trouble(found, exit);
    return trouble == null ? new Verdict(TaskStatus.COMPLETED, word, result, null, found.sessionId(), facts)
        : new Verdict(TaskStatus.FAILED, trouble.reason, result, trouble.error, found.sessionId(), facts,
            trouble.reason.equals(LIMIT) ? found.limit() : null);
  }

  /** Whether its events and its exit code tell of a good end; an end without events may be that of any program that heeds INT. */
  private static boolean good(OutputAnalyzer found, AttemptDirectory.Exit exit) {
    return exit != null && exit.cause().equals("ended") && exit.code() == 0 && found.lastTurn() != null && trouble(found, exit) == null;
  }

  private static Verdict timeout(Duration budget, String result, String session, Facts facts) {
    return new Verdict(TaskStatus.FAILED, "timeout", result, "the agent was ended after " + format(budget) + ", the longest a task may run"
        + resume(session), session, facts);
  }

  /** What went wrong; null when it ended well. */
  private static Trouble trouble(OutputAnalyzer found, AttemptDirectory.Exit exit) {
    var failure = found.failure();
    var turn = found.lastTurn();
    if (found.sessionGone()) {
      return Trouble.of(SESSION_GONE, "the agent does not have the session that it was to go on with", found);
    }
    if (found.stuck() != null) {
      return Trouble.of(AGENT_ERROR, ErrorHints.on(oneLine(found.stuck()), 0), found);
    }
    if (failure != null) {
      var said = oneLine(failure.message()) + warning(found, failure.message());
      return Trouble.of(UsageLimit.of(failure).isPresent() ? LIMIT : AGENT_ERROR, ErrorHints.on(said, failure.status()), found);
    }
    if (exit.code() != 0) {
      return found.last() == Silence.LastEvent.LIMIT ? Trouble.of(LIMIT, oneLine(found.limit().message()), found)
          : Trouble.of(AGENT_ERROR, ErrorHints.on(ending(exit.code()) + told(found), 0), found);
    }
    if (turn != null && (turn.reason().equals(TurnEnded.TOOLS) || found.refused())) {
      return Trouble.of(NEEDS_APPROVAL, "the agent stopped because a tool call was refused or needs approval" + call(found.lastTool())
          + APPROVAL, found);
    }
    if (turn != null && !turn.reason().equals(TurnEnded.STOP)) {
      return Trouble.of(AGENT_ERROR, "the model did not end normally: " + oneLine(turn.reason()), found);
    }
    if (found.text().isBlank() && found.lastTool() == null || found.events() && turn == null) {
      var what = found.text().isBlank() ? "anything" : "that it had finished";
      return Trouble.of("empty-result", ErrorHints.on("the agent ended without saying " + what + told(found), 0), found);
    }
    return null;
  }

  /** @param error a sentence, and behind it the end of the agent's stderr */
  private record Trouble(String reason, String error) {
    static Trouble of(String reason, String sentence, OutputAnalyzer found) {
      return new Trouble(reason, sentence + tail(found));
    }
  }

  private static String call(ToolCall tool) {
    return tool == null ? "" : ": " + oneLine(tool.tool()) + " " + oneLine(tool.about())
        + (tool.failure() == null ? "" : " (" + oneLine(tool.failure()) + ")");
  }

  /** What it met with before, which often says more than what it says at the end. */
  private static String warning(OutputAnalyzer found, String message) {
    return found.warning() == null || message.contains(found.warning()) ? "" : ": " + oneLine(found.warning());
  }

  private static String ending(int code) {
    return code > 128 && code < 160 ? "the agent was ended by signal " + (code - 128)
        : code == 127 ? "the agent program was not found (exit code 127)" : "the agent ended with exit code " + code;
  }

  private static String told(OutputAnalyzer found) {
    return found.warning() != null ? warning(found, "") : found.complaint() != null ? ": " + found.complaint() : "";
  }

  private static String tail(OutputAnalyzer found) {
    return found.stderr().isEmpty() ? "" : "\n" + found.stderr();
  }

  private static String resume(String session) {
    return session == null ? "" : "; to go on, create a task with metadata.resume_session_id " + session;
  }

  private static String oneLine(String text) {
    return text.strip().replaceAll("\\s*[\\p{Cntrl}\\x{85}\\u2028\\u2029]+\\s*", " ");
  }

  /** Whether the agent did nothing because the session that it was to go on with is not there. */
  boolean sessionGone() {
    return SESSION_GONE.equals(reason);
  }

  /** The same, done in a new session instead of the one that was asked for, which is said where people look. */
  Verdict withFreshSessionNote(String why) {
    return withNote(why + "; this was done in a new session");
  }

  /**
   * The same, which says so when the agent worked in another session than it was to go on with.
   *
   * @param session null for none
   */
  public Verdict withSessionMismatchNote(String session) {
    return session == null || sessionId == null || sessionId.equalsIgnoreCase(session) || sessionGone() ? this
        : withNote("session " + session + " was asked for; the agent worked in " + sessionId + ", which may know nothing of it");
  }

  private Verdict withNote(String words) {
    var note = "[" + words + "]";
    return new Verdict(status, reason, result == null ? note : result + "\n\n" + note, error == null ? null : error + "\n" + note,
        sessionId, facts, limit);
  }

  /** The same for a server that gives a task that is put back to whoever is free, now or later. */
  Verdict requeued() {
    return new Verdict(TaskStatus.PENDING, reason, result, error, sessionId, facts, limit);
  }

  /** What the server is told; nothing when the task is somebody else's by now, whose outcome ours must not overwrite. */
  List<Report> reports(Attempt attempt) {
    return SUPERSEDED.equals(reason) ? List.of()
        : List.of(new Report(attempt.taskId(), attempt.workerId(), status, sessionId, result, error, attempt.fence()));
  }

  /** The journal's form. */
  ObjectNode toJson() {
    var json = Json.object().put("status", status.word()).put("reason", reason).put("error", error).put("session_id", sessionId)
        .put("seconds", facts.time.toMillis() / 1000.0).put("tokens_in", facts.tokensIn).put("tokens_out", facts.tokensOut)
        .put("cost", facts.cost);
    json.set("files", Json.array(facts.files));
    return json;
  }

  /** The last line that people see. */
  public String closingLine() {
    var line = new StringBuilder("— ").append(status.word());
    if (reason != null) {
      line.append(" (").append(reason).append(')');
    }
    line.append(" after ").append(format(facts.time));
    if (facts.tokensIn + facts.tokensOut > 0) {
      line.append(", ").append(facts.tokensIn).append(" tokens in, ").append(facts.tokensOut).append(" out");
    }
    if (facts.cost > 0) {
      line.append(String.format(Locale.ROOT, ", $%.4f", facts.cost));
    }
    if (!facts.files.isEmpty()) {
      line.append(", changed ").append(String.join(", ", facts.files.stream().limit(5).map(Verdict::oneLine).toList()));
      line.append(facts.files.size() > 5 ? " and " + (facts.files.size() - 5) + " more" : "");
    }
    return line.append('\n').toString();
  }

  /** For people. */
  static String format(Duration time) {
    return time.toHours() > 0 ? time.toHours() + " h " + time.toMinutesPart() + " min" : time.toMinutes() > 0
        ? time.toMinutes() + " min " + time.toSecondsPart() + " s" : String.format(Locale.ROOT, "%.1f s", time.toMillis() / 1000.0);
  }

  /** What the breaker of the agent program needs to know. */
  public AgentBreaker.Ended forBreaker() {
    return new AgentBreaker.Ended(facts.time(), reason, result != null, error);
  }
}
