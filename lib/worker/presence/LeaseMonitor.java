package lib.worker.presence;

import java.time.Duration;
import lib.core.Clock;
import lib.worker.admission.RunningTasks;
import lib.worker.admission.StopRequest;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Ends an agent before the server may give its task to somebody else: when there was no contact for all of the lease but
 * 30 s. Servers that give no lease do so without asking; there the agent runs on and reports later. Run it on a thread of
 * its own, which waits for nothing else, and interrupt that thread to end it.
 */
public final class LeaseMonitor implements Runnable {
  private static final Logger LOG = LoggerFactory.getLogger(LeaseMonitor.class);
  private static final Duration MARGIN = Duration.ofSeconds(30); // the kill ladder takes 11 s, and clocks drift
  private static final Duration LOOK = Duration.ofSeconds(1);

  private final RunningTasks running;
  private final Heartbeat heart;
  private final Clock time;

  public LeaseMonitor(RunningTasks running, Heartbeat heart, Clock time) {
    this.running = running;
    this.heart = heart;
    this.time = time;
  }

  @Override
  public void run() {
    try {
      while (true) {
        look();
        time.sleep(LOOK);
      }
    } catch (InterruptedException e) {
      LOG.debug("lease watch ends");
    }
  }

  private void look() {
    for (var entry : running.entries()) {
      var attempt = entry.attempt().get();
      if (attempt == null || attempt.leaseSeconds() == 0) {
        continue;
      }
      var claimed = Duration.ofNanos(time.nanos() - entry.since()); // the claim was a contact, too
      var silent = claimed.compareTo(heart.sinceContact()) < 0 ? claimed : heart.sinceContact();
      var lease = Duration.ofSeconds(attempt.leaseSeconds());
      var most = lease.compareTo(MARGIN) > 0 ? lease.minus(MARGIN) : lease.dividedBy(2);
      if (silent.compareTo(most) >= 0) {
        running.stop(attempt.taskId(), new StopRequest(StopRequest.Cause.LEASE_EXPIRED, "the worker", "the server could not be reached for "
            + silent.toSeconds() + " s of the " + lease.toSeconds() + " s that it keeps the task for this worker"));
      }
    }
  }
}
