package lib.agent;

import java.io.Closeable;
import java.io.IOException;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import lib.agent.AgentEvent.Failed;
import lib.agent.AgentEvent.Plain;
import lib.agent.AgentEvent.Said;
import lib.agent.AgentEvent.Turn;
import lib.agent.AgentEvent.Used;

/**
 * What an agent's output has told so far: its session, its text, how its last turn ended, what it cost. Reads the files on
 * its own, independent of delivery, so that a slow server delays no decision. Not thread-safe.
 */
public final class Findings implements Closeable {
  /** A result is for reading; the whole text is in the output. Half of it is the beginning, half the end. */
  private static final int MAX_RESULT = 1 << 20;
  private static final int PORTION = 4 << 20; // a tenth of a second's work
  private static final int STDERR_LINES = 20; // the tail that an error message quotes

  private final AttemptFolder folder;
  private final Lines out;
  private final Lines err;
  private final HeadAndTail text = new HeadAndTail(MAX_RESULT / 2);
  private final Deque<String> stderr = new ArrayDeque<>();
  private final Set<String> files = new LinkedHashSet<>();
  private String sessionId;
  private Turn lastTurn;
  private Used lastTool;
  private Failed failure;
  private boolean events;
  private long lines;
  private Silence.Word last = Silence.Word.OTHER;
  private String question;
  private Limit limit;
  private long tokensIn;
  private long tokensOut;
  private double cost;

  public Findings(AttemptFolder folder) throws IOException {
    this.folder = folder;
    this.out = new Lines(folder.file("out"), 0, true);
    this.err = new Lines(folder.file("err"), 0, false);
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
        take(OpenCode.read(line.text()));
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
      if (stderr.size() == STDERR_LINES) {
        stderr.removeFirst();
      }
      var plain = Rendering.plain(line.text());
      stderr.add(plain.length() <= 500 ? plain : plain.substring(0, 500) + "…"); // a trace's line, not a dump
      complained(plain);
    }
    return false;
  }

  private void take(OpenCode.Line line) {
    if (line.sessionId() != null && sessionId == null) {
      sessionId = line.sessionId();
    }
    events |= !(line.event() instanceof Plain);
    switch (line.event()) {
      case Said said -> text.add(said.text());
      case Plain plain -> plain(Rendering.plain(plain.text()));
      case Used used -> {
        lastTool = used;
        if (used.file() != null) {
          files.add(used.file());
        }
      }
      case Turn turn -> {
        lastTurn = turn;
        tokensIn += turn.tokensIn();
        tokensOut += turn.tokensOut();
        cost += turn.cost();
      }
      case Failed failed -> {
        failure = failed;
        limit = Limit.of(failed).orElse(limit);
      }
      case AgentEvent.Quiet quiet -> { }
    }
    if (!(line.event() instanceof Plain)) {
      said(switch (line.event()) {
        case Turn turn when turn.reason().equals("stop") -> Silence.Word.RESULT;
        case Failed failed when Limit.of(failed).isPresent() -> Silence.Word.LIMIT;
        default -> Silence.Word.OTHER;
      });
    }
  }

  private void plain(String line) {
    text.add(line);
    var asked = OpenCode.question(line);
    question = asked != null ? asked : question;
    said(asked != null || last == Silence.Word.QUESTION && OpenCode.answer(line) ? Silence.Word.QUESTION : Silence.Word.OTHER);
  }

  private void said(Silence.Word word) {
    lines++;
    last = word;
  }

  /** What is on stderr explains no silence but a limit's, and is no sign of life once a silence is explained. */
  private void complained(String line) {
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

  /** Text parts joined by line breaks, of which only the beginning and the end are kept past a size. */
  private static final class HeadAndTail {
    private final int half;
    private final StringBuilder head = new StringBuilder();
    private final StringBuilder tail = new StringBuilder();
    private long cut;

    HeadAndTail(int half) {
      this.half = half;
    }

    void add(String part) {
      if (!head.isEmpty()) {
        put("\n");
      }
      put(part);
    }

    private void put(String line) {
      var room = tail.isEmpty() ? Math.min(line.length(), half - head.length()) : 0;
      if (room > 0 && room < line.length() && Character.isHighSurrogate(line.charAt(room - 1))) {
        room--;
      }
      head.append(line, 0, room);
      tail.append(room == 0 ? line : line.substring(room));
      if (tail.length() > 2 * half) { // cut in large steps, so that adding stays cheap
        var from = tail.length() - half;
        from += Character.isLowSurrogate(tail.charAt(from)) ? 1 : 0;
        cut += from;
        tail.delete(0, from);
      }
    }

    @Override
    public String toString() {
      return head + (cut == 0 ? "" : "\n[" + cut + " characters were cut here; the output has them]\n") + tail;
    }
  }
}
