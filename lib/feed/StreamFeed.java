package lib.feed;

import java.time.Duration;
import java.util.List;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Supplier;
import java.util.random.RandomGenerator;
import lib.core.Clock;
import lib.core.Json;
import lib.wire.CallFailed;
import lib.wire.Client;
import lib.wire.Retry;
import lib.wire.Sse;
import lib.wire.Task;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Hears of tasks at once, over {@code GET /v1/worker/tasks/stream}. One stream at a time: the old one is closed before a
 * new one opens, since a server forgets a worker when its old stream ends late. Run it on a virtual thread of its own;
 * closing ends it, and any other interrupt of that thread opens the stream anew.
 */
public final class StreamFeed implements Runnable, AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(StreamFeed.class);
  /** A stream that lived for so long worked; one that a server ends at once, again and again, is opened less and less often. */
  private static final Duration SETTLED = Duration.ofSeconds(10);

  private final Client client;
  private final Supplier<FeedRequest> offer;
  private final Duration silence;
  private final FeedListener listener;
  private final Runnable poll;
  private final Clock time;
  private final RandomGenerator random;
  private volatile boolean up;
  private volatile long changed;
  private volatile Thread reader;
  private volatile boolean closed;
  private final ReentrantLock routing = new ReentrantLock(); // one tells at a time, so that the newest is told last
  private List<String> routed;
  private Duration lived; // the rest belongs to the reading thread
  private String lastId;
  private long serverWait;

  /**
   * A feed that is not yet open.
   *
   * @param silence a stream that brings no byte for so long is opened anew
   * @param poll asks for a poll now: after every gap, and when an announcement says too little
   */
  public StreamFeed(Client client, Supplier<FeedRequest> offer, Duration silence, FeedListener listener, Runnable poll, Clock time,
      RandomGenerator random) {
    this.client = client;
    this.offer = offer;
    this.silence = silence;
    this.listener = listener;
    this.poll = poll;
    this.time = time;
    this.random = random;
    this.changed = time.nanos();
  }

  /** Whether the stream is open. */
  public boolean up() {
    return up;
  }

  /** How the stream does, and for how long. Any thread. */
  public FeedHealth health() {
    return new FeedHealth(up, Duration.ofNanos(time.nanos() - changed));
  }

  /** Closes the stream and opens it anew: the server has forgotten us although it is open. Any thread. */
  public void reopen() {
    var thread = reader;
    if (thread != null && up) {
      thread.interrupt();
    }
  }

  /** Tells the server what the open stream is for, if that has changed; one that is not open tells when it opens. Any thread. */
  public void updateRouting() throws InterruptedException {
    routing.lock();
    try {
      var ids = offer.get().codebaseIds();
      if (up && !ids.equals(routed)) {
        client.routeCodebases(offer.get().workerId(), ids);
        routed = ids;
        poll.run(); // what was announced for a new one before that went to nobody
      }
    } catch (CallFailed e) {
      LOG.debug("routing was not told, the stream is opened anew: {}", e.getMessage());
      reopen();
    } finally {
      routing.unlock();
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
        CallFailed failed = null;
        try {
          listen();
          LOG.info("stream ended by the server");
        } catch (CallFailed e) {
          failed = e;
        }
        failures = lived.compareTo(SETTLED) >= 0 ? 1 : failures;
        if (!Thread.interrupted()) {
          pause(failures, failed);
        }
      } catch (InterruptedException e) {
        LOG.debug("stream interrupted");
      }
    }
  }

  private void pause(int failures, CallFailed failed) throws InterruptedException {
    poll.run(); // a gap begins: what is announced in it is found by asking
    var lasting = failed != null && (failed.kind() == CallFailed.Kind.DENIED || !failed.kind().again());
    if (failed != null && (failures == 1 || lasting)) {
      LOG.warn("stream down, tasks are polled for: {}", failed.line());
    }
    var wait = (lasting ? Retry.DENIED : Retry.STREAM).delay(failures, failed == null ? Duration.ZERO : failed.retryAfter(), random);
    time.sleep(wait.toMillis() < serverWait ? Duration.ofMillis(serverWait) : wait);
  }

  /** Reads one stream to its end. */
  private void listen() throws CallFailed, InterruptedException {
    lived = Duration.ZERO;
    var opening = time.nanos();
    var now = offer.get();
    try (var stream = client.tasks(now.workerId(), now.agentName(), now.codebaseIds(), now.capabilities(), now.slots(), lastId, silence)) {
      for (var event = stream.next(); event != null; event = stream.next()) {
        if (!up) {
          opened(now.codebaseIds());
        }
        lastId = event.id() == null ? lastId : event.id();
        serverWait = Math.clamp(stream.retryMillis(), 0, 60_000);
        take(event);
      }
    } finally {
      lived = up ? Duration.ofNanos(time.nanos() - opening) : Duration.ZERO;
      changed = up ? time.nanos() : changed;
      up = false;
    }
  }

  private void opened(List<String> ids) throws InterruptedException {
    routing.lock();
    try {
      routed = Client.streamTells(ids) ? ids : null;
      changed = time.nanos();
      up = true;
    } finally {
      routing.unlock();
    }
    LOG.info("stream open, tasks are heard of at once");
    poll.run(); // what was announced before is found by asking
    updateRouting();
  }

  private void take(Sse.Event event) {
    switch (event.name()) {
      case "task_available", "task", "task_assigned", "task.created", "task.assigned" ->
          Json.readObject(event.data()).flatMap(Task::read).ifPresentOrElse(task -> {
            if (!task.raw().has("codebase_id") && !task.raw().has("workspace_id") && !task.raw().has("metadata")) {
              poll.run(); // so thin that it does not even tell where: the list does
            } else {
              listener.task(task);
            }
          }, () -> LOG.warn("stream brought a task event without an id: {} characters", event.data().length()));
      case "task_cancelled" -> Json.readObject(event.data()).ifPresent(data -> {
        var id = Json.text(data, "task_id", "id");
        if (id != null) {
          listener.cancelled(id, Json.text(data, "reason"));
        }
      });
      case "error" -> LOG.warn("stream says: {}", event.data().length() > 200 ? event.data().substring(0, 200) : event.data());
      default -> { } // connected, heartbeat, ping and whatever comes later: a sign of life, which the read itself was
    }
  }
}
