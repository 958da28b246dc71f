package lib.worker.presence;

import java.time.Duration;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import lib.core.Clock;
import lib.feed.StreamFeed;
import lib.journal.Attempt;
import lib.outbox.Outbox;
import lib.store.StoreFailed;
import lib.wire.CallFailed;
import lib.wire.Claim;
import lib.wire.Client;
import lib.wire.TaskStatus;
import lib.worker.admission.RunningTasks;
import lib.worker.admission.StopRequest;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Looks after running tasks at servers that never say "stop": reads each again every 15 s. A cancelled task is stopped; one
 * that was put back is claimed again; one that is not ours in two rounds is stopped. Others' {@code failed} and
 * {@code completed} are not heeded, since old servers mark healthy long tasks so. Run it on a virtual thread and interrupt
 * that thread to end it.
 */
public final class TaskStatusPoller implements Runnable {
  private static final Logger LOG = LoggerFactory.getLogger(TaskStatusPoller.class);
  private static final Duration ROUND = Duration.ofSeconds(15);
  private static final int STREAM_CHECK = 4; // rounds between looks at the server's list of streams: a minute
  private static final int MISSES = 3; // another replica may not have heard of the stream; so many in a row are no accident
  private static final int MAX_ASKED = 1000; // at the bound a hint is dropped: the next round reads every task anyway

  private final Client client;
  private final String workerId;
  private final RunningTasks running;
  private final Outbox outbox;
  private final StreamFeed stream;
  private final LinkedBlockingQueue<String> asked = new LinkedBlockingQueue<>(MAX_ASKED);
  private final Map<String, String> suspects = new HashMap<>(); // why a task seemed not to be ours in the last round
  private final Clock time;

  public TaskStatusPoller(Client client, String workerId, RunningTasks running, Outbox outbox, StreamFeed stream, Clock time) {
    this.client = client;
    this.workerId = workerId;
    this.running = running;
    this.outbox = outbox;
    this.stream = stream;
    this.time = time;
  }

  /** Looks at this running task at once: it was announced again. Any thread. */
  public void pollSoon(String taskId) {
    asked.offer(taskId);
  }

  @Override
  public void run() {
    var round = time.nanos() + ROUND.toNanos();
    var rounds = 0;
    var misses = 0;
    try {
      while (true) {
        var hint = asked.poll(Math.max(0, round - time.nanos()), TimeUnit.NANOSECONDS);
        if (hint != null && time.nanos() < round) {
          var hints = new HashSet<>(Set.of(hint));
          asked.drainTo(hints);
          for (var attempt : running.attempts()) {
            if (hints.contains(attempt.taskId())) {
              look(attempt, false);
            }
          }
          continue;
        }
        round = time.nanos() + ROUND.toNanos();
        for (var attempt : running.attempts()) {
          look(attempt, true);
        }
        suspects.keySet().removeIf(task -> !running.has(task));
        if (++rounds % STREAM_CHECK == 0) {
          misses = stream.up() && !connected() ? misses + 1 : 0;
          if (misses == MISSES) {
            LOG.warn("the server has lost our stream although it is open; opening it anew");
            stream.reopen();
            misses = 0;
          }
        }
      }
    } catch (InterruptedException e) {
      LOG.debug("watch ends");
    }
  }

  /** @param round whether it is a turn of the regular rounds: only those count as separate reads */
  private void look(Attempt attempt, boolean round) throws InterruptedException {
    try {
      var told = outbox.told(attempt); // before that, some servers show it as pending although it is claimed
      var task = client.task(attempt.taskId());
      if (task.status() == TaskStatus.CANCELLED) {
        running.stop(task.id(), new StopRequest(StopRequest.Cause.CANCELLED, "the server", ""));
        return;
      }
      var doubt = switch (task.status()) {
        case RUNNING -> task.workerId() == null || task.workerId().equals(workerId) ? null : "it belongs to worker " + task.workerId();
        case PENDING -> told ? again(attempt) : null;
        default -> null;
      };
      if (!round) {
        return;
      }
      if (doubt != null && doubt.equals(suspects.put(task.id(), doubt))) {
        running.stop(task.id(), new StopRequest(StopRequest.Cause.SUPERSEDED, "the server", doubt));
      } else if (doubt == null) {
        suspects.remove(task.id());
      }
    } catch (CallFailed e) {
      LOG.debug("task={} could not be read: {}", attempt.taskId(), e.getMessage());
    }
  }

  /**
   * The server put it back while it runs: it stays ours if the server agrees.
   *
   * @return why it seems not to be ours; null when it is
   */
  private String again(Attempt attempt) throws CallFailed, InterruptedException {
    LOG.info("task={} was put back while it runs, claiming it again", attempt.taskId());
    return switch (client.claim(attempt.taskId(), workerId)) {
      case Claim.Lost lost -> stream.up() ? lost.why() : null; // without a stream some servers refuse any claim
      case Claim.Won won -> {
        try {
          outbox.running(attempt, null);
        } catch (StoreFailed e) {
          LOG.warn("task={} could not say that it runs: {}", attempt.taskId(), e.getMessage());
        }
        yield null;
      }
    };
  }

  private boolean connected() throws InterruptedException {
    try {
      return client.connected(workerId);
    } catch (CallFailed e) {
      return true; // a server that does not answer says nothing about our stream
    }
  }
}
