package lib.task;

import java.time.Duration;
import java.util.HashSet;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import lib.feed.StreamFeed;
import lib.outbox.Attempt;
import lib.outbox.Outbox;
import lib.store.StoreFailed;
import lib.wire.CallFailed;
import lib.wire.Claim;
import lib.wire.Client;
import lib.wire.TaskStatus;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Looks after running tasks at servers that never say "stop": reads each again every 15 s. A cancelled task is stopped; one
 * that was put back is claimed again; one that belongs to another worker in two reads is stopped. Others' {@code failed} and
 * {@code completed} are not heeded, since old servers mark healthy long tasks so. Run it on a virtual thread and interrupt
 * that thread to end it.
 */
final class Watch implements Runnable {
  private static final Logger LOG = LoggerFactory.getLogger(Watch.class);
  private static final Duration ROUND = Duration.ofSeconds(15);
  private static final int STREAM_CHECK = 4; // rounds between looks at the server's list of streams: a minute
  private static final int MAX_ASKED = 1000; // at the bound a hint is dropped: the next round reads every task anyway

  private final Client client;
  private final String workerId;
  private final Running running;
  private final Outbox outbox;
  private final StreamFeed stream;
  private final LinkedBlockingQueue<String> asked = new LinkedBlockingQueue<>(MAX_ASKED);
  private final Map<String, String> foreign = new ConcurrentHashMap<>();

  Watch(Client client, String workerId, Running running, Outbox outbox, StreamFeed stream) {
    this.client = client;
    this.workerId = workerId;
    this.running = running;
    this.outbox = outbox;
    this.stream = stream;
  }

  /** Looks at this running task at once: it was announced again. Any thread. */
  void soon(String taskId) {
    asked.offer(taskId);
  }

  @Override
  public void run() {
    try {
      for (var round = 1; ; round++) {
        var hint = asked.poll(ROUND.toMillis(), TimeUnit.MILLISECONDS);
        var only = hint == null ? null : new HashSet<>(Set.of(hint));
        if (only != null) {
          asked.drainTo(only);
        }
        for (var attempt : running.attempts()) {
          if (only == null || only.contains(attempt.taskId())) {
            look(attempt, only == null);
          }
        }
        if (round % STREAM_CHECK == 0 && stream.up() && !connected()) {
          LOG.warn("the server has lost our stream although it is open; opening it anew");
          stream.reopen();
        }
      }
    } catch (InterruptedException e) {
      LOG.debug("watch ends");
    }
  }

  private void look(Attempt attempt, boolean round) throws InterruptedException {
    try {
      var task = client.task(attempt.taskId());
      var owner = task.workerId();
      var theirs = task.status() == TaskStatus.RUNNING && owner != null && !owner.equals(workerId) ? owner : null;
      if (task.status() == TaskStatus.CANCELLED) {
        running.stop(task.id(), new StopOrder(StopOrder.Cause.CANCELLED, "the server", ""));
      } else if (task.status() == TaskStatus.PENDING) {
        again(attempt);
      } else if (theirs != null && theirs.equals(foreign.get(task.id())) && round) {
        running.stop(task.id(), new StopOrder(StopOrder.Cause.LOST, "the server", "it belongs to worker " + theirs));
      }
      if (theirs == null) {
        foreign.remove(task.id());
      } else if (round) {
        foreign.put(task.id(), theirs);
      }
    } catch (CallFailed e) {
      LOG.debug("task={} could not be read: {}", attempt.taskId(), e.getMessage());
    }
  }

  /** The server put it back while it runs: it stays ours if the server agrees. */
  private void again(Attempt attempt) throws CallFailed, InterruptedException {
    LOG.info("task={} was put back while it runs, claiming it again", attempt.taskId());
    switch (client.claim(attempt.taskId(), workerId)) {
      case Claim.Lost lost -> running.stop(attempt.taskId(), new StopOrder(StopOrder.Cause.LOST, "the server", lost.why()));
      case Claim.Won won -> {
        try {
          outbox.running(attempt, null);
        } catch (StoreFailed e) {
          LOG.warn("task={} could not say that it runs: {}", attempt.taskId(), e.getMessage());
        }
      }
    }
  }

  private boolean connected() throws InterruptedException {
    try {
      return client.connected(workerId);
    } catch (CallFailed e) {
      return true; // a server that does not answer says nothing about our stream
    }
  }
}
