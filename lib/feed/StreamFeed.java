package lib.feed;

import module java.base;
import com.fasterxml.jackson.databind.node.ObjectNode;
import lib.client.ApiClient;
import lib.client.http.ApiException;
import lib.client.http.RetryPolicy;
import lib.client.http.SseParser;
import lib.core.Clock;
import lib.core.Json;
import lib.core.Reporting;
import lib.protocol.Task;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Receives tasks at once, over {@code GET /v1/worker/tasks/stream}. One stream at a time: the old one is closed before a new one
 * opens, since a server forgets a worker when its old stream ends late. Run it on a virtual thread of its own; closing ends it,
 * and any other interrupt of that thread opens the stream again.
 */
public final class StreamFeed implements Runnable, AutoCloseable, Reporting {
  private static final Logger LOG = LoggerFactory.getLogger(StreamFeed.class);
  /** A stream that lived for so long worked; one that the server ends at once, again and again, is opened less and less often. */
  private static final Duration WORKED = Duration.ofSeconds(10);
  private static final int MAX_SHOWN = 200; // characters of a server's own error

  private final ApiClient client;
  private final Inbox inbox;
  private final PollFeed poll;
  private final Offer offer;
  private final Duration silence;
  private final Clock clock;
  private final RandomGenerator random;
  private final FeedHealth health;
  private volatile Thread reader;
  private volatile boolean closed;
  private List<String> routed; // guarded by this, so that the newest offer is the last that the server gets
  private Duration lived; // the rest belongs to the reading thread
  private String lastId;
  private long serverWait;

  /**
   * A feed that is not open yet.
   *
   * @param poll polls after every gap, and when an announcement says too little
   * @param silence how long the open stream may be silent before it counts as broken
   */
  public StreamFeed(ApiClient client, Inbox inbox, PollFeed poll, Offer offer, Duration silence, Clock clock, RandomGenerator random) {
    this.client = client;
    this.inbox = inbox;
    this.poll = poll;
    this.offer = offer;
    this.silence = silence;
    this.clock = clock;
    this.random = random;
    this.health = new FeedHealth(clock);
  }

  /** Whether the stream is open. */
  public boolean up() {
    return health.up();
  }

  @Override
  public void status(ObjectNode json) {
    health.write(json.withObject("/feeds/stream"));
  }

  /** Closes the stream and opens it again: the server has lost it. Any thread. */
  public void reopen() {
    var thread = reader;
    if (thread != null && up()) {
      thread.interrupt();
    }
  }

  /** Ends the stream for good. Any thread. */
  @Override
  public void close() {
    closed = true;
    var thread = reader;
    if (thread != null) {
      thread.interrupt();
    }
  }

  @Override
  public void run() {
    reader = Thread.currentThread();
    for (var failures = 1; !closed; failures++) {
      try {
        ApiException failed = null;
        try {
          listen();
          LOG.info("stream ended by the server");
        } catch (ApiException e) {
          failed = e;
        }
        failures = lived.compareTo(WORKED) >= 0 ? 1 : failures;
        if (!Thread.interrupted()) {
          pause(failures, failed);
        }
      } catch (InterruptedException e) {
        LOG.debug("stream interrupted");
      }
    }
  }

  private void pause(int failures, ApiException failed) throws InterruptedException {
    var lasting = failed != null && (failed.kind() == ApiException.Kind.DENIED || !failed.kind().again());
    if (failed != null && (failures == 1 || lasting)) {
      LOG.warn("stream down, tasks are polled for: {}", failed.line());
    }
    var wait = (lasting ? RetryPolicy.DENIED : RetryPolicy.STREAM).delay(failures, failed == null ? Duration.ZERO : failed.retryAfter(), random);
    clock.sleep(wait.toMillis() < serverWait ? Duration.ofMillis(serverWait) : wait);
  }

  /** Reads one stream to its end. */
  private void listen() throws ApiException, InterruptedException {
    lived = Duration.ZERO;
    var opening = clock.nanos();
    var ids = offer.codebaseIds();
    try (var stream = client.tasks(offer.workerId(), offer.agentName(), ids, offer.capabilities(), lastId, silence)) {
      for (var event = stream.next(); event != null; event = stream.next()) {
        if (!up()) {
          opened(ids);
        }
        lastId = event.id() == null ? lastId : event.id();
        serverWait = Math.clamp(stream.retryMillis(), 0, 60_000);
        take(event);
      }
    } finally {
      lived = up() ? Duration.ofNanos(clock.nanos() - opening) : Duration.ZERO;
      health.is(false);
      poll.streamIs(false);
    }
  }

  private void opened(List<String> ids) {
    synchronized (this) {
      routed = ApiClient.streamTells(ids) ? ids : null;
      health.is(true);
    }
    LOG.info("stream open, tasks are heard of at once");
    poll.streamIs(true);
    updateRouting();
  }

  /** Sends the server what the open stream is for, if that has changed; opening the stream sends it, too. Any thread. */
  public synchronized void updateRouting() {
    try {
      var ids = offer.codebaseIds();
      if (up() && !ids.equals(routed)) {
        client.routeCodebases(offer.workerId(), ids);
        routed = ids;
        poll.pollNow(); // tasks announced before the server knew this codebase reached no worker
      }
    } catch (ApiException e) {
      LOG.debug("routing failed, opening the stream again: {}", e.getMessage());
      reopen();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt(); // the stream ends or is opened again, which tells the server
    }
  }

  private void take(SseParser.Event event) {
    switch (event.name()) {
      case "task_available", "task", "task_assigned", "task.created", "task.assigned" ->
          Json.readObject(event.data()).flatMap(Task::read).ifPresentOrElse(task -> {
            if (!task.raw().has("codebase_id") && !task.raw().has("workspace_id") && !task.raw().has("metadata")) {
              poll.pollNow(); // so thin that it does not even name the codebase: the list does
            } else {
              inbox.offer(task);
            }
          }, () -> LOG.warn("stream brought a task event without an id: {} characters", event.data().length()));
      case "task_cancelled" -> Json.readObject(event.data()).ifPresent(data -> {
        var id = Json.text(data, "task_id", "id");
        if (id != null) {
          offer.stopOrdered(id, Json.text(data, "reason"));
        }
      });
      case "error" -> LOG.warn("stream error: {}", event.data().substring(0, Math.min(MAX_SHOWN, event.data().length())));
      default -> { } // connected, heartbeat, ping and later ones are signs of life, as the read itself was
    }
  }
}
