package lib.worker.presence;

import module java.base;
import com.fasterxml.jackson.databind.node.ObjectNode;
import lib.client.ApiClient;
import lib.client.FailureLog;
import lib.client.http.ApiException;
import lib.core.Reporting;
import lib.worker.admission.HoldMonitor;
import lib.worker.admission.RunningTasks;
import lib.worker.admission.StopRequest;
import lib.worker.context.WorkerContext;
import lib.worker.context.WorkerEvent;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Says to the server every 15 s that the worker lives and what it runs, and takes its stop requests. It has a platform thread of
 * its own and one for each call, and meets neither a lock nor a file, so that nothing starves it; interrupt it to end it.
 */
public final class Heartbeat implements Reporting {
  private static final Logger LOG = LoggerFactory.getLogger(Heartbeat.class);
  private static final Duration INTERVAL = Duration.ofSeconds(15); // servers call a worker dead after 120 s
  private static final Duration GAP = Duration.ofSeconds(1);

  private final WorkerContext context;
  private final ApiClient client;
  private final RunningTasks running;
  private final HoldMonitor holds;
  private final LastContact contact;
  private final Semaphore woken = new Semaphore(0);

  /** A heartbeat that has not begun. It hears the server's stop events already. */
  public Heartbeat(WorkerContext context, RunningTasks running, HoldMonitor holds, LastContact contact) {
    this.context = context;
    this.client = context.client().on(Thread.ofPlatform().daemon().factory());
    this.running = running;
    this.holds = holds;
    this.contact = contact;
    context.events().subscribe(event -> {
      if (event instanceof WorkerEvent.StopOrdered order) {
        running.stop(order.taskId(), stopRequest(order.reason()));
      }
    });
  }

  /** Beats now instead of at its next turn. Any thread. */
  public void beatNow() {
    woken.release();
  }

  @Override
  public void status(ObjectNode json) {
    json.withObject("/server").put("last_contact_seconds", contact.age().map(Duration::toSeconds).orElse(null));
  }

  /** Runs until its thread is interrupted. */
  public void run() throws InterruptedException {
    var outage = new FailureLog(LOG, "heartbeat");
    while (true) {
      var start = context.clock().nanos();
      var at = context.clock().now();
      try {
        for (var stop : client.heartbeat(context.workerId(), running.attemptNumbers(), holds.current())) {
          running.stop(stop.taskId(), stopRequest(stop.reason()));
        }
        contact.made(start, at);
        outage.over();
      } catch (ApiException e) {
        if (e.kind() == ApiException.Kind.MISSING) {
          LOG.info("the server does not know us any more, registering again");
          context.events().publish(new WorkerEvent.ServerForgotWorker());
        } else {
          outage.failed(e);
        }
      }
      woken.drainPermits();
      context.clock().sleep(GAP);
      var left = INTERVAL.minus(Duration.ofNanos(context.clock().nanos() - start));
      if (context.clock().acquire(woken, left.isNegative() ? Duration.ZERO : left)) {
        LOG.debug("heartbeat before its time");
      }
    }
  }

  /** The embedded server begins the reason with {@code lost} when the task belongs to another worker. */
  private static StopRequest stopRequest(String reason) {
    var text = reason == null ? "" : reason;
    return new StopRequest(text.startsWith("lost") ? StopRequest.Cause.SUPERSEDED : StopRequest.Cause.CANCELLED, "the server", text);
  }
}
