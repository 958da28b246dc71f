package lib.agent;

import java.io.Closeable;
import java.io.IOException;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import lib.agent.AgentEvent.Asked;
import lib.agent.AgentEvent.Failed;
import lib.agent.AgentEvent.Plain;
import lib.agent.AgentEvent.Said;
import lib.agent.AgentEvent.Stuck;
import lib.agent.AgentEvent.Turn;
import lib.agent.AgentEvent.Used;
import lib.agent.AgentEvent.Warned;
import lib.outbox.Redaction;
import lib.wire.Task;

/**
 * What an agent's output has told so far: its session, its text, how its last turn ended, what it cost. Reads the files on
 * its own, independent of delivery, so that a slow server delays no decision. Secrets are masked in all that it gives, and
 * before anything is cut: half a secret is found by nobody. Not thread-safe.
 */
public final class Findings implements Closeable {
  /** A result is for reading; the whole text is in the output. Half of it is the beginning, half the end. */
  private static final int MAX_RESULT = 1 << 20;
  private static final int PORTION = 4 << 20; // a tenth of a second's work
  private static final int STDERR_LINES = 20; // the tail that an error message quotes
  /** What a task can name to go on with it. */
  private static final Pattern SESSION = Pattern.compile("[A-Za-z0-9_.@][A-Za-z0-9_.:@/+-]{0,199}");
  private static final Pattern COMPLAINT = Pattern.compile("\\s*(?:error|fatal)(?:\\[\\w+\\])?:\\s+(.*\\w.*)", Pattern.CASE_INSENSITIVE);

  private final AttemptFolder folder;
  private final Redaction redaction;
  private final Adapter adapter;
  private final boolean resumes;
  private final Lines out;
  private final Lines err;
  private final HeadAndTail text;
  private final Deque<String> stderr = new ArrayDeque<>();
  private final Set<String> files = new LinkedHashSet<>();
  private String sessionId;
  private Turn lastTurn;
  private Used lastTool;
  private boolean refused; // the last tool call
  private Failed failure;
  private String warning;
  private Warned repeated; // the last event, if it was one
  private String stuck;
  private boolean events;
  private boolean tools; // since the last turn ended
  private long lines;
  private boolean sessionGone;
  private Silence.Word last = Silence.Word.OTHER;
  private String question;
  private Limit limit;
  private int stderrKey; // what may still come of a private key
  private long tokensIn;
  private long tokensOut;
  private double cost;

  public Findings(AttemptFolder folder, Redaction redaction) throws IOException {
    this.folder = folder;
    this.redaction = redaction;
    this.text = new HeadAndTail(MAX_RESULT / 2, redaction);
    this.adapter = folder.adapter();
    this.resumes = folder.anew().isEmpty() && folder.task().map(Task::resumeSession).isPresent();
    var anew = folder.anew().orElse(AttemptFolder.Anew.NOWHERE); // what it said of a session that was gone is no finding
    this.out = new Lines(folder.file("out"), anew.out(), adapter.otherLinesAreText(), redaction);
    this.err = new Lines(folder.file("err"), anew.err(), false, redaction);
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
        said(Silence.Word.OTHER);
      } else {
        take(adapter.read(line.text()));
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
      var masked = redaction.mask(Rendering.plain(line.text()), stderrKey, null);
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
    repeated = event instanceof Warned warned ? warned : null;
    events |= !(event instanceof Plain || event instanceof Asked);
    said(switch (event) {
      case Said said -> {
        text.add(said.text());
        yield Silence.Word.OTHER;
      }
      case Plain plain -> {
        text.add(Rendering.plain(plain.text()));
        yield Silence.Word.OTHER;
      }
      case Asked asked -> {
        text.add(asked.text());
        question = asked.question() != null ? masked(asked.question()) : question;
        yield asked.question() != null || last == Silence.Word.QUESTION ? Silence.Word.QUESTION : Silence.Word.OTHER;
      }
      case Used used -> {
        var ended = lastTool != null && used.call() != null && used.call().equals(lastTool.call());
        lastTool = new Used(ended ? lastTool.tool() : masked(used.tool()), ended ? lastTool.about() : masked(used.about()),
            masked(used.failure()), masked(used.file()), used.call());
        refused = false;
        if (used.file() != null) {
          files.add(lastTool.file());
        }
        yield Silence.Word.OTHER;
      }
      case AgentEvent.Refused told -> {
        refused |= lastTool != null && told.call().equals(lastTool.call());
        yield Silence.Word.OTHER;
      }
      case AgentEvent.Changed changed -> {
        files.add(masked(changed.file()));
        yield Silence.Word.OTHER;
      }
      case Turn turn -> {
        lastTurn = turn;
        tokensIn += turn.tokensIn();
        tokensOut += turn.tokensOut();
        cost = turn.last() ? Math.max(cost, turn.cost()) : cost + turn.cost();
        // some providers say "stop" to a turn that called tools: then the agent goes on with the next one
        yield turn.last() || turn.reason().equals(Turn.STOP) && !tools ? Silence.Word.RESULT : Silence.Word.OTHER;
      }
      case Failed failed -> {
        failure = new Failed(masked(failed.message()), failed.status(), failed.detail());
        sessionGone |= adapter.sessionGone(failed.message());
        limit = Limit.of(failure).map(told -> told.knowing(limit)).orElse(limit);
        yield Limit.of(failed).isPresent() ? Silence.Word.LIMIT : Silence.Word.OTHER;
      }
      case Warned warned -> warned(warned.trouble()) ? Silence.Word.LIMIT : Silence.Word.OTHER;
      case Stuck told -> {
        stuck = masked(told.message());
        yield Silence.Word.OTHER;
      }
      case AgentEvent.Noted noted -> Silence.Word.OTHER;
      case AgentEvent.Quiet quiet -> Silence.Word.OTHER;
    });
    if (event instanceof Said || event instanceof Used used && used.failure() == null) {
      warning = null; // it got over that
    }
    if (!(event instanceof Plain || event instanceof Asked)) {
      tools = event instanceof Used || tools && !(event instanceof Turn);
    }
  }

  private void said(Silence.Word word) {
    lines++;
    last = word;
  }

  /** Keeps what it met with; says whether it is a limit. */
  private boolean warned(Failed trouble) {
    var masked = new Failed(masked(trouble.message()), trouble.status(), trouble.detail());
    warning = masked.message();
    sessionGone |= adapter.sessionGone(trouble.message());
    var told = Limit.of(masked);
    limit = told.map(limited -> limited.knowing(limit)).orElse(limit);
    return told.isPresent();
  }

  /** What is on stderr explains no silence but a limit's, and is no sign of life once a silence is explained. */
  private void complained(String line) {
    switch (adapter.complaint(line)) {
      case Plain plain -> complainedPlainly(plain.text());
      case Warned warned -> { // it tries again and again, and that is no sign of life
        if (warned(warned.trouble()) && last == Silence.Word.OTHER) {
          lines++;
          last = Silence.Word.LIMIT;
        }
      }
      case Stuck told -> stuck = told.message();
      case Failed failed -> failure = failed;
      default -> { }
    }
  }

  private void complainedPlainly(String line) {
    sessionGone |= adapter.sessionGone(line);
    if (stderr.size() == STDERR_LINES) {
      stderr.removeFirst();
    }
    stderr.add(line.length() <= 500 ? line : line.substring(0, 500) + "…"); // a trace's line, not a dump
    var told = Limit.line(line);
    if (last == Silence.Word.OTHER) {
      lines++;
      last = told.isPresent() ? Silence.Word.LIMIT : last;
    }
    limit = last == Silence.Word.LIMIT ? told.orElse(limit) : limit;
  }

  /** How much it has said; only for telling whether it was quiet in between. */
  public long lines() {
    return lines;
  }

  /** What its last words were. */
  public Silence.Word last() {
    return last;
  }

  /** The last question it asked, or null. */
  public String question() {
    return question;
  }

  /** The usage limit that it was last told of, or null. */
  public Limit limit() {
    return limit;
  }

  private String masked(String text) {
    return text == null ? null : redaction.mask(Rendering.plain(text), 0, null).text();
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
  public Turn lastTurn() {
    return lastTurn;
  }

  /** The last tool call, or null. */
  public Used lastTool() {
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
  public Failed failure() {
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

  public AttemptFolder folder() {
    return folder;
  }

  @Override
  public void close() throws IOException {
    out.close();
    err.close();
  }
}
