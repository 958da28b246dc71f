package lib.agent.output;

import java.io.Closeable;
import java.io.IOException;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import java.util.regex.Matcher;
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
import lib.masking.Redaction;
import lib.wire.Task;

/**
 * What an agent's output has told so far: its session, its text, how its last turn ended, what it cost. Reads the files on
 * its own, independent of delivery, so that a slow server delays no decision. Secrets are masked in all that it gives, and
 * before anything is cut: half a secret is found by nobody. Not thread-safe.
 */
public final class OutputAnalyzer implements Closeable {
  /** A result is for reading; the whole text is in the output. Half of it is the beginning, half the end. */
  private static final int MAX_RESULT = 1 << 20;
  private static final int PORTION = 4 << 20; // a tenth of a second's work
  private static final int STDERR_LINES = 20; // the tail that an error message quotes
  /** What a task can name to go on with it. */
  private static final Pattern SESSION = Pattern.compile("[A-Za-z0-9_.@][A-Za-z0-9_.:@/+-]{0,199}");
  private static final Pattern COMPLAINT = Pattern.compile("\\s*(?:error|fatal)(?:\\[\\w+\\])?:\\s+(.*\\w.*)", Pattern.CASE_INSENSITIVE);

  private final AttemptDirectory folder;
  private final Redaction redaction;
  private final Adapter adapter;
  private final boolean resumes;
  private final LineReader out;
  private final LineReader err;
  private final HeadAndTail text;
  private final Deque<String> stderr = new ArrayDeque<>();
  private final Set<String> files = new LinkedHashSet<>();
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
  private int stderrKey; // what may still come of a private key
  private long tokensIn;
  private long tokensOut;
  private double cost;

  public OutputAnalyzer(AttemptDirectory folder, Redaction redaction) throws IOException {
    this.folder = folder;
    this.redaction = redaction;
    this.text = new HeadAndTail(MAX_RESULT / 2, redaction);
    this.adapter = folder.adapter();
    this.resumes = folder.restart().isEmpty() && folder.task().map(Task::resumeSession).isPresent();
    var anew = folder.restart().orElse(AttemptDirectory.Restart.NOWHERE); // what it said of a session that was gone is no finding
    this.out = new LineReader(folder.file("out"), anew.out(), adapter.otherLinesAreText(), redaction);
    this.err = new LineReader(folder.file("err"), anew.err(), false, redaction);
  }

  /**
   * Reads a portion of what is new.
   *
   * @param complete whether the agent is gone
   * @return whether more waits: a flood must not keep the reader from looking at anything else
   */
  public boolean read(boolean complete) throws IOException {
    var chars = 0;
    for (var line = out.next(complete); line != null; line = out.next(complete)) {
      if (line.verbatim()) {
        text.add(line.text().substring(0, line.text().length() - 1));
        said(Silence.LastEvent.OTHER);
      } else {
        take(adapter.parseLine(line.text()));
      }
      chars += line.text().length() + 1;
      if (chars > PORTION) {
        return true;
      }
    }
    for (var line = err.next(complete); line != null; line = err.next(complete)) {
      chars += line.text().length() + 1;
      if (chars > PORTION) {
        return true;
      }
      var masked = redaction.mask(PrintableText.withoutEscapes(line.text()), stderrKey, null);
      stderrKey = masked.key();
      complained(masked.text());
    }
    return false;
  }

  private void take(Adapter.Line line) {
    if (sessionId == null && line.sessionId() != null && SESSION.matcher(line.sessionId()).matches()) {
      sessionId = line.sessionId();
    }
    line.events().forEach(this::take);
  }

  private void take(AgentEvent event) {
    if (event.equals(repeated)) {
      return; // who only says again that it waits has said nothing
    }
    repeated = event instanceof Retrying warned ? warned : null;
    events |= !(event instanceof RawLine || event instanceof Question);
    said(switch (event) {
      case Text said -> {
        text.add(said.text());
        yield Silence.LastEvent.OTHER;
      }
      case RawLine plain -> {
        text.add(PrintableText.withoutEscapes(plain.text()));
        yield Silence.LastEvent.OTHER;
      }
      case Question asked -> {
        text.add(asked.text());
        question = asked.question() != null ? masked(asked.question()) : question;
        yield asked.question() != null || last == Silence.LastEvent.QUESTION ? Silence.LastEvent.QUESTION : Silence.LastEvent.OTHER;
      }
      case ToolCall used -> {
        var ended = lastTool != null && used.call() != null && used.call().equals(lastTool.call());
        lastTool = new ToolCall(ended ? lastTool.tool() : masked(used.tool()), ended ? lastTool.about() : masked(used.about()),
            masked(used.failure()), masked(used.file()), used.call());
        refused = false;
        if (used.file() != null) {
          files.add(lastTool.file());
        }
        yield Silence.LastEvent.OTHER;
      }
      case AgentEvent.ToolDenied told -> {
        refused |= lastTool != null && told.call().equals(lastTool.call());
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
        // some providers say "stop" to a turn that called tools: then the agent goes on with the next one
        yield turn.last() || turn.reason().equals(TurnEnded.STOP) && !tools ? Silence.LastEvent.RESULT : Silence.LastEvent.OTHER;
      }
      case AgentError failed -> {
        failure = new AgentError(masked(failed.message()), failed.status(), failed.detail());
        sessionGone |= adapter.isSessionNotFound(failed.message());
        limit = UsageLimit.of(failure).map(told -> told.withTimeOf(limit)).orElse(limit);
        yield UsageLimit.of(failed).isPresent() ? Silence.LastEvent.LIMIT : Silence.LastEvent.OTHER;
      }
      case Retrying warned -> warned(warned.trouble()) ? Silence.LastEvent.LIMIT : Silence.LastEvent.OTHER;
      case Hung told -> {
        stuck = masked(told.message());
        yield Silence.LastEvent.OTHER;
      }
      case AgentEvent.Notice noted -> Silence.LastEvent.OTHER;
      case AgentEvent.Ignored quiet -> Silence.LastEvent.OTHER;
    });
    if (event instanceof Text || event instanceof ToolCall used && used.failure() == null) {
      warning = null; // it got over that
    }
    if (!(event instanceof RawLine || event instanceof Question)) {
      tools = event instanceof ToolCall || tools && !(event instanceof TurnEnded);
    }
  }

  private void said(Silence.LastEvent word) {
    lines++;
    last = word;
  }

  /** Keeps what it met with; says whether it is a limit. */
  private boolean warned(AgentError trouble) {
    var masked = new AgentError(masked(trouble.message()), trouble.status(), trouble.detail());
    warning = masked.message();
    sessionGone |= adapter.isSessionNotFound(trouble.message());
    var told = UsageLimit.of(masked);
    limit = told.map(limited -> limited.withTimeOf(limit)).orElse(limit);
    return told.isPresent();
  }

  /** What is on stderr explains no silence but a limit's, and is no sign of life once a silence is explained. */
  private void complained(String line) {
    switch (adapter.parseStderr(line)) {
      case RawLine plain -> complainedPlainly(plain.text());
      case Retrying warned -> { // it tries again and again, and that is no sign of life
        if (warned(warned.trouble()) && last == Silence.LastEvent.OTHER) {
          lines++;
          last = Silence.LastEvent.LIMIT;
        }
      }
      case Hung told -> stuck = told.message();
      case AgentError failed -> failure = failed;
      default -> { }
    }
  }

  private void complainedPlainly(String line) {
    sessionGone |= adapter.isSessionNotFound(line);
    if (stderr.size() == STDERR_LINES) {
      stderr.removeFirst();
    }
    stderr.add(line.length() <= 500 ? line : line.substring(0, 500) + "…"); // a trace's line, not a dump
    var told = UsageLimit.line(line);
    if (last == Silence.LastEvent.OTHER) {
      lines++;
      last = told.isPresent() ? Silence.LastEvent.LIMIT : last;
    }
    limit = last == Silence.LastEvent.LIMIT ? told.orElse(limit) : limit;
  }

  /** How much it has said; only for telling whether it was quiet in between. */
  public long lines() {
    return lines;
  }

  /** What its last words were. */
  public Silence.LastEvent last() {
    return last;
  }

  /** The last question it asked, or null. */
  public String question() {
    return question;
  }

  /** The usage limit that it was last told of, or null. */
  public UsageLimit limit() {
    return limit;
  }

  private String masked(String text) {
    return text == null ? null : redaction.mask(PrintableText.withoutEscapes(text), 0, null).text();
  }

  /** The agent's session, or null while unknown. */
  public String sessionId() {
    return sessionId;
  }

  /** The agent's text; past {@link #MAX_RESULT} characters its beginning and its end. */
  public String text() {
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

  /** Whether it says that its last tool call was not allowed. */
  public boolean refused() {
    return refused;
  }

  /** The last thing it met with that it said it would get over, and has not yet; else null. */
  public String warning() {
    return warning;
  }

  /** What its stderr gives as the error, or all that stands there if that is one line; null when neither is so. */
  public String complaint() {
    var named = stderr.stream().map(COMPLAINT::matcher).filter(Matcher::matches).map(error -> error.group(1).strip()).findFirst();
    var said = stderr.stream().map(String::strip).filter(line -> !line.isEmpty()).toList();
    return named.orElse(said.size() == 1 ? said.getFirst() : null);
  }

  /** Why it will neither go on nor end by itself; null when that is not known of it. */
  public String stuck() {
    return stuck;
  }

  /** The error the agent reported, or null. */
  public AgentError failure() {
    return failure;
  }

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

  /** Whether it says that the session it was to go on with is not there, and it has done nothing. */
  public boolean sessionGone() {
    return resumes && sessionGone && lastTool == null;
  }

  /** The end of its stderr. */
  public String stderr() {
    return String.join("\n", stderr).strip();
  }

  public AttemptDirectory folder() {
    return folder;
  }

  @Override
  public void close() throws IOException {
    out.close();
    err.close();
  }
}
