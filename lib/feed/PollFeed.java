package lib.feed;

import module java.base;
import com.fasterxml.jackson.databind.node.ObjectNode;
import lib.client.ApiClient;
import lib.client.FailureLog;
import lib.client.ServerFeatures;
import lib.client.http.ApiException;
import lib.client.http.RetryPolicy;
import lib.core.Clock;
import lib.core.Reporting;
import lib.protocol.Task;
import lib.protocol.TaskStatus;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Asks for pending tasks again and again ({@code GET …/tasks?status=pending}): the net below the stream, which brings no task
 * that was created while all slots were busy, by another replica of the server, or while it was down. Run it on a virtual thread
 * and interrupt that thread to end it.
 */
public final class PollFeed implements Reporting {
  private static final Logger LOG = LoggerFactory.getLogger(PollFeed.class);
  private static final Duration BESIDE_STREAM = Duration.ofSeconds(30); // as the old worker
  /** Many short tasks in a row ask for a poll each; one after the first, and then four a second, find as much. */
  private static final Duration GAP = Duration.ofMillis(250);

  private final ApiClient client;
  private final Inbox inbox;
  private final Offer offer;
  private final Clock clock;
  private final RandomGenerator random;
  private final Duration interval;
  private final Semaphore woken = new Semaphore(0);
  private final FeedHealth health;
  private volatile boolean streamUp;

  /** A feed that has not asked yet. @param interval between polls while the stream is down */
  public PollFeed(ApiClient client, Inbox inbox, Offer offer, Duration interval, Clock clock, RandomGenerator random) {
    this.client = client;
    this.inbox = inbox;
    this.offer = offer;
    this.interval = interval;
    this.clock = clock;
    this.random = random;
    this.health = new FeedHealth(clock);
  }

  /** Polls at once instead of at its next turn. Any thread. */
  public void pollNow() {
    woken.release();
  }

  /** The stream has opened or ended: polls at once, since tasks announced before or in a gap are found by asking. */
  void streamIs(boolean up) {
    streamUp = up;
    pollNow();
  }

  @Override
  public void status(ObjectNode json) {
    health.write(json.withObject("/feeds/poll"));
  }

  /** Runs until its thread is interrupted. */
  public void run() throws InterruptedException {
    var outage = new FailureLog(LOG, "poll");
    var server = offer.features();
    while (true) {
      Duration wait;
      try {
        poll(server).forEach(inbox::offer);
        outage.over();
        health.is(true);
        wait = wait(server);
      } catch (ApiException e) {
        health.is(false);
        var failures = outage.failed(e);
        var policy = e.kind() == ApiException.Kind.DENIED ? RetryPolicy.DENIED : RetryPolicy.STREAM;
        wait = policy.delay(failures, e.retryAfter(), random).plus(interval);
        woken.drainPermits(); // the server is down for those who asked meanwhile, too
      }
      var since = clock.nanos();
      if (woken.tryAcquire(wait.toMillis(), TimeUnit.MILLISECONDS)) {
        var left = GAP.toNanos() - (clock.nanos() - since);
        if (left > 0) {
          clock.sleep(Duration.ofNanos(left));
        }
        woken.drainPermits();
      }
    }
  }

  /** Other servers push no task to a worker that holds a claim, so that one with a free slot has to ask. */
  private Duration wait(ServerFeatures server) {
    var isDeaf = !server.isOwn() && offer.isPartlyBusy();
    return streamUp && !isDeaf ? BESIDE_STREAM : interval;
  }

  private List<Task> poll(ServerFeatures server) throws ApiException, InterruptedException {
    var found = new LinkedHashMap<String, Task>();
    var queries = new ArrayList<>(List.of(new ApiClient.Query(TaskStatus.PENDING, null, offer.workerId(), offer.agentName())));
    if (!server.filtersPolls()) {
      queries.add(new ApiClient.Query(TaskStatus.PENDING, null, null, null));
    }
    for (var query : queries) {
      client.tasks(query).forEach(task -> found.putIfAbsent(task.id(), task));
    }
    return List.copyOf(found.values());
  }
}
