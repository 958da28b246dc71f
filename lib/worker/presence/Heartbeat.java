package lib.worker.presence;

import java.time.Duration;
import java.util.Map;
import java.util.function.Supplier;
import lib.core.Clock;
import lib.wire.CallFailed;
import lib.wire.Client;
import lib.wire.Outage;
import lib.worker.admission.RunningTasks;
import lib.worker.admission.StopRequest;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Tells the server every 15 s that we live and what we run, and hears what it wants stopped. It has a platform thread of
 * its own and one for each call, so that nothing else can starve it; interrupt the first to end it.
 */
public final class Heartbeat implements Runnable {
  private static final Logger LOG = LoggerFactory.getLogger(Heartbeat.class);
  private static final Duration BEAT = Duration.ofSeconds(15); // the old worker's; servers call a worker dead after 120 s

  private final Client client;
  private final String workerId;
  private final RunningTasks running;
  private final Supplier<Map<String, String>> holds;
  private final Runnable forgotten;
  private final Clock time;
  private volatile long lastContact;

  /**
   * A heart that does not beat yet.
   *
   * @param holds rule to why: what keeps tasks from being taken
   * @param forgotten told when the server does not know us
   */
  public Heartbeat(Client client, String workerId, RunningTasks running, Supplier<Map<String, String>> holds, Runnable forgotten, Clock time) {
    this.client = client.on(Thread.ofPlatform().daemon().factory());
    this.workerId = workerId;
    this.running = running;
    this.holds = holds;
    this.forgotten = forgotten;
    this.time = time;
    this.lastContact = time.nanos();
  }

  /** How long ago the server last answered a beat. */
  public Duration sinceContact() {
    return Duration.ofNanos(time.nanos() - lastContact);
  }

  @Override
  public void run() {
    var outage = new Outage(LOG, "heartbeat");
    try {
      while (true) {
        var start = time.nanos();
        try {
          for (var stop : client.heartbeat(workerId, running.attemptNumbers(), holds.get())) {
            running.stop(stop.taskId(), order(stop.reason()));
          }
          lastContact = time.nanos();
          outage.over();
        } catch (CallFailed e) {
          if (e.kind() == CallFailed.Kind.MISSING) {
            LOG.info("the server does not know us any more, registering anew");
            forgotten.run();
          } else {
            outage.failed(e);
          }
        }
        var left = BEAT.toNanos() - (time.nanos() - start);
        time.sleep(Duration.ofNanos(Math.max(left, Duration.ofSeconds(1).toNanos())));
      }
    } catch (InterruptedException e) {
      LOG.debug("heartbeat ends");
    }
  }

  /** Our own server begins the reason with {@code lost} when the task is somebody else's by now. */
  public static StopRequest order(String reason) {
    var text = reason == null ? "" : reason;
    return new StopRequest(text.startsWith("lost") ? StopRequest.Cause.SUPERSEDED : StopRequest.Cause.CANCELLED, "the server", text);
  }
}
