package lib.agent.output;

import module java.base;
import lib.agent.adapter.Adapter;
import lib.agent.process.AttemptDirectory.Restart;
import lib.agent.process.AttemptDirectory;
import lib.core.PrintableText;
import lib.redaction.MaskingStream;
import lib.redaction.Redaction;
import lib.store.DurableFiles;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Reads an agent's output once: feeds its lines to the analyzer and appends them, rendered and masked, to the attempt's
 * transcript. A later process repeats nothing: it reads up to the checkpoint without writing. Order is kept within stdout and
 * within stderr. For one thread.
 */
public final class OutputRecorder implements Closeable {
  private static final Logger LOG = LoggerFactory.getLogger(OutputRecorder.class);
  private static final String CLOSING = "closing";
  private static final int PORTION = 4 << 20; // characters, a tenth of a second's work

  private final AttemptDirectory directory;
  private final Redaction redaction;
  private final long outputMax;
  private final Adapter adapter;
  private final Function<String, Adapter.Line> reader;
  private OutputAnalyzer analyzer;
  private final TranscriptWriter transcript;
  private final Map<String, Long> masks = new TreeMap<>();
  private final Source out;
  private final Source err;
  private Checkpoint saved;
  private boolean blocked; // the transcript could not be written the last time
  private boolean behind; // the transcript lacks text, since it could not be written for long
  private boolean ended; // the closing lines are appended

  /**
   * A recorder of an attempt's output. It opens the agent's files when it reads.
   *
   * @param outputMax bytes of the transcript, about; more is cut in the middle
   */
  public OutputRecorder(AttemptDirectory directory, Redaction redaction, long outputMax) throws IOException {
    this.directory = directory;
    this.redaction = redaction;
    this.outputMax = outputMax;
    this.adapter = directory.adapter();
    this.reader = adapter.reader(directory.path());
    this.analyzer = new OutputAnalyzer(directory, adapter, redaction);
    var checkpoint = Checkpoint.read(directory);
    var file = directory.file(Transcript.FILE).toFile();
    this.saved = checkpoint;
    if (file.length() < checkpoint.length()) { // a loss of power took the text
      saved = Checkpoint.START;
      saved.write(directory);
    }
    var restart = directory.restart(); // findings about a lost session do not count
    this.out = new Source("out", saved.out(), restart.map(Restart::out).orElse(0L));
    this.err = new Source("err", saved.err(), restart.map(Restart::err).orElse(0L));
    this.transcript = new TranscriptWriter(directory, saved.length(), outputMax);
  }

  /** Renders to its end what an earlier process left; the closing line is the one that it wrote, if it did. */
  public static void complete(AttemptDirectory directory, Redaction redaction, long outputMax) throws IOException {
    try (var recorder = new OutputRecorder(directory, redaction, outputMax)) {
      var closing = directory.file(CLOSING);
      recorder.finish(Files.exists(closing) ? Files.readString(closing) : "");
    }
  }

  /** What reads the lines. */
  public Adapter adapter() {
    return adapter;
  }

  /** What the lines say. */
  public OutputAnalyzer analyzer() {
    return analyzer;
  }

  /** Forgets what the lines say so far: a second start of the agent follows the first. */
  public void restart() throws IOException {
    analyzer = new OutputAnalyzer(directory, adapter, redaction);
    out.restart();
    err.restart();
  }

  /** Bytes of the transcript that may be delivered. */
  public long length() {
    return saved.length();
  }

  /**
   * Reads a portion of what is new. A transcript that cannot be written keeps it from nothing else.
   *
   * @param ended whether the agent is gone, so that a line without an end is whole
   * @return whether more waits: a flood must not keep the caller from its other work
   */
  public boolean read(boolean ended) throws IOException {
    var more = out.read(ended) || err.read(ended);
    if (ended && !more) { // the analyzer must know all before the attempt is judged
      out.end();
      err.end();
    }
    if (saved.complete() || behind) {
      return more;
    }
    try {
      transcript.flush();
      save(false);
      blocked = false;
    } catch (ClosedByInterruptException e) {
      throw e;
    } catch (IOException e) {
      if (!blocked) {
        LOG.warn("output waits in memory transcript={}, trying again with the next output: {}", directory.file(Transcript.FILE), e.toString());
      }
      blocked = true;
      behind |= transcript.pending() > PORTION;
    }
    return more;
  }

  private void save(boolean complete) throws IOException {
    var now = new Checkpoint(out.place(), err.place(), transcript.length(), complete);
    if (!now.equals(saved) && !transcript.isCapped()) { // the end of a capped one is certain only when it is complete
      now.write(directory);
      saved = now;
    }
  }

  /**
   * Reads the rest and completes the transcript: the kept end of a long one, the closing line, and which secrets were masked.
   * Nothing happens when it is complete. It may be called again after a failure.
   *
   * @throws IOException when the transcript cannot be written
   */
  public void finish(String closingLine) throws IOException {
    while (read(true)) {
      continue;
    }
    if (saved.complete()) {
      return;
    }
    if (behind) {
      try (var again = new OutputRecorder(directory, redaction, outputMax)) {
        again.finish(closingLine);
      }
      return;
    }
    if (!ended) {
      transcript.flush();
      transcript.appendTail();
      DurableFiles.replace(directory.file(CLOSING), closingLine.getBytes(StandardCharsets.UTF_8));
      transcript.append(redaction.mask(closingLine) + maskedLine());
      ended = true;
    }
    transcript.flush();
    save(true);
  }

  /** The line that says what was masked; empty when nothing was. */
  private String maskedLine() {
    if (masks.isEmpty()) {
      return "";
    }
    LOG.info("output masked directory={}: {}", directory.path(), Redaction.text(masks));
    return "— masked: " + Redaction.text(masks) + "\n";
  }

  /** Masks what is to be shortened before it reaches the stream. */
  private String mask(String text) {
    var stream = redaction.stream();
    var masked = stream.append(text) + stream.finish();
    count(stream);
    return masked;
  }

  private void count(MaskingStream stream) {
    stream.counts().forEach((name, count) -> masks.merge(name, count, Long::sum));
  }

  @Override
  public void close() throws IOException {
    out.close();
    err.close();
    transcript.close();
  }

  /** One of the agent's files. It is read from its start, but rendered only behind the place of the checkpoint. */
  private final class Source {
    private final String name;
    private final boolean isErr;
    private final Checkpoint.Place before;
    private MaskingStream stream = redaction.stream();
    private final StringBuilder unmasked = new StringBuilder(); // the text that was read last
    private final StringBuilder line = new StringBuilder(); // masked text whose line end is still held back
    private LineReader lines;
    private long restart; // lines before it are no findings
    private boolean findings; // whether they are passed
    private long read;
    private long given;

    Source(String name, Checkpoint.Place before, long restart) {
      this.name = name;
      this.isErr = name.equals("err");
      this.before = before;
      this.restart = restart;
      this.findings = restart == 0;
    }

    /** Lets findings begin with what follows. */
    void restart() {
      restart = read;
      findings = false;
    }

    Checkpoint.Place place() {
      return read < before.read() ? before : new Checkpoint.Place(read, Math.max(given, before.given()));
    }

    boolean read(boolean ended) throws IOException {
      lines = lines == null ? new LineReader(directory.file(name)) : lines;
      var chars = 0;
      LineReader.Line next = null;
      while (chars <= PORTION) {
        var isRead = read < before.read();
        lines.limit(isRead ? before.read() : Long.MAX_VALUE); // so that parts of a long line end there, too
        next = lines.next(ended || isRead);
        if (next == null) {
          break;
        }
        if (!findings && next.start() >= restart) {
          end();
          findings = true;
        }
        unmasked.append(text(next));
        read = next.next();
        chars += next.text().length() + 1;
        if (unmasked.length() > OutputAnalyzer.MANY) {
          mask();
        }
      }
      mask();
      return next != null;
    }

    private String text(LineReader.Line next) {
      if (isErr) {
        return PrintableText.withoutEscapes(next.text()) + "\n";
      }
      var parsed = reader.apply(next.text());
      if (findings) {
        analyzer.line(parsed);
      }
      var text = EventRenderer.out(parsed.events(), OutputRecorder.this::mask);
      return next.part() && text.endsWith("\n") ? text.substring(0, text.length() - 1) : text;
    }

    private void mask() {
      append(stream.append(unmasked.toString()));
      unmasked.setLength(0);
    }

    /** Gives the whole lines, so that what is held back of one file parts no line of the other. */
    private void append(String masked) {
      line.append(masked);
      var end = line.lastIndexOf("\n") + 1;
      if (end > 0) {
        give(line.substring(0, end));
        line.delete(0, end);
      }
    }

    /** Gives masked text, but for what an earlier process has given. */
    private void give(String text) {
      var skip = Math.clamp(before.given() - given, 0, text.length());
      given += text.length();
      if (isErr) {
        giveErr(text, skip);
      } else if (skip < text.length()) {
        write(text.substring(skip));
      }
    }

    private void giveErr(String text, int skip) {
      for (var at = 0; at < text.length(); ) {
        var end = text.indexOf('\n', at);
        var event = adapter.parseStderr(text.substring(at, end));
        if (findings) {
          analyzer.stderr(event);
        }
        if (at >= skip) {
          write(EventRenderer.err(event, OutputRecorder.this::mask));
        }
        at = end + 1;
      }
    }

    private void write(String text) {
      if (!behind && !saved.complete()) {
        transcript.append(text);
      }
    }

    /** Gives what is held back: nothing follows, or another agent's text. */
    void end() {
      mask();
      append(stream.finish());
      count(stream);
      stream = redaction.stream();
      if (!line.isEmpty()) {
        append("\n");
      }
    }

    void close() throws IOException {
      if (lines != null) {
        lines.close();
      }
    }
  }
}
