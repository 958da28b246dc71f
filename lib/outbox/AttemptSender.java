package lib.outbox;

import module java.base;
import lib.agent.output.OutputRecorder;
import lib.agent.output.Transcript;
import lib.agent.process.AttemptDirectory;
import lib.client.http.ApiException;
import lib.client.http.RetryPolicy;
import lib.journal.Attempt.State;
import lib.journal.Attempt;
import lib.store.DatabaseException;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Delivers one attempt in order: that it runs at once, output as it comes, the outcome after the last of the output. The journal
 * says what waits; this holds nothing of it. Ends when the attempt is settled. One virtual thread runs it.
 */
final class AttemptSender {
  private static final Logger LOG = LoggerFactory.getLogger(AttemptSender.class);
  private static final Duration LOOK = Duration.ofSeconds(1); // what nobody signals is seen as late as that
  private static final int MAX_READ_FAILURES = 5; // an output file that stays unreadable must not hold up the outcome

  private final Attempt attempt;
  private final Delivery delivery;
  private final AttemptDirectory directory;
  private final Outbox.Listener listener;
  private final ReportSender reports;
  private final OutputSender output;
  private final Semaphore signals = new Semaphore(0);
  private volatile Thread thread;

  /**
   * Delivers nothing yet.
   *
   * @param fresh whether no earlier process may have sent any of its output
   * @param turns shared by all attempts: so many calls are under way together
   */
  AttemptSender(Attempt attempt, boolean fresh, Delivery delivery, Outbox.Listener listener, Semaphore turns) {
    this.attempt = attempt;
    this.delivery = delivery;
    this.directory = AttemptDirectory.of(delivery.stateDir(), attempt.taskId(), attempt.n());
    this.listener = listener;
    var calls = new RetryingCall(attempt.taskId(), turns, delivery.clock(), delivery.random());
    this.reports = new ReportSender(attempt, delivery, calls, listener);
    this.output = new OutputSender(attempt, delivery, new Transcript(directory), calls, fresh);
  }

  Attempt attempt() {
    return attempt;
  }

  /** Has a virtual thread do this, which runs the sender. */
  void start(Runnable work) {
    thread = Thread.ofVirtual().name("sender " + attempt.taskId()).unstarted(work);
    thread.start();
  }

  void interrupt() {
    thread.interrupt();
  }

  void join() throws InterruptedException {
    thread.join();
  }

  /** Says that there may be something new. Any thread. */
  void signal() {
    signals.release();
  }

  /** Whether something may be new that was not looked at. Any thread. */
  boolean isSignalled() {
    return signals.availablePermits() > 0;
  }

  /** Delivers until the attempt is settled. It may run again when a person has a refused report tried again. */
  void run() throws InterruptedException {
    var failures = 0;
    while (true) {
      try {
        signals.drainPermits();
        if (!step()) {
          return;
        }
        failures = 0;
      } catch (DatabaseException | IOException e) {
        failures++;
        LOG.error("task={} delivery waits for the disk, trying again: {}", attempt.taskId(), e.toString());
        if (e instanceof IOException && failures == MAX_READ_FAILURES) {
          LOG.error("task={} output not delivered, its outcome is: {}", attempt.taskId(), e.toString());
          output.end();
        }
        delivery.clock().sleep(RetryPolicy.DELIVER.delay(failures, Duration.ZERO, delivery.random()));
      }
    }
  }

  /** Does the next thing; false when the attempt is settled. */
  private boolean step() throws InterruptedException, DatabaseException, IOException {
    var now = delivery.journal().reports().delivery(attempt);
    if (now.state() == State.SETTLED) {
      return false;
    }
    var next = now.next();
    if (next.isPresent() && !next.get().isOutcome()) {
      passOn(reports.deliver(next.get()));
      return true;
    }
    var ended = now.state() == State.ENDED;
    if (ended && output.isUnfinished()) {
      OutputRecorder.complete(directory, delivery.redaction(), delivery.outputMax()); // an earlier process left it
    }
    if (output.send(ended)) {
      do { // no report is due before all of it, so that the journal need not be asked between
        passOn(output.refusal());
      } while (ended && output.send(true));
    } else if (!ended || !output.isDrained()) {
      var wait = Math.min(LOOK.toNanos(), output.untilDue());
      if (signals.tryAcquire(wait, TimeUnit.NANOSECONDS)) {
        signals.release();
      }
    } else if (next.isPresent()) {
      passOn(reports.deliver(next.get()));
    } else {
      return !delivery.journal().settle(attempt);
    }
    return true;
  }

  /** Passes on our own server's refusal that says that the attempt is not ours any more. */
  private void passOn(ApiException refusal) {
    if (refusal != null && refusal.kind() == ApiException.Kind.CONFLICT && refusal.code() != null) {
      listener.superseded(attempt, refusal.getMessage());
    }
  }
}
