package lib.worker.presence;

import module java.base;
import lib.journal.Attempt;
import lib.protocol.Lease;
import lib.worker.admission.RunningTasks.RunningTask;
import lib.worker.admission.RunningTasks;
import lib.worker.admission.StopRequest;
import lib.worker.context.WorkerContext;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Ends an agent before the server may give its task to another worker: after the lease less 30 s without contact. Where the
 * server gave no lease, the agent runs on and reports later. Run it on a platform thread of its own, which meets neither a lock
 * nor a file, and interrupt that thread to end it.
 */
public final class LeaseMonitor {
  private static final Logger LOG = LoggerFactory.getLogger(LeaseMonitor.class);
  private static final Duration INTERVAL = Duration.ofSeconds(1);
  /** After a sleep, a restart or a set clock one heartbeat may renew the lease: it has so long, which covers its deadline. */
  private static final Duration GRACE = Duration.ofSeconds(20);

  private final WorkerContext context;
  private final RunningTasks running;
  private final Heartbeat heartbeat;
  private long doubtedAt; // when a lease was first over by the wall clock alone; 0 while none is

  public LeaseMonitor(WorkerContext context, RunningTasks running, Heartbeat heartbeat) {
    this.context = context;
    this.running = running;
    this.heartbeat = heartbeat;
  }

  /** Runs until its thread is interrupted. */
  public void run() throws InterruptedException {
    while (true) {
      look();
      context.clock().sleep(INTERVAL);
    }
  }

  private void look() {
    var doubt = false;
    for (var place : running.all()) {
      var attempt = place.attempt().filter(a -> a.leaseSeconds() > 0);
      if (attempt.isPresent()) {
        doubt |= isDoubtful(place, attempt.get());
      }
    }
    if (doubt && doubtedAt == 0) {
      doubtedAt = context.clock().nanos();
      heartbeat.beatNow();
    } else if (!doubt) {
      doubtedAt = 0;
    }
  }

  /** Ends the agent when its lease is over; whether it is over by the wall clock alone. */
  private boolean isDoubtful(RunningTask place, Attempt attempt) {
    var now = context.clock().nanos();
    var lease = Duration.ofSeconds(attempt.leaseSeconds());
    var usable = Lease.usable(lease);
    var sinceClaim = Duration.ofNanos(now - place.since()); // the claim was a contact, too
    var awake = shorter(heartbeat.awake(), sinceClaim);
    var age = shorter(heartbeat.age(), Heartbeat.longer(sinceClaim, Duration.between(attempt.createdAt(), context.clock().now())));
    if (age.compareTo(usable) < 0) {
      return false;
    }
    var isOver = awake.compareTo(usable) >= 0 || doubtedAt != 0 && now - doubtedAt >= GRACE.toNanos();
    if (isOver && running.stop(attempt.taskId(), new StopRequest(StopRequest.Cause.LEASE_EXPIRED, "the worker",
        "the server could not be reached for " + age.toSeconds() + " s of the " + lease.toSeconds() + " s of the lease"))) {
      LOG.warn("task={} lease expired, ending its agent: no contact for {} s", attempt.taskId(), age.toSeconds());
    }
    return !isOver;
  }

  private static Duration shorter(Optional<Duration> one, Duration other) {
    return one.filter(o -> o.compareTo(other) < 0).orElse(other);
  }
}
