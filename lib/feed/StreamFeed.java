package lib.feed;

import java.time.Duration;
import java.util.function.Supplier;
import java.util.random.RandomGenerator;
import lib.config.Json;
import lib.config.Time;
import lib.wire.CallFailed;
import lib.wire.Client;
import lib.wire.Retry;
import lib.wire.Sse;
import lib.wire.Task;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Hears of tasks at once, over {@code GET /v1/worker/tasks/stream}. One stream at a time: the old one is closed before a
 * new one opens, since a server forgets a worker when its old stream ends late. Run it on a virtual thread and interrupt
 * that thread to end it.
 */
public final class StreamFeed implements Runnable {
  private static final Logger LOG = LoggerFactory.getLogger(StreamFeed.class);

  private final Client client;
  private final Supplier<Offer> offer;
  private final Duration silence;
  private final Listener listener;
  private final Runnable poll;
  private final Time time;
  private final RandomGenerator random;
  private volatile boolean up;
  private volatile Thread reader;
  private volatile boolean reopen;
  private boolean heard; // the rest belongs to the reading thread
  private String lastId;
  private long serverWait;

  /**
   * A feed that is not yet open.
   *
   * @param silence a stream that brings no byte for so long is opened anew
   * @param poll asks for a poll now: after every gap, and when an announcement says too little
   */
  public StreamFeed(Client client, Supplier<Offer> offer, Duration silence, Listener listener, Runnable poll, Time time,
      RandomGenerator random) {
    this.client = client;
    this.offer = offer;
    this.silence = silence;
    this.listener = listener;
    this.poll = poll;
    this.time = time;
    this.random = random;
  }

  /** Whether the stream is open. */
  public boolean up() {
    return up;
  }

  /** Closes the stream and opens it anew: the server has forgotten us although it is open. Any thread. */
  public void reopen() {
    var thread = reader;
    if (thread != null && up) {
      reopen = true;
      thread.interrupt();
    }
  }

  @Override
  public void run() {
    reader = Thread.currentThread();
    for (var failures = 1; ; failures++) {
      CallFailed failed = null;
      try {
        listen();
        LOG.info("stream ended by the server");
      } catch (CallFailed e) {
        failed = e;
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt(); // looked at below, like an interrupt in the middle of a read
      }
      failures = heard ? 1 : failures;
      try {
        if (reopen) {
          reopen = false;
          Thread.interrupted();
        } else if (Thread.interrupted()) {
          return;
        } else {
          pause(failures, failed);
        }
      } catch (InterruptedException e) {
        return;
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
    heard = false;
    var now = offer.get();
    try (var stream = client.tasks(now.workerId(), now.agentName(), now.codebaseIds(), now.capabilities(), now.slots(), lastId, silence)) {
      for (var event = stream.next(); event != null; event = stream.next()) {
        if (!heard) {
          heard = true;
          up = true;
          LOG.info("stream open, tasks are heard of at once");
          poll.run(); // what was announced before is found by asking
        }
        lastId = event.id();
        serverWait = Math.clamp(stream.retryMillis(), 0, 60_000);
        take(event);
      }
    } finally {
      up = false;
    }
  }

  private void take(Sse.Event event) {
    switch (event.name()) {
      case "task_available", "task", "task_assigned", "task.created", "task.assigned" ->
          Json.readObject(event.data()).flatMap(Task::read).ifPresentOrElse(task -> {
            if (task.codebaseId() == null && task.raw().path("metadata").isMissingNode()) {
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
