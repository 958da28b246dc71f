package lib.worker.attempt;

import module java.base;
import com.fasterxml.jackson.databind.node.ObjectNode;
import lib.agent.output.UsageLimit;
import lib.core.Json;
import lib.journal.Attempt;
import lib.journal.Journal;
import lib.protocol.TaskReport;
import lib.protocol.TaskStatus;
import lib.worker.admission.StopRequest;

/**
 * How an attempt ended, as the server, the journal and people see it. Immutable.
 *
 * @param status the status that the server gets
 * @param reason the reason word for an end that is not simply a good one; else null
 * @param result the agent's text; also kept for a failure; null for none
 * @param error one sentence that a person can act on; null for a good end
 * @param facts what it took, for the closing line and the journal
 * @param limit the provider's refusal that ended it; null unless the reason is {@code limit}
 */
public record Verdict(TaskStatus status, String reason, String result, String error, String sessionId, Facts facts, UsageLimit limit) {
  static final String AGENT_ERROR = "agent-error";
  static final String NEEDS_APPROVAL = "needs-approval";
  static final String LIMIT = "limit";
  static final String SUPERSEDED = "superseded";
  static final String SESSION_GONE = "session-gone";
  private static final int MAX_ERROR = 8 << 10;

  /** @param error cut to what a person reads, since a server's body limit would keep all of the outcome away */
  public Verdict {
    if (error != null && error.length() > MAX_ERROR) {
      var end = MAX_ERROR - (Character.isHighSurrogate(error.charAt(MAX_ERROR - 1)) ? 1 : 0);
      error = error.substring(0, end) + "… [" + (error.length() - end) + " characters more]";
    }
  }

  Verdict(TaskStatus status, String reason, String result, String error, String sessionId, Facts facts) {
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

    /** The same without what earlier tasks took of the session; as it is where that is more, since the agent then began to count again. */
    Facts without(Journal.Spent earlier) {
      return tokensIn < earlier.tokensIn() || tokensOut < earlier.tokensOut() || cost < earlier.cost() ? this
          : new Facts(time, tokensIn - earlier.tokensIn(), tokensOut - earlier.tokensOut(), cost - earlier.cost(), files);
    }
  }

  /** The agent never began: the server gives the task to another worker, or, where it cannot, fails it. */
  static Verdict notBegun(String why) {
    return new Verdict(TaskStatus.PENDING, "not-begun", null, why, null, Facts.NONE);
  }

  /** The agent was never started, since a stop request came first. @param stop empty after a restart of the worker */
  static Verdict notStarted(Optional<StopRequest> stop) {
    return switch (stop.map(StopRequest::cause).orElse(null)) {
      case CANCELLED -> new Verdict(TaskStatus.CANCELLED, "cancelled", null, "cancelled by " + stop.get(), null, Facts.NONE);
      case SUPERSEDED -> failed(SUPERSEDED, "the server gave the task to somebody else: " + stop.get().why());
      case null, default -> notBegun("the worker ended before its agent began");
    };
  }

  /** Whether no agent was started, so that the task can be done as if it had never been here. */
  boolean isNotBegun() {
    return "not-begun".equals(reason);
  }

  /** An end without an agent. */
  static Verdict completed(String result) {
    return new Verdict(TaskStatus.COMPLETED, null, result, null, null, Facts.NONE);
  }

  static Verdict failed(String reason, String error) {
    return new Verdict(TaskStatus.FAILED, reason, null, error, null, Facts.NONE);
  }

  static String oneLine(String text) {
    return text.strip().replaceAll("\\s*[\\p{Cntrl}\\x{85}\\u2028\\u2029]+\\s*", " ");
  }

  /** Whether the agent did nothing because the session that it was to resume is not there. */
  boolean sessionGone() {
    return SESSION_GONE.equals(reason);
  }

  /** The same, done in a new session instead of the one that was asked for, which is said where people look. */
  Verdict withFreshSessionNote(String why) {
    return withNote(why + "; this was done in a new session");
  }

  /**
   * The same, with a note when the agent worked in another session than it was to resume.
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

  /** The same, with other facts. */
  Verdict with(Facts facts) {
    return new Verdict(status, reason, result, error, sessionId, facts, limit);
  }

  /** The same as a requeue: the server gives the task to a free worker, now or later. */
  Verdict requeued() {
    return new Verdict(TaskStatus.PENDING, reason, result, error, sessionId, facts, limit);
  }

  /** The report for the server; null when the task is another worker's by now, whose outcome must stay. */
  TaskReport report(Attempt attempt) {
    return SUPERSEDED.equals(reason) ? null
        : new TaskReport(attempt.taskId(), attempt.workerId(), status, sessionId, result, error, attempt.fence());
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
}
