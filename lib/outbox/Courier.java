package lib.outbox;

import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.BooleanSupplier;
import java.util.random.RandomGenerator;
import lib.config.Time;
import lib.store.StoreFailed;
import lib.wire.CallFailed;
import lib.wire.Client;
import lib.wire.Report;
import lib.wire.Retry;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Delivers one attempt in order: "running" at once, output as it comes, the outcome after the last of the output. Ends
 * when the server has taken or refused everything of an ended attempt. One virtual thread runs it.
 */
final class Courier implements Runnable {
  private static final Logger LOG = LoggerFactory.getLogger(Courier.class);
  private static final int TICK_MILLIS = 25; // half of the 50 ms in which the first chunk must leave
  private static final int PIECE = 16 << 10; // chunks are made of pieces, so that a chunk too large is sent in fewer
  private static final int MAX_READ_FAILURES = 5; // an output file that stays unreadable must not hold up the outcome
  private static final int KEPT_RESULT = 64 << 10; // what is left of a result that the server calls too large

  private final Attempt attempt;
  private final Spool spool;
  private final Journal journal;
  private final Client client;
  private final Pace pace;
  private final Time time;
  private final RandomGenerator random;
  private final Outbox.Lost lost;
  private final Semaphore calls;

  private final ReentrantLock lock = new ReentrantLock();
  private final Condition changed = lock.newCondition();
  private final Deque<Outgoing> owed = new ArrayDeque<>();
  private boolean ended;
  private boolean silenced;

  // the output's state; only the courier's thread touches it
  private final Deque<Spool.Piece> gathered = new ArrayDeque<>();
  private int gatheredChars;
  private Cursor sent;
  private long seq;
  private long lastChunkAt;
  private int smaller; // how often a chunk was too large: each time the next ones are halved
  private boolean outputRefused;
  private final List<Told> told = new ArrayList<>(); // not yet in the journal

  Courier(Attempt attempt, Spool spool, Journal journal, Client client, Pace pace, Time time, RandomGenerator random,
      Outbox.Lost lost, Semaphore calls) {
    this.attempt = attempt;
    this.spool = spool;
    this.journal = journal;
    this.client = client;
    this.pace = pace;
    this.time = time;
    this.random = random;
    this.lost = lost;
    this.calls = calls;
    this.sent = attempt.sent();
    this.seq = attempt.sending() == null ? attempt.seq() : attempt.seq() - 1; // the chunk on its way has the number already
  }

  Attempt attempt() {
    return attempt;
  }

  /** Adds reports; {@code last} when nothing will follow them. None as the last means that the task is not ours any more. */
  void add(List<Outgoing> more, boolean last) {
    lock.lock();
    try {
      owed.addAll(more);
      ended |= last;
      if (last && more.isEmpty()) {
        silenced = true;
        owed.clear();
      }
      changed.signalAll();
    } finally {
      lock.unlock();
    }
  }

  @Override
  public void run() {
    var replayed = attempt.sending() == null;
    var failures = 0;
    try (spool) {
      while (true) {
        try {
          if (!replayed) { // a crash left a chunk on its way: the very same text under the very same number
            take(spool.until(attempt.sending()));
            replayed = true;
            sendChunk(seq + 1, true);
          }
          if (!step()) {
            return;
          }
          failures = 0;
        } catch (StoreFailed | IOException e) {
          failures++;
          LOG.error("task={} delivery waits for the disk: {}", attempt.taskId(), e.getMessage());
          outputRefused |= e instanceof IOException && failures == MAX_READ_FAILURES;
          time.sleep(Retry.DELIVER.delay(failures, Duration.ZERO, random));
        }
      }
    } catch (InterruptedException e) {
      LOG.debug("task={} delivery stops; the journal keeps what is owed", attempt.taskId());
    }
  }

  /** Does the next thing; false when all is delivered. */
  private boolean step() throws InterruptedException, StoreFailed, IOException {
    var next = peek();
    if (next != null && !next.last()) {
      deliver(next);
      return true;
    }
    outputRefused |= isSilenced();
    gather(fill());
    var drained = outputRefused || spool.ended() && gathered.isEmpty();
    if (!outputRefused && !gathered.isEmpty() && due(next != null && spool.ended())) {
      sendChunk(seq + 1, false);
    } else if (next != null && drained) {
      deliver(next);
    } else if (next == null && drained && isDone()) {
      journal.settled(attempt, sent, seq, told);
      return false;
    } else if (!told.isEmpty()) {
      journal.told(told);
      told.clear();
    } else {
      await();
    }
    return true;
  }

  private void gather(int chars) throws IOException {
    while (!outputRefused && gatheredChars < chars) {
      var piece = spool.next(Math.min(PIECE, chars - gatheredChars));
      if (piece.text().isEmpty()) {
        return;
      }
      take(piece);
    }
  }

  private void take(Spool.Piece piece) {
    gathered.add(piece);
    gatheredChars += piece.text().length();
  }

  private boolean due(boolean nothingFollows) {
    return nothingFollows || gatheredChars >= fill() || time.nanos() - lastChunkAt >= pace.gather(seq).toNanos();
  }

  private int fill() {
    return Math.max(PIECE, pace.fill(seq) >> smaller);
  }

  /**
   * Sends what is gathered under this number; the journal knows its end first, so a crash can repeat it exactly.
   *
   * @param again whether an earlier process may have sent it
   */
  private void sendChunk(long number, boolean again) throws InterruptedException, StoreFailed {
    var pieces = new ArrayList<Spool.Piece>();
    var chars = 0;
    for (var piece : gathered) {
      if (!pieces.isEmpty() && chars + piece.text().length() > fill()) {
        break;
      }
      pieces.add(piece);
      chars += piece.text().length();
    }
    var text = String.join("", pieces.stream().map(Spool.Piece::text).toList());
    journal.progress(attempt, sent, pieces.getLast().end(), number);
    var refusal = again && arrived(text, number) ? null : whileGathering(() -> deliver("output", () -> {
      client.output(attempt.taskId(), attempt.workerId(), text, time.now(), attempt.fence(), number);
      return null;
    }, () -> arrived(text, number), this::isSilenced));
    if (refusal != null && refusal.kind() == CallFailed.Kind.TOO_LARGE && pieces.size() > 1) {
      smaller++; // a body limit on the way
      return;
    }
    pieces.forEach(piece -> gathered.removeFirst());
    gatheredChars -= chars;
    sent = pieces.getLast().end();
    seq = number;
    lastChunkAt = time.nanos();
    if (refusal != null && !isSilenced()) {
      outputRefused = true;
      gathered.clear();
      LOG.warn("task={} the server takes no more output: {}", attempt.taskId(), refusal.getMessage());
      heed(refusal);
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

  /**
   * An answer to a chunk never came: has it arrived? Our own server drops repeats, so there the question does not arise;
   * elsewhere the last chunk is read back. The total alone does not tell, since chunks of an earlier attempt count in it.
   * Unsure counts as not arrived: output twice is better than output lost.
   */
  private boolean arrived(String text, long number) throws InterruptedException {
    if (pace.ours()) {
      return false;
    }
    try {
      var last = client.output(attempt.taskId(), -1);
      return last.total() != number - 1 && !last.chunks().isEmpty() && last.chunks().getLast().equals(text);
    } catch (CallFailed e) {
      return false; // the next try fails or succeeds for the same reason
    }
  }

  private void deliver(Outgoing outgoing) throws InterruptedException {
    var refusal = deliver(outgoing.kind() + " " + outgoing.report().status().word(), () -> {
      send(outgoing, outgoing.report());
      return null;
    }, () -> false, () -> isReplaced(outgoing));
    if (refusal != null && refusal.kind() == CallFailed.Kind.TOO_LARGE && outgoing.report().result() != null) {
      refusal = deliver("shortened result", () -> {
        send(outgoing, shortened(outgoing.report()));
        return null;
      }, () -> false, () -> false);
    }
    var replaced = refusal != null && isReplaced(outgoing);
    var how = refusal == null ? Told.How.ACCEPTED : replaced ? Told.How.REPLACED : Told.How.REFUSED;
    told.add(new Told(outgoing, how, refusal == null ? null : refusal.getMessage(), time.now()));
    remove(outgoing);
    if (refusal == null) {
      LOG.info("task={} {} {} told to the server", attempt.taskId(), outgoing.kind().name().toLowerCase(Locale.ROOT), outgoing.report().status().word());
    } else if (!replaced) {
      LOG.warn("task={} the server refused {} {}: {}", attempt.taskId(), outgoing.kind(), outgoing.report().status().word(), refusal.getMessage());
      heed(refusal);
    }
  }

  private void send(Outgoing outgoing, Report report) throws CallFailed, InterruptedException {
    switch (outgoing.kind()) {
      case STATUS -> client.status(report);
      case RELEASE -> client.release(report);
    }
  }

  private static Report shortened(Report report) {
    var kept = Math.min(KEPT_RESULT, report.result().length() / 2);
    return report.withResult(report.result().substring(0, kept) + "\n[the server took no more: " + (report.result().length() - kept)
        + " characters were cut here; the output has them]");
  }

  /** Our own server's word that the attempt is over for us. */
  private void heed(CallFailed refusal) {
    if (refusal.kind() == CallFailed.Kind.CONFLICT && refusal.code() != null) {
      lost.lost(attempt, refusal.getMessage());
    }
  }

  /** Whether a thing has reached the server although its answer did not come. */
  private interface Arrived {
    boolean check() throws InterruptedException;
  }

  /**
   * Calls until the server takes it (null) or the last failure is final.
   *
   * @param needless whether it need not be tried again
   */
  private CallFailed deliver(String what, Retry.Call<Void> call, Arrived arrived, BooleanSupplier needless) throws InterruptedException {
    for (var failures = 1; ; failures++) {
      CallFailed failed;
      calls.acquire();
      try {
        call.call();
        if (failures > 1) {
          LOG.info("task={} {} delivered at try {}", attempt.taskId(), what, failures);
        }
        return null;
      } catch (CallFailed e) {
        failed = e;
      } finally {
        calls.release();
      }
      var policy = switch (failed.kind()) {
        case DENIED -> Retry.DENIED;
        case MISSING -> Retry.MISSING;
        default -> Retry.DELIVER;
      };
      var finally_ = !failed.kind().again() && failed.kind() != CallFailed.Kind.MISSING;
      if (finally_ || !policy.again(failures)) {
        return failed;
      }
      if (failures == 1) {
        LOG.warn("task={} {} not delivered, trying on: {}", attempt.taskId(), what, failed.getMessage());
      }
      if (needless.getAsBoolean()) {
        return failed;
      }
      time.sleep(policy.delay(failures, failed.retryAfter(), random));
      // a proxy's 502 or 504 leaves it as open as a broken connection does
      if (failed.kind().again() && failed.kind() != CallFailed.Kind.DENIED && arrived.check()) {
        return null;
      }
    }
  }

  private Outgoing peek() {
    lock.lock();
    try {
      return owed.peekFirst();
    } finally {
      lock.unlock();
    }
  }

  private void remove(Outgoing outgoing) {
    lock.lock();
    try {
      owed.remove(outgoing);
    } finally {
      lock.unlock();
    }
  }

  /** Whether something newer waits, or nothing is to be said any more. */
  private boolean isReplaced(Outgoing outgoing) {
    lock.lock();
    try {
      return !outgoing.last() && (owed.size() > 1 || silenced);
    } finally {
      lock.unlock();
    }
  }

  private boolean isSilenced() {
    lock.lock();
    try {
      return silenced;
    } finally {
      lock.unlock();
    }
  }

  /** Whether nothing is owed and nothing will be; asked at one instant, since the end brings reports with it. */
  private boolean isDone() {
    lock.lock();
    try {
      return ended && owed.isEmpty();
    } finally {
      lock.unlock();
    }
  }

  /** Waits for a report or, while the agent may write, for the next look at its files. */
  private void await() throws InterruptedException {
    lock.lock();
    try {
      if (owed.isEmpty() || !spool.ended()) {
        changed.await(spool.ended() ? 1000 : TICK_MILLIS, TimeUnit.MILLISECONDS);
      }
    } finally {
      lock.unlock();
    }
  }
}
