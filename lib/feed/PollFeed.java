package lib.feed;

import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.function.BooleanSupplier;
import java.util.function.Supplier;
import java.util.random.RandomGenerator;
import lib.core.Clock;
import lib.wire.CallFailed;
import lib.wire.Client;
import lib.wire.Outage;
import lib.wire.Retry;
import lib.wire.Task;
import lib.wire.TaskStatus;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Asks for pending tasks again and again ({@code GET …/tasks?status=pending}): the net below the stream, which is not told
 * of tasks created while all slots were busy, by another replica of the server, or while it was down. Run it on a virtual
 * thread and interrupt that thread to end it.
 */
public final class PollFeed implements Runnable {
  private static final Logger LOG = LoggerFactory.getLogger(PollFeed.class);
  private static final Duration BESIDE_STREAM = Duration.ofSeconds(30); // what the living peer does
  /** Many short tasks in a row ask for a poll each; one after the first, and then four a second, find as much. */
  private static final Duration GAP = Duration.ofMillis(250);

  private final Client client;
  private final Supplier<FeedRequest> offer;
  private final BooleanSupplier streamUp;
  private final boolean ours;
  private final Duration interval;
  private final FeedListener listener;
  private final Clock time;
  private final RandomGenerator random;
  private final Semaphore asked = new Semaphore(0);
  private volatile boolean up;
  private volatile long changed;

  /**
   * A feed that has not asked yet.
   *
   * @param ours our own server applies the worker's codebases by itself; others filter differently and are asked twice
   * @param interval between polls while the stream is down
   */
  public PollFeed(Client client, Supplier<FeedRequest> offer, BooleanSupplier streamUp, boolean ours, Duration interval,
      FeedListener listener, Clock time, RandomGenerator random) {
    this.client = client;
    this.offer = offer;
    this.streamUp = streamUp;
    this.ours = ours;
    this.interval = interval;
    this.listener = listener;
    this.time = time;
    this.random = random;
    this.changed = time.nanos();
  }

  /** Polls at once instead of at the next turn. Any thread. */
  public void pollNow() {
    asked.release();
  }

  /** Whether the last poll was answered, and since when polls go like it. Any thread. */
  public FeedHealth health() {
    return new FeedHealth(up, Duration.ofNanos(time.nanos() - changed));
  }

  private void record(boolean well) {
    if (up != well) {
      changed = time.nanos();
      up = well;
    }
  }

  @Override
  public void run() {
    var outage = new Outage(LOG, "poll");
    try {
      while (true) {
        Duration wait;
        try {
          poll().forEach(listener::task);
          outage.over();
          record(true);
          wait = streamUp.getAsBoolean() ? BESIDE_STREAM : interval;
        } catch (CallFailed e) {
          record(false);
          var failures = outage.failed(e);
          var policy = e.kind() == CallFailed.Kind.DENIED ? Retry.DENIED : Retry.STREAM;
          wait = policy.delay(failures, e.retryAfter(), random).plus(interval);
          asked.drainPermits(); // whoever asked would only ask a server that is down
        }
        var since = time.nanos();
        if (asked.tryAcquire(wait.toMillis(), TimeUnit.MILLISECONDS)) {
          var left = GAP.toNanos() - (time.nanos() - since);
          if (left > 0) {
            time.sleep(Duration.ofNanos(left));
          }
          asked.drainPermits();
        }
      }
    } catch (InterruptedException e) {
      LOG.debug("poll ends");
    }
  }

  private List<Task> poll() throws CallFailed, InterruptedException {
    var now = offer.get();
    var found = new LinkedHashMap<String, Task>();
    var queries = new ArrayList<>(List.of(new Client.Query(TaskStatus.PENDING, null, now.workerId(), now.agentName())));
    if (!ours) {
      queries.add(new Client.Query(TaskStatus.PENDING, null, null, null));
    }
    for (var query : queries) {
      client.tasks(query).forEach(task -> found.putIfAbsent(task.id(), task));
    }
    return List.copyOf(found.values());
  }
}
