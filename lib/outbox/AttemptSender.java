package lib.outbox;

import java.io.IOException;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import java.util.random.RandomGenerator;
import lib.agent.output.OutputSource;
import lib.core.Clock;
import lib.journal.Attempt;
import lib.journal.DeliveryResult;
import lib.journal.Journal;
import lib.journal.PendingReport;
import lib.store.StoreFailed;
import lib.wire.CallFailed;
import lib.wire.Client;
import lib.wire.Report;
import lib.wire.Retry;
import lib.wire.TaskStatus;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.slf4j.event.Level;

/**
 * Delivers one attempt in order: that it runs at once, output as it comes, the outcome after the last of the output. Ends
 * when the server has taken or refused everything of an ended attempt. One virtual thread runs it.
 */
final class AttemptSender implements Runnable {
  private static final Logger LOG = LoggerFactory.getLogger(AttemptSender.class);
  private static final int TICK_MILLIS = 25; // half of the 50 ms in which the first chunk must leave
  private static final int MAX_READ_FAILURES = 5; // an output file that stays unreadable must not hold up the outcome
  private static final int MAX_REQUEUES = 10; // about five minutes; a server without a database answers "later" for ever
  private static final int CUT_NOTICE = 100; // characters of the sentence that says so
  private static final int KEPT_RESULT = 64 << 10; // what is left of a result that the server calls too large

  private static final Duration NOTED = Duration.ofMinutes(1); // what people see of a long outage need not be newer
  private static final int UNAVAILABLE = 503; // also how a server without a database refuses to queue a task again

  private final Attempt attempt;
  private final boolean ours;
  private final OutputSource spool;
  private final Journal journal;
  private final Client client;
  private final Clock time;
  private final RandomGenerator random;
  private final Outbox.LeaseLostListener lost;
  private final RetryingCall calls;
  private final OutputSender output;
  private Report failedInstead; // what the release must say too, where the task could not be given back
  private final List<DeliveryResult> told = new ArrayList<>(); // not yet in the journal

  private final ReentrantLock lock = new ReentrantLock();
  private final Condition changed = lock.newCondition();
  private final Deque<PendingReport> owed = new ArrayDeque<>();
  private boolean ended;
  private boolean over;
  private boolean silenced;

  AttemptSender(Attempt attempt, OutputSource spool, Journal journal, Client client, ChunkPolicy pace, Clock time, RandomGenerator random,
      Outbox.LeaseLostListener lost, Semaphore turns) {
    this.attempt = attempt;
    this.ours = pace.ours();
    this.spool = spool;
    this.journal = journal;
    this.client = client;
    this.time = time;
    this.random = random;
    this.lost = lost;
    this.calls = new RetryingCall(attempt.taskId(), turns, time, random);
    this.output = new OutputSender(attempt, spool, journal, client, calls, pace, time, this::isSilenced, this::heed);
  }

  Attempt attempt() {
    return attempt;
  }

  /**
   * Adds reports; {@code last} when nothing will follow them. None as the last means that the task is not ours any more.
   *
   * @return false when it has delivered everything and takes no more
   */
  boolean add(List<PendingReport> more, boolean last) {
    lock.lock();
    try {
      if (over) {
        return false;
      }
      if (ended && !last) {
        return true; // whatever it says, the outcome says more
      }
      more.stream().filter(one -> owed.stream().noneMatch(other -> other.id() == one.id())).forEach(owed::add);
      ended |= last;
      if (last && more.isEmpty()) {
        silenced = true;
        owed.clear();
      }
      changed.signalAll();
      return true;
    } finally {
      lock.unlock();
    }
  }

  /** Forgets a report that a person gave up; one under way ends after its next failure. */
  void drop(long outgoing) {
    lock.lock();
    try {
      owed.removeIf(one -> one.id() == outgoing);
      changed.signalAll();
    } finally {
      lock.unlock();
    }
  }

  /** Whether its outcome is recorded. */
  boolean ended() {
    lock.lock();
    try {
      return ended;
    } finally {
      lock.unlock();
    }
  }

  /** Whether no report is on its way. */
  boolean told() {
    lock.lock();
    try {
      return owed.isEmpty();
    } finally {
      lock.unlock();
    }
  }

  @Override
  public void run() {
    var repeated = attempt.sending() == null;
    var failures = 0;
    try (spool) {
      while (true) {
        try {
          if (!repeated) {
            output.repeat();
            repeated = true;
          }
          if (!step()) {
            return;
          }
          failures = 0;
        } catch (StoreFailed | IOException e) {
          failures++;
          LOG.error("task={} delivery waits for the disk: {}", attempt.taskId(), e.getMessage());
          if (e instanceof IOException && failures == MAX_READ_FAILURES) {
            output.end();
            repeated = true;
          }
          time.sleep(Retry.DELIVER.delay(failures, Duration.ZERO, random));
        }
      }
    } catch (InterruptedException e) {
      LOG.debug("task={} delivery stops; the journal keeps what is owed", attempt.taskId());
    }
  }

  /** Does the next thing; false when all is delivered. */
  private boolean step() throws InterruptedException, StoreFailed, IOException {
    if (isSilenced()) {
      output.end();
    }
    var next = peek();
    if (next != null && !next.last()) {
      deliver(next);
    } else if (output.send(next != null)) {
      return true;
    } else if (next != null && output.drained()) {
      deliver(next);
    } else if (next == null && output.drained() && isDone()) {
      if (journal.settled(attempt, output.sent(), output.seq(), told)) {
        if (!spool.masked().isEmpty()) {
          LOG.info("task={} {}", attempt.taskId(), spool.masked());
        }
        told.clear();
        return !isOver();
      }
      told.clear();
      add(journal.pendingReports(attempt), true); // somebody has put a refused report back this instant
    } else if (!told.isEmpty()) {
      journal.recordDeliveries(told);
      told.clear();
    } else {
      await();
    }
    return true;
  }

  private void deliver(PendingReport outgoing) throws InterruptedException {
    if (outgoing.kind() == PendingReport.Kind.REQUEUE) {
      requeue(outgoing);
      return;
    }
    var word = outgoing.kind().name().toLowerCase(Locale.ROOT) + " " + outgoing.report().status().word();
    var telling = new Telling(outgoing);
    var refusal = calls.tell(word, telling, false, () -> isReplaced(outgoing));
    for (var shorter = outgoing.report(); tooLarge(refusal) && shorter.result() != null; ) {
      var report = shortened(shorter);
      refusal = calls.tell("shortened result", () -> send(outgoing, report), false, () -> false);
      shorter = report;
    }
    var replaced = refusal != null && isReplaced(outgoing);
    var how = refusal == null ? DeliveryResult.Outcome.ACCEPTED : replaced ? DeliveryResult.Outcome.REPLACED : DeliveryResult.Outcome.REFUSED;
    told.add(new DeliveryResult(outgoing, how, telling.failures, refusal == null ? null : refusal.getMessage(), time.now()));
    remove(outgoing);
    if (refusal == null) {
      // the release follows the outcome and says nothing new
      LOG.atLevel(outgoing.kind() == PendingReport.Kind.RELEASE ? Level.DEBUG : Level.INFO).log("task={} {} told to the server",
          attempt.taskId(), word);
    } else if (!replaced) {
      LOG.warn("task={} the server refused {}: {}", attempt.taskId(), word, refusal.getMessage());
      heed(refusal);
    }
  }

  /** Has the failed task queued again, unless somebody has done so, or has it again, already. */
  private void requeue(PendingReport outgoing) throws InterruptedException {
    var tries = new AtomicInteger();
    var refusal = calls.tell("re-queue", new RetryingCall.Delivery() {
      @Override
      public void tell() throws CallFailed, InterruptedException {
        client.requeue(attempt.taskId());
      }

      @Override
      public boolean arrived() throws CallFailed, InterruptedException {
        return client.task(attempt.taskId()).status() != TaskStatus.FAILED;
      }
    }, true, () -> tries.incrementAndGet() == MAX_REQUEUES);
    told.add(new DeliveryResult(outgoing, refusal == null ? DeliveryResult.Outcome.ACCEPTED : DeliveryResult.Outcome.REFUSED, tries.get(),
        refusal == null ? null : refusal.getMessage(), time.now()));
    remove(outgoing);
    LOG.info("task={} {}", attempt.taskId(), refusal == null ? "queued again at the server"
        : "stays failed, the server did not queue it again: " + refusal.getMessage());
  }

  /** A report's tries. The journal hears of the first failure and then once a minute, for the people who list it. */
  private final class Telling implements RetryingCall.Delivery {
    private final PendingReport outgoing;
    private int failures;
    private long notedAt;

    private Telling(PendingReport outgoing) {
      this.outgoing = outgoing;
    }

    @Override
    public void tell() throws CallFailed, InterruptedException {
      send(outgoing, outgoing.report());
    }

    @Override
    public void failed(int sofar, CallFailed why) throws InterruptedException {
      failures = sofar;
      if (sofar == 1 || time.nanos() - notedAt >= NOTED.toNanos()) {
        notedAt = time.nanos();
        try {
          journal.recordFailure(outgoing, sofar, why.getMessage());
        } catch (StoreFailed e) {
          LOG.warn("task={} its failed tries are not in the journal: {}", attempt.taskId(), e.getMessage());
        }
      }
    }
  }

  private void send(PendingReport outgoing, Report report) throws CallFailed, InterruptedException {
    switch (outgoing.kind()) {
      case STATUS -> {
        if (report.status() == TaskStatus.PENDING && !ours) {
          giveBack(report);
        } else {
          client.status(report);
        }
      }
      case RELEASE -> client.release(failedInstead != null ? failedInstead : report);
      case REQUEUE -> throw new IllegalStateException("a re-queueing is no report");
    }
  }

  /**
   * Gives back a task whose agent never began. Servers that are not ours take a {@code pending} from nobody, or keep us as its
   * worker: they have a call for it, and where that is missing or needs a database that is not there, the task fails, so
   * that somebody hears of it.
   */
  private void giveBack(Report report) throws CallFailed, InterruptedException {
    try {
      client.requeue(report.taskId());
    } catch (CallFailed e) {
      if (e.kind() == CallFailed.Kind.REFUSED) {
        LOG.info("task={} the server has it back already: {}", report.taskId(), e.getMessage());
      } else if (e.kind() == CallFailed.Kind.NO_ROUTE || e.status() == UNAVAILABLE) {
        failedInstead = new Report(report.taskId(), report.workerId(), TaskStatus.FAILED, null, null, "lost: " + report.error(), 0);
        client.status(failedInstead);
      } else {
        throw e;
      }
    }
  }

  private static boolean tooLarge(CallFailed refusal) {
    return refusal != null && refusal.kind() == CallFailed.Kind.TOO_LARGE;
  }

  /** With less of the result, or, when there was little of it, with none. */
  private static Report shortened(Report report) {
    var text = report.result();
    if (text.length() <= KEPT_RESULT + CUT_NOTICE) {
      return report.withResult(null);
    }
    var most = Math.min(KEPT_RESULT, text.length() / 2);
    var kept = most > 0 && Character.isHighSurrogate(text.charAt(most - 1)) ? most - 1 : most;
    return report.withResult(text.substring(0, kept) + "\n[the server took no more: " + (text.length() - kept)
        + " characters were cut here; the output has them]");
  }

  /** Our own server's word that the attempt is over for us. */
  private void heed(CallFailed refusal) {
    if (refusal.kind() == CallFailed.Kind.CONFLICT && refusal.code() != null) {
      lost.lost(attempt, refusal.getMessage());
    }
  }

  /** Reports that wait. Any thread. */
  int owing() {
    lock.lock();
    try {
      return owed.size();
    } finally {
      lock.unlock();
    }
  }

  private PendingReport peek() {
    lock.lock();
    try {
      return owed.peekFirst();
    } finally {
      lock.unlock();
    }
  }

  private void remove(PendingReport outgoing) {
    lock.lock();
    try {
      owed.remove(outgoing);
    } finally {
      lock.unlock();
    }
  }

  /** Whether something newer waits, or nothing is to be said any more. */
  private boolean isReplaced(PendingReport outgoing) {
    lock.lock();
    try {
      return !owed.contains(outgoing) || !outgoing.last() && (owed.size() > 1 || silenced);
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

  /** Ends it, unless somebody has put a refused report back since it settled. */
  private boolean isOver() {
    lock.lock();
    try {
      over = owed.isEmpty();
      return over;
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
