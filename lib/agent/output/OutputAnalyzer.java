package lib.agent.output;

import java.io.IOException;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import java.util.regex.Pattern;
import lib.agent.adapter.Adapter;
import lib.agent.adapter.AgentEvent.AgentError;
import lib.agent.adapter.AgentEvent.Hung;
import lib.agent.adapter.AgentEvent.Question;
import lib.agent.adapter.AgentEvent.RawLine;
import lib.agent.adapter.AgentEvent.Retrying;
import lib.agent.adapter.AgentEvent.Text;
import lib.agent.adapter.AgentEvent.ToolCall;
import lib.agent.adapter.AgentEvent.TurnEnded;
import lib.agent.adapter.AgentEvent;
import lib.agent.process.AttemptDirectory;
import lib.agent.process.Silence;
import lib.core.PrintableText;
import lib.protocol.Task;
import lib.redaction.MaskingStream;
import lib.redaction.Redaction;

/**
 * Collects what decides an attempt's outcome: the agent's session and text, how its last turn ended, what it cost. All that it
 * gives is masked. Not thread-safe; an {@link OutputRecorder} feeds it.
 */
public final class OutputAnalyzer {
  /** A result is for reading; the whole text is in the output. Half of it is the beginning, half the end. */
  private static final int MAX_RESULT = 1 << 20;
  /** A session that a task can name to continue it. */
  private static final Pattern SESSION = Pattern.compile("[A-Za-z0-9_.@][A-Za-z0-9_.:@/+-]{0,199}");

  private final Redaction redaction;
  private final Adapter adapter;
  private final boolean resumes;
  private final HeadAndTail text = new HeadAndTail(MAX_RESULT / 2);
  private final MaskingStream textMask;
  private final StderrTail stderr = new StderrTail();
  private final Set<String> files = new LinkedHashSet<>();
  private boolean textBegun;
  private boolean textEnded;
  private String sessionId;
  private TurnEnded lastTurn;
  private ToolCall lastTool;
  private boolean refused; // the last tool call
  private AgentError failure;
  private String warning;
  private Retrying repeated; // the last event, if it was one
  private String stuck;
  private boolean events;
  private boolean tools; // since the last turn ended
  private long lines;
  private boolean sessionGone;
  private Silence.LastEvent last = Silence.LastEvent.OTHER;
  private String question;
  private UsageLimit limit;
  private long tokensIn;
  private long tokensOut;
  private double cost;

  OutputAnalyzer(AttemptDirectory directory, Adapter adapter, Redaction redaction) throws IOException {
    this.redaction = redaction;
    this.adapter = adapter;
    this.textMask = redaction.stream();
    this.resumes = directory.restart().isEmpty() && directory.task().map(Task::resumeSession).isPresent();
  }

  /** Takes a line of stdout. */
  void line(Adapter.Line line) {
    if (sessionId == null && line.sessionId() != null && SESSION.matcher(line.sessionId()).matches()) {
      sessionId = line.sessionId();
    }
    line.events().forEach(this::event);
  }

  /** Takes lines of text that hold no event. */
  void run(String text) {
    addText(text.substring(0, text.length() - 1));
    spoke(Silence.LastEvent.OTHER);
  }

  private void event(AgentEvent event) {
    if (event.equals(repeated)) {
      return; // an agent that only repeats that it waits has said nothing
    }
    repeated = event instanceof Retrying retrying ? retrying : null;
    events |= !(event instanceof RawLine || event instanceof Question);
    spoke(switch (event) {
      case Text said -> addText(said.text());
      case RawLine plain -> addText(PrintableText.withoutEscapes(plain.text()));
      case Question asked -> {
        addText(asked.text());
        question = asked.question() != null ? masked(asked.question()) : question;
        yield asked.question() != null || last == Silence.LastEvent.QUESTION ? Silence.LastEvent.QUESTION : Silence.LastEvent.OTHER;
      }
      case ToolCall used -> {
        var ends = lastTool != null && used.call() != null && used.call().equals(lastTool.call());
        lastTool = new ToolCall(ends ? lastTool.tool() : masked(used.tool()), ends ? lastTool.about() : masked(used.about()),
            masked(used.failure()), masked(used.file()), used.call());
        refused = false;
        if (used.file() != null) {
          files.add(lastTool.file());
        }
        yield Silence.LastEvent.OTHER;
      }
      case AgentEvent.ToolDenied denied -> {
        refused |= lastTool != null && denied.call().equals(lastTool.call());
        yield Silence.LastEvent.OTHER;
      }
      case AgentEvent.FileChanged changed -> {
        files.add(masked(changed.file()));
        yield Silence.LastEvent.OTHER;
      }
      case TurnEnded turn -> {
        lastTurn = turn;
        tokensIn += turn.tokensIn();
        tokensOut += turn.tokensOut();
        cost = turn.last() ? Math.max(cost, turn.cost()) : cost + turn.cost();
        // some providers say "stop" to a turn that called tools: then the agent continues with the next one
        yield turn.last() || turn.reason().equals(TurnEnded.STOP) && !tools ? Silence.LastEvent.RESULT : Silence.LastEvent.OTHER;
      }
      case AgentError failed -> {
        failure = new AgentError(masked(failed.message()), failed.status(), failed.detail());
        sessionGone |= adapter.isSessionNotFound(UsageLimit.cut(failed.message()));
        limit = UsageLimit.of(failure).map(found -> found.withTimeOf(limit)).orElse(limit);
        yield UsageLimit.of(failed).isPresent() ? Silence.LastEvent.LIMIT : Silence.LastEvent.OTHER;
      }
      case Retrying retrying -> isLimit(retrying.trouble()) ? Silence.LastEvent.LIMIT : Silence.LastEvent.OTHER;
      case Hung hung -> {
        stuck = masked(hung.message());
        yield Silence.LastEvent.OTHER;
      }
      case AgentEvent.Notice noted -> Silence.LastEvent.OTHER;
      case AgentEvent.Ignored ignored -> Silence.LastEvent.OTHER;
    });
    if (event instanceof Text || event instanceof ToolCall used && used.failure() == null) {
      warning = null; // the agent got over that
    }
    if (!(event instanceof RawLine || event instanceof Question)) {
      tools = event instanceof ToolCall || tools && !(event instanceof TurnEnded);
    }
  }

  private Silence.LastEvent addText(String part) {
    text.append(textMask.append(textBegun ? "\n" + part : part));
    textBegun = true;
    return Silence.LastEvent.OTHER;
  }

  private void spoke(Silence.LastEvent event) {
    lines++;
    last = event;
  }

  /** Keeps the trouble as a warning; whether it is a usage limit. */
  private boolean isLimit(AgentError trouble) {
    var masked = new AgentError(masked(trouble.message()), trouble.status(), trouble.detail());
    warning = masked.message();
    sessionGone |= adapter.isSessionNotFound(UsageLimit.cut(trouble.message()));
    var found = UsageLimit.of(masked);
    limit = found.map(limited -> limited.withTimeOf(limit)).orElse(limit);
    return found.isPresent();
  }

  /** Takes a line of stderr, masked. It explains no silence but a limit's, and is no sign of life once one is explained. */
  void stderr(AgentEvent event) {
    switch (event) {
      case RawLine plain -> stderrLine(plain.text());
      case Retrying retrying -> { // it tries again and again, and that is no sign of life
        if (isLimit(retrying.trouble()) && last == Silence.LastEvent.OTHER) {
          spoke(Silence.LastEvent.LIMIT);
        }
      }
      case Hung hung -> stuck = hung.message();
      case AgentError failed -> failure = failed;
      default -> { }
    }
  }

  private void stderrLine(String line) {
    sessionGone |= adapter.isSessionNotFound(line);
    stderr.add(line);
    var found = UsageLimit.line(line);
    if (last == Silence.LastEvent.OTHER) {
      spoke(found.isPresent() ? Silence.LastEvent.LIMIT : last);
    }
    limit = last == Silence.LastEvent.LIMIT ? found.orElse(limit) : limit;
  }

  private String masked(String text) {
    return text == null ? null : redaction.mask(PrintableText.withoutEscapes(text));
  }

  /** Counts what the agent said; only for seeing whether it was quiet in between. */
  public long lines() {
    return lines;
  }

  /** The kind of its last event. */
  public Silence.LastEvent last() {
    return last;
  }

  /** The last question it asked, or null. */
  public String question() {
    return question;
  }

  /** The last usage limit it reported, or null. */
  public UsageLimit limit() {
    return limit;
  }

  /** The agent's session, or null while unknown. */
  public String sessionId() {
    return sessionId;
  }

  /** The agent's text; past {@link #MAX_RESULT} characters its beginning and its end. Nothing may be read after this. */
  public String text() {
    text.append(textEnded ? "" : textMask.finish());
    textEnded = true;
    return text.toString();
  }

  /** Whether any line was an event; a CLI without events is judged by its exit code and text alone. */
  public boolean events() {
    return events;
  }

  /** The last turn that ended, or null. */
  public TurnEnded lastTurn() {
    return lastTurn;
  }

  /** The last tool call, or null. */
  public ToolCall lastTool() {
    return lastTool;
  }

  /** Whether the agent says that its last tool call was not allowed. */
  public boolean refused() {
    return refused;
  }

  /** The last trouble that the agent wants to get over, and has not yet; else null. */
  public String warning() {
    return warning;
  }

  /** What its stderr gives as the error, or all that stands there if that is one line; null when neither is so. */
  public String complaint() {
    return stderr.error();
  }

  /** Why it will neither continue nor end by itself; null when that is not known of it. */
  public String stuck() {
    return stuck;
  }

  /** The error the agent reported, or null. */
  public AgentError failure() {
    return failure;
  }

  /** The files that its tools changed, as it names them. */
  public List<String> files() {
    return List.copyOf(files);
  }

  public long tokensIn() {
    return tokensIn;
  }

  public long tokensOut() {
    return tokensOut;
  }

  /** In US dollars, as the agent tells it; 0 when it does not. */
  public double cost() {
    return cost;
  }

  /** Whether it says that the session it was to continue is not there, and it has done nothing. */
  public boolean sessionGone() {
    return resumes && sessionGone && lastTool == null;
  }

  /** The end of its stderr. */
  public String stderr() {
    return stderr.toString();
  }
}
