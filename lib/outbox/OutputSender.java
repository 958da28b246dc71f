package lib.outbox;

import java.io.IOException;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.function.BooleanSupplier;
import java.util.function.Consumer;
import lib.agent.output.OutputPosition;
import lib.agent.output.OutputSource;
import lib.core.Clock;
import lib.journal.Attempt;
import lib.journal.Journal;
import lib.store.StoreFailed;
import lib.wire.CallFailed;
import lib.wire.Client;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * One attempt's output on its way: read from the spool, gathered into chunks, told one after the other. Each has a number,
 * and the journal knows a chunk's end before it leaves, so that a later process can repeat exactly the one whose answer it
 * does not know. Only the courier's thread uses it.
 */
final class OutputSender {
  private static final Logger LOG = LoggerFactory.getLogger(OutputSender.class);
  private static final int PIECE = 16 << 10; // chunks are made of pieces, so that a chunk too large is sent in fewer

  private final Attempt attempt;
  private final OutputSource spool;
  private final Journal journal;
  private final Client client;
  private final RetryingCall calls;
  private final ChunkPolicy pace;
  private final Clock time;
  private final BooleanSupplier silenced;
  private final Consumer<CallFailed> refused;

  private final Deque<OutputSource.Piece> gathered = new ArrayDeque<>();
  private int gatheredChars;
  private OutputPosition sent;
  private long seq;
  private long lastChunkAt;
  private int smaller; // how often a chunk was too large: each time the next ones are halved
  private boolean over;

  /**
   * The output of an attempt, from where its delivery stands.
   *
   * @param silenced whether the task is not ours any more
   * @param refused told when the server takes no more
   */
  OutputSender(Attempt attempt, OutputSource spool, Journal journal, Client client, RetryingCall calls, ChunkPolicy pace, Clock time, BooleanSupplier silenced,
      Consumer<CallFailed> refused) {
    this.attempt = attempt;
    this.spool = spool;
    this.journal = journal;
    this.client = client;
    this.calls = calls;
    this.pace = pace;
    this.time = time;
    this.silenced = silenced;
    this.refused = refused;
    this.sent = attempt.sent();
    this.seq = attempt.sending() == null ? attempt.seq() : attempt.seq() - 1; // the chunk on its way has the number already
  }

  /** What is delivered. */
  OutputPosition sent() {
    return sent;
  }

  /** The number of the last chunk delivered; 0 for none. */
  long seq() {
    return seq;
  }

  /** Whether nothing more will be sent. */
  boolean drained() {
    return over || spool.ended() && gathered.isEmpty();
  }

  /** Sends no more. */
  void end() {
    over = true;
    gathered.clear();
  }

  /** Sends again, as it was, the chunk that an earlier process may have sent. */
  void repeat() throws IOException, StoreFailed, InterruptedException {
    if (gathered.isEmpty()) { // else this is another try
      add(spool.until(attempt.sending()));
    }
    sendChunk(true);
  }

  /**
   * Sends a chunk if one is due.
   *
   * @param waitedFor whether something waits for the end of the output
   * @return whether one was sent
   */
  boolean send(boolean waitedFor) throws IOException, StoreFailed, InterruptedException {
    gather(fill());
    if (over || gathered.isEmpty() || !due(waitedFor && spool.ended())) {
      return false;
    }
    sendChunk(false);
    return true;
  }

  private boolean due(boolean nothingFollows) {
    return nothingFollows || gatheredChars >= fill() || time.nanos() - lastChunkAt >= pace.gather(seq).toNanos();
  }

  private int fill() {
    return Math.max(PIECE, pace.fill(seq) >> smaller);
  }

  private void gather(int chars) throws IOException {
    while (!over && gatheredChars < chars) {
      var piece = spool.next(Math.min(PIECE, chars - gatheredChars));
      if (piece.text().isEmpty()) {
        return;
      }
      add(piece);
    }
  }

  private void add(OutputSource.Piece piece) {
    gathered.add(piece);
    gatheredChars += piece.text().length();
  }

  /** @param again whether an earlier process may have sent it */
  private void sendChunk(boolean again) throws InterruptedException, StoreFailed {
    var pieces = new ArrayList<OutputSource.Piece>();
    var chars = 0;
    for (var piece : gathered) {
      if (!pieces.isEmpty() && (chars + piece.text().length() > fill() || !piece.end().follows(pieces.getLast().end(), sent))) {
        break;
      }
      pieces.add(piece);
      chars += piece.text().length();
    }
    var chunk = new Chunk(seq + 1, String.join("", pieces.stream().map(OutputSource.Piece::text).toList()));
    journal.progress(attempt, sent, pieces.getLast().end(), chunk.number);
    var refusal = whileGathering(() -> calls.tell("output", chunk, again, silenced));
    if (refusal != null && refusal.kind() == CallFailed.Kind.TOO_LARGE && pieces.size() > 1) {
      smaller++; // a body limit on the way
      return;
    }
    pieces.forEach(piece -> gathered.removeFirst());
    gatheredChars -= chars;
    sent = pieces.getLast().end();
    seq = chunk.number;
    lastChunkAt = time.nanos();
    if (refusal != null) {
      end();
      if (!silenced.getAsBoolean()) {
        LOG.warn("task={} the server takes no more output: {}", attempt.taskId(), refusal.getMessage());
        refused.accept(refusal);
      }
    }
  }

  private interface Sending {
    CallFailed run() throws InterruptedException;
  }

  /** Reads the next chunk's text while one is under way: in a flood each takes as long as the other. */
  private CallFailed whileGathering(Sending sending) throws InterruptedException {
    var most = gatheredChars + fill();
    var reader = Thread.ofVirtual().start(() -> {
      try {
        gather(most);
      } catch (IOException e) {
        LOG.warn("task={} its output cannot be read, trying on: {}", attempt.taskId(), e.getMessage());
      }
    });
    try {
      return sending.run();
    } finally {
      reader.join();
    }
  }

  private final class Chunk implements RetryingCall.Delivery {
    private final long number;
    private final String text;

    private Chunk(long number, String text) {
      this.number = number;
      this.text = text;
    }

    @Override
    public void tell() throws CallFailed, InterruptedException {
      client.output(attempt.taskId(), attempt.workerId(), text, time.now(), attempt.fence(), number);
    }

    /**
     * Our own server drops repeats, so there the question does not arise; elsewhere the last chunk is read back. The total
     * alone does not tell, since chunks of an earlier attempt count in it. Where a server does not tell it counts as not
     * arrived: output twice is better than output lost.
     */
    @Override
    public boolean arrived() throws CallFailed, InterruptedException {
      if (pace.ours()) {
        return false;
      }
      try {
        var last = client.output(attempt.taskId(), -1);
        return last.total() != number - 1 && !last.chunks().isEmpty() && last.chunks().getLast().equals(text);
      } catch (CallFailed e) {
        if (e.kind().again()) {
          throw e;
        }
        return false;
      }
    }
  }
}
