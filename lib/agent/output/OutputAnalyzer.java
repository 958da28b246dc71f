package lib.agent.output;

import module java.base;
import lib.agent.adapter.Adapter;
import lib.agent.adapter.AgentEvent.AgentError;
import lib.agent.adapter.AgentEvent.Hung;
import lib.agent.adapter.AgentEvent.Question;
import lib.agent.adapter.AgentEvent.RawLine;
import lib.agent.adapter.AgentEvent.Retrying;
import lib.agent.adapter.AgentEvent.Text;
import lib.agent.adapter.AgentEvent.TextChunk;
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
  private static final int MAX_CUT_TURNS = 5; // in a row; an agent that only asks again may be served the next time
  static final int MANY = 64 << 10; // characters that are masked together: a line alone costs many times as much
  /** A session that a task can name to continue it. */
  private static final Pattern SESSION = Pattern.compile("[A-Za-z0-9_.@][A-Za-z0-9_.:@/+-]{0,199}");

  private final Redaction redaction;
  private final Adapter adapter;
  private final boolean resumes;
  private final HeadAndTail text = new HeadAndTail(MAX_RESULT / 2);
  private final MaskingStream textMask;
  private final StringBuilder unmasked = new StringBuilder(); // the latest text
  private final StderrTail stderr = new StderrTail();
  private final Set<String> files = new LinkedHashSet<>();
  private String joint = ""; // stands between the latest text and what follows
  private String sessionId;
  private TurnEnded lastTurn;
  private ToolCall lastTool;
  private boolean refused; // the last tool call
  private AgentError failure;
  private String warning;
  private AgentEvent repeated; // the last event, if it was one that may repeat
  private AgentEvent.Hung stuck;
  private final Set<String> tasks = new HashSet<>(); // open in the background
  private int cutTurns; // that ended neither well nor with tools, since the last that did
  private boolean hasResult;
  private boolean tools; // since the last turn ended
  private long lines;
  private boolean sessionGone;
  private Silence.LastEvent last = Silence.LastEvent.OTHER;
  private String question;
  private UsageLimit limit;
  private final List<AgentEvent.Awaited> awaited = new ArrayList<>();
  private boolean answered;
  private String agentName;
  private boolean countsSession;
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

  private void event(AgentEvent event) {
    if (event.equals(repeated)) {
      return; // an agent that only repeats that it waits has said nothing
    }
    repeated = event instanceof Retrying ? event : null;
    spoke(switch (event) {
      case Text said -> addText(said.text() + "\n");
      case TextChunk chunk -> addText(chunk.text());
      case RawLine plain -> adapter.hasEvents() ? Silence.LastEvent.OTHER : addText(PrintableText.withoutEscapes(plain.text()) + "\n");
      case Question asked -> {
        addText(asked.text() + "\n");
        question = asked.question() != null ? masked(asked.question()) : question;
        yield asked.question() != null ? Silence.LastEvent.QUESTION : last == Silence.LastEvent.QUESTION ? last : Silence.LastEvent.OTHER;
      }
      case ToolCall used -> tool(used);
      case AgentEvent.ToolDenied denied -> {
        refused |= lastTool != null && denied.call().equals(lastTool.call());
        yield Silence.LastEvent.OTHER;
      }
      case AgentEvent.FileChanged changed -> {
        files.add(masked(changed.file()));
        yield Silence.LastEvent.OTHER;
      }
      case AgentEvent.BackgroundTask task -> {
        var _ = task.isOpen() ? tasks.add(task.id()) : tasks.remove(task.id());
        yield Silence.LastEvent.OTHER;
      }
      case TurnEnded turn -> turn(turn);
      case AgentError failed -> {
        failure = masked(failed);
        yield trouble(failure);
      }
      case Retrying retrying -> {
        var trouble = masked(retrying.trouble());
        warning = trouble.message();
        yield trouble(trouble);
      }
      case Hung hung -> {
        stuck = new Hung(hung.reason(), masked(hung.message()));
        yield Silence.LastEvent.OTHER;
      }
      case AgentEvent.CountsSession _ -> {
        countsSession = true;
        yield Silence.LastEvent.OTHER;
      }
      case AgentEvent.Introduced named -> {
        agentName = masked(named.name());
        yield Silence.LastEvent.OTHER;
      }
      case AgentEvent.Awaited awaited -> {
        this.awaited.add(awaited);
        answered |= awaited.message() == null;
        yield last;
      }
      case AgentEvent.Notice _, AgentEvent.Ignored _ -> Silence.LastEvent.OTHER;
    });
    if (event instanceof Text || event instanceof TextChunk || event instanceof ToolCall used && used.failure() == null) {
      warning = null; // the agent got over that
    }
    hasResult &= !(event instanceof Text || event instanceof TextChunk || event instanceof ToolCall || event instanceof Question
        || event instanceof Retrying);
    tools = event instanceof ToolCall || tools && !(event instanceof TurnEnded);
  }

  private Silence.LastEvent turn(TurnEnded turn) {
    lastTurn = turn;
    tokensIn = turn.last() ? Math.max(tokensIn, turn.tokensIn()) : tokensIn + turn.tokensIn();
    tokensOut = turn.last() ? Math.max(tokensOut, turn.tokensOut()) : tokensOut + turn.tokensOut();
    cost = turn.last() ? Math.max(cost, turn.cost()) : cost + turn.cost();
    cutTurns = tools || turn.reason().equals(TurnEnded.STOP) || turn.reason().equals(TurnEnded.TOOLS) ? 0 : cutTurns + 1;
    if (cutTurns == MAX_CUT_TURNS) {
      stuck = new Hung("looping", cutTurns + " turns in a row were cut short (" + masked(turn.reason())
          + "): the provider ends its answers early");
    }
    // some providers say "stop" to a turn that called tools: then the agent continues with the next one
    hasResult = turn.last() || turn.reason().equals(TurnEnded.STOP) && !tools;
    return hasResult && tasks.isEmpty() ? Silence.LastEvent.RESULT : Silence.LastEvent.OTHER;
  }

  /** Its last line end counts only when more follows. */
  private Silence.LastEvent addText(String part) {
    var isLine = part.endsWith("\n");
    unmasked.append(joint).append(part, 0, part.length() - (isLine ? 1 : 0));
    joint = isLine ? "\n" : "";
    if (unmasked.length() > MANY) {
      maskText();
    }
    return Silence.LastEvent.OTHER;
  }

  private void maskText() {
    text.append(textMask.append(unmasked.toString()));
    unmasked.setLength(0);
  }

  private Silence.LastEvent tool(ToolCall used) {
    var ends = lastTool != null && used.call() != null && used.call().equals(lastTool.call());
    lastTool = new ToolCall(ends ? lastTool.tool() : masked(used.tool()), ends ? lastTool.about() : masked(used.about()),
        masked(used.failure()), used.call());
    refused &= ends; // an agent may first be refused and then say how that call ended
    return Silence.LastEvent.OTHER;
  }

  /** Takes an error, masked, that may be over or not. */
  private Silence.LastEvent trouble(AgentError trouble) {
    sessionGone |= adapter.isSessionNotFound(UsageLimit.cut(trouble.message()));
    var found = UsageLimit.of(trouble);
    limit = found.map(limited -> limited.withTimeOf(limit)).orElse(limit);
    return found.isPresent() ? Silence.LastEvent.LIMIT : Silence.LastEvent.OTHER;
  }

  private void spoke(Silence.LastEvent event) {
    lines++;
    last = event;
  }

  /** Takes a line of stderr, masked. It explains no silence but a limit's, and is no sign of life once one is explained. */
  void stderr(AgentEvent event) {
    switch (event) {
      case RawLine plain -> stderrLine(plain.text());
      case Retrying retrying -> { // it tries again and again, and that is no sign of life
        warning = retrying.trouble().message();
        var kind = trouble(retrying.trouble());
        if (kind == Silence.LastEvent.LIMIT && last == Silence.LastEvent.OTHER) {
          spoke(kind);
        }
      }
      case Hung hung -> stuck = hung;
      default -> { }
    }
  }

  private void stderrLine(String line) {
    sessionGone |= adapter.isSessionNotFound(UsageLimit.cut(line));
    stderr.add(line);
    var found = UsageLimit.line(line);
    if (last == Silence.LastEvent.OTHER) {
      spoke(found.isPresent() ? Silence.LastEvent.LIMIT : last);
    }
    limit = last == Silence.LastEvent.LIMIT ? found.orElse(limit) : limit;
  }

  private AgentError masked(AgentError error) {
    return new AgentError(masked(error.message()), error.status(), error.detail());
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

  /** The messages that the agent waits for since this was asked last. */
  public List<AgentEvent.Awaited> takeAwaited() {
    var taken = List.copyOf(awaited);
    awaited.clear();
    return taken;
  }

  /** Whether it has said nothing since it stated its result; what it began in the background may go on. */
  public boolean hasResult() {
    return last == Silence.LastEvent.RESULT || hasResult && !tasks.isEmpty();
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

  /** Why it will neither continue nor end by itself; null when that is not known of it. */
  public Hung stuck() {
    return stuck;
  }

  /** Whether it says that the session it was to continue is not there, and it has done nothing. */
  public boolean sessionGone() {
    return resumes && sessionGone && lastTool == null;
  }

  /** All that was found. Nothing may be read after this. */
  public Findings findings() {
    maskText();
    text.append(textMask.finish());
    return new Findings(agentName, sessionId, text.toString(), stderr.toString(), stderr.error(adapter.hasEvents()), adapter.hasEvents(), answered, last, hasResult(),
        lastTurn, lastTool, refused, failure, warning, stuck, sessionGone(), limit, List.copyOf(files), countsSession, tokensIn, tokensOut, cost);
  }

  /**
   * What an agent's output says of its end.
   *
   * @param agentName what the agent calls itself; null where it does not say
   * @param sessionId the agent's session; null while unknown
   * @param text the agent's text; past {@link #MAX_RESULT} characters its beginning and its end
   * @param stderr the end of its stderr
   * @param complaint what its stderr gives as the error; null for none
   * @param hasEvents whether its kind has any; a CLI without events is judged by its exit code and text alone
   * @param answered whether the agent has answered all messages; then its exit code says nothing
   * @param last the kind of its last event
   * @param hasResult whether it has said nothing since it stated its result
   * @param lastTurn the last turn that ended; null for none
   * @param lastTool the last tool call; null for none
   * @param refused whether the agent says that its last tool call was not allowed
   * @param failure the error that the agent reported; null for none
   * @param warning the last trouble that the agent wants to get over, and has not yet; else null
   * @param stuck why it will neither continue nor end by itself; null when that is not known of it
   * @param sessionGone whether it says that the session it was to continue is not there, and it has done nothing
   * @param limit the last usage limit it reported; null for none
   * @param files the files that its tools changed, as it names them
   * @param countsSession whether tokens and cost are those of the whole session, with earlier tasks
   * @param cost in US dollars, as the agent tells it; 0 when it does not
   */
  public record Findings(String agentName, String sessionId, String text, String stderr, String complaint, boolean hasEvents, boolean answered, Silence.LastEvent last,
      boolean hasResult, TurnEnded lastTurn, ToolCall lastTool, boolean refused, AgentError failure, String warning, Hung stuck, boolean sessionGone,
      UsageLimit limit, List<String> files, boolean countsSession, long tokensIn, long tokensOut, double cost) {}
}
