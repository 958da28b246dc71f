package lib.worker.attempt;

import module java.base;
import lib.agent.adapter.AgentEvent.ToolCall;
import lib.agent.adapter.AgentEvent.TurnEnded;
import lib.agent.output.ErrorHints;
import lib.agent.output.OutputAnalyzer.Findings;
import lib.agent.output.UsageLimit;
import lib.agent.process.AttemptDirectory.Exit;
import lib.agent.process.Silence;
import lib.protocol.TaskStatus;
import lib.worker.admission.StopRequest.Cause;
import lib.worker.admission.StopRequest;
import lib.worker.attempt.Verdict.Facts;

/** Judges how an agent ended: the rows of the table of verdicts, from what was seen. Pure. */
public final class VerdictRules {
  private static final String APPROVAL = "; agent_approval says what it may do unasked";

  /** An exit code is 128 and one of these numbers; other codes above 128 are the program's own. */
  private static final Map<Integer, String> SIGNALS = Map.of(1, "HUP", 2, "INT", 3, "QUIT", 4, "ILL", 6, "ABRT", 7, "BUS", 9, "KILL",
      11, "SEGV", 13, "PIPE", 15, "TERM");

  /** What people and other programs send, and the kernel when memory is short; the others are the agent's own faults. */
  private static final Set<String> OUTSIDE = Set.of("HUP", "INT", "KILL", "TERM");

  private final AgentEnding ending;
  private final Findings output;

  private VerdictRules(AgentEnding ending) {
    this.ending = ending;
    this.output = ending.output();
  }

  /** The verdict on an agent's end. */
  public static Verdict judge(AgentEnding ending) {
    return new VerdictRules(ending).judge();
  }

  private Verdict judge() {
    var exit = ending.exit();
    var stop = ending.stop();
    if (stop != null && stop.cause() == Cause.LINGERED && output.hasResult()) {
      return byOutput(new Exit(0, "ended"), "lingered"); // it had finished, however we ended it
    }
    if (stop != null && !(ending.hadResult() && isGood(exit))) {
      return stopped(stop);
    }
    if (output.stuck() != null || output.sessionGone()) {
      return byOutput(exit == null ? new Exit(1, "ended") : exit, null);
    }
    if (exit == null) {
      return failed("lost", "the agent vanished without an exit code: killed together with its supervisor, or the machine went down"
          + resumeHint());
    }
    return switch (exit.cause()) {
      case "deadline" -> timeout();
      case Exit.BUSY -> Verdict.failed("busy", "another worker's agent held the folder for the whole time");
      default -> byOutput(exit, null);
    };
  }

  private Verdict stopped(StopRequest stop) {
    return switch (stop.cause()) {
      case CANCELLED -> new Verdict(TaskStatus.CANCELLED, "cancelled", result(), "cancelled by " + stop, output.sessionId(), facts());
      case TIMEOUT -> timeout();
      case DRAINED -> failed("drained", "the worker was stopped and the agent did not finish in time" + resumeHint());
      case LEASE_EXPIRED -> failed("lost", "the agent was ended because its lease was: " + stop.why() + resumeHint());
      case SUPERSEDED -> failed(Verdict.SUPERSEDED, "the server gave the task to somebody else: " + stop.why() + resumeHint());
      case RATE_LIMITED -> new Verdict(TaskStatus.FAILED, Verdict.LIMIT, result(), withStderr(Verdict.oneLine(stop.why()) + resumeHint()),
          output.sessionId(), facts(), output.limit());
      case NEEDS_APPROVAL -> failed(Verdict.NEEDS_APPROVAL, "the agent waits for an approval that nobody can give here: " + stop.why()
          + APPROVAL + resumeHint());
      case UNRESPONSIVE, LINGERED -> failed("silent", withStderr(explained("the agent was ended: " + stop.why()) + resumeHint()));
    };
  }

  /** By its output and its exit code. @param word the reason word of a good end; null for none */
  private Verdict byOutput(Exit exit, String word) {
    var fault = fault(exit);
    return fault == null ? new Verdict(TaskStatus.COMPLETED, word, result(), null, output.sessionId(), facts())
        : new Verdict(TaskStatus.FAILED, fault.reason, result(), withStderr(fault.sentence), output.sessionId(), facts(),
            fault.reason.equals(Verdict.LIMIT) ? output.limit() : null);
  }

  /** An end without events does not count as good: any program that obeys INT ends like that. */
  private boolean isGood(Exit exit) {
    return exit != null && exit.cause().equals("ended") && (exit.code() == 0 || output.answered()) && output.lastTurn() != null && fault(exit) == null;
  }

  private record Fault(String reason, String sentence) {}

  /** What went wrong; null when nothing did. */
  private Fault fault(Exit exit) {
    var failure = output.failure();
    var turn = output.lastTurn();
    if (output.sessionGone()) {
      return new Fault(Verdict.SESSION_GONE, "the agent does not have the session that it was to resume");
    }
    if (output.stuck() != null) {
      return new Fault(output.stuck().reason(), ErrorHints.on(Verdict.oneLine(output.stuck().message()), 0));
    }
    if (failure != null) {
      var sentence = ErrorHints.explained(Verdict.oneLine(failure.message()), output.warning() == null ? null : Verdict.oneLine(output.warning()));
      return new Fault(UsageLimit.of(failure).isPresent() ? Verdict.LIMIT : Verdict.AGENT_ERROR, ErrorHints.on(sentence, failure.status()));
    }
    if (exit.code() != 0 && !output.answered()) {
      return byExitCode(exit.code());
    }
    if (turn != null && (turn.reason().equals(TurnEnded.TOOLS) || output.refused())) {
      return new Fault(Verdict.NEEDS_APPROVAL, "the agent stopped because a tool call was refused or needs approval"
          + describe(output.lastTool()) + APPROVAL);
    }
    if (turn != null && !turn.reason().equals(TurnEnded.STOP)) {
      return new Fault(Verdict.AGENT_ERROR, "the model did not end normally: " + Verdict.oneLine(turn.reason()));
    }
    if (output.text().isBlank() && output.lastTool() == null || output.hasEvents() && turn == null) {
      var what = output.text().isBlank() ? "anything" : "that it had finished";
      return new Fault("empty-result", explained("the agent ended without saying " + what));
    }
    return null;
  }

  private Fault byExitCode(int code) {
    if (output.last() == Silence.LastEvent.LIMIT) {
      return new Fault(Verdict.LIMIT, Verdict.oneLine(output.limit().message()));
    }
    var signal = SIGNALS.get(code - 128);
    if (signal != null) {
      var isOutside = OUTSIDE.contains(signal);
      return new Fault(isOutside ? "terminated" : Verdict.AGENT_ERROR, explained("the agent was ended by signal " + (code - 128) + " ("
          + signal + ")" + (isOutside ? " from outside this worker" : "")) + (isOutside ? resumeHint() : ""));
    }
    return new Fault(Verdict.AGENT_ERROR, explained(code == 127 ? "the agent program was not found (exit code 127)"
        : "the agent ended with exit code " + code));
  }

  private Verdict timeout() {
    return failed("timeout", "the agent was ended after " + Verdict.format(ending.budget()) + ", the longest a task may run" + resumeHint());
  }

  private Verdict failed(String reason, String error) {
    return new Verdict(TaskStatus.FAILED, reason, result(), error, output.sessionId(), facts());
  }

  private Facts facts() {
    return new Facts(ending.took(), output.tokensIn(), output.tokensOut(), output.cost(), output.files());
  }

  private String result() {
    return output.text().isBlank() ? null : output.text();
  }

  private String resumeHint() {
    return output.sessionId() == null ? "" : "; to continue, create a task with metadata.resume_session_id " + output.sessionId();
  }

  private static String describe(ToolCall tool) {
    return tool == null ? "" : ": " + Verdict.oneLine(tool.tool()) + " " + Verdict.oneLine(tool.about())
        + (tool.failure() == null ? "" : " (" + Verdict.oneLine(tool.failure()) + ")");
  }

  /** With what the agent warned of before, else what its stderr complains of, and what to do about it. */
  private String explained(String sentence) {
    var why = output.warning() != null ? output.warning() : output.complaint();
    return ErrorHints.on(ErrorHints.explained(sentence, why == null ? null : Verdict.oneLine(why)), 0);
  }

  /** With the end of its stderr behind it, without what it says itself. */
  private String withStderr(String sentence) {
    var complaint = output.complaint() == null ? sentence : output.complaint();
    return Stream.concat(Stream.of(sentence), output.stderr().lines().filter(line -> !sentence.contains(line.strip())
        && !(sentence.contains(complaint) && line.strip().endsWith(complaint)))).collect(Collectors.joining("\n"));
  }
}
