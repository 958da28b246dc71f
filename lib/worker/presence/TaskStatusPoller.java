package lib.worker.presence;

import module java.base;
import lib.client.ServerFeatures;
import lib.client.http.ApiException;
import lib.feed.StreamFeed;
import lib.journal.Attempt;
import lib.outbox.Outbox;
import lib.protocol.Claim;
import lib.protocol.Task;
import lib.protocol.TaskStatus;
import lib.store.DatabaseException;
import lib.worker.admission.RunningTasks;
import lib.worker.admission.StopRequest;
import lib.worker.context.WorkerContext;
import lib.worker.context.WorkerEvent;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Reads running tasks again: each that the server announces, and every 15 s all of them where the server sends no stop requests.
 * It stops a cancelled task, claims one that was queued again, and stops one that belongs to another worker in two rounds. It
 * ignores {@code failed} and {@code completed} set by others, since old servers mark healthy long tasks so. Run it on a virtual
 * thread and interrupt that thread to end it.
 */
public final class TaskStatusPoller {
  private static final Logger LOG = LoggerFactory.getLogger(TaskStatusPoller.class);
  private static final Duration ROUND = Duration.ofSeconds(15);
  private static final int STREAM_CHECK = 4; // rounds between looks at the server's list of streams: a minute
  private static final int MAX_MISSES = 3; // another replica may not know of the stream; so many in a row are no accident
  private static final int MAX_ANNOUNCED = 1000; // past that an announcement is dropped: the task is announced or read again

  private final WorkerContext context;
  private final RunningTasks running;
  private final Outbox outbox;
  private final StreamFeed stream;
  private final LinkedBlockingQueue<String> announced = new LinkedBlockingQueue<>(MAX_ANNOUNCED);
  private final Map<String, String> suspects = new HashMap<>(); // why a task seemed to belong to another in the last round
  private int rounds;
  private int misses;

  public TaskStatusPoller(WorkerContext context, RunningTasks running, Outbox outbox, StreamFeed stream) {
    this.context = context;
    this.running = running;
    this.outbox = outbox;
    this.stream = stream;
    context.events().subscribe(event -> {
      if (event instanceof WorkerEvent.RunningTaskAnnounced task) {
        announced.offer(task.taskId());
      }
    });
  }

  /** Runs until its thread is interrupted. */
  public void run() throws InterruptedException {
    var server = context.server().features();
    var next = context.clock().nanos() + ROUND.toNanos();
    while (true) {
      var task = server.sendsStops() ? announced.take() : announced.poll(Math.max(0, next - context.clock().nanos()), TimeUnit.NANOSECONDS);
      if (task != null) {
        var tasks = new HashSet<>(Set.of(task));
        announced.drainTo(tasks);
        for (var attempt : running.attempts()) {
          if (tasks.contains(attempt.taskId())) {
            look(attempt, server, false);
          }
        }
      }
      if (!server.sendsStops() && context.clock().nanos() >= next) {
        next = context.clock().nanos() + ROUND.toNanos();
        round(server);
      }
    }
  }

  private void round(ServerFeatures server) throws InterruptedException {
    for (var attempt : running.attempts()) {
      look(attempt, server, true);
    }
    suspects.keySet().removeIf(task -> !running.has(task));
    if (++rounds % STREAM_CHECK == 0) {
      misses = stream.up() && !isConnected() ? misses + 1 : 0;
      if (misses == MAX_MISSES) {
        LOG.warn("stream lost, opening it again: the server does not list it although it is open");
        stream.reopen();
        misses = 0;
      }
    }
  }

  /** @param regular whether it is one of the rounds: only those count as separate reads */
  private void look(Attempt attempt, ServerFeatures server, boolean regular) throws InterruptedException {
    try {
      // before the report of the claim arrives, some servers show the task as pending
      var reported = server.claimSetsRunning() || outbox.isDelivered(attempt);
      var task = context.client().task(attempt.taskId());
      if (isCancelled(task)) {
        return;
      }
      var doubt = switch (task.status()) {
        case RUNNING -> task.workerId() == null || task.workerId().equals(context.workerId()) ? null : "it belongs to worker " + task.workerId();
        case PENDING -> reported ? reclaim(attempt, server) : null;
        default -> null;
      };
      if (!regular) {
        return;
      }
      if (doubt == null) {
        suspects.remove(task.id());
      } else if (doubt.equals(suspects.put(task.id(), doubt))) {
        supersede(attempt, doubt);
      }
    } catch (ApiException | DatabaseException e) {
      LOG.debug("task={} not read, trying at the next round: {}", attempt.taskId(), e.getMessage());
    }
  }

  private boolean isCancelled(Task task) {
    if (task.status() != TaskStatus.CANCELLED) {
      return false;
    }
    running.stop(task.id(), new StopRequest(StopRequest.Cause.CANCELLED, "the server", ""));
    return true;
  }

  private void supersede(Attempt attempt, String why) {
    running.stop(attempt.taskId(), new StopRequest(StopRequest.Cause.SUPERSEDED, "the server", why));
  }

  /**
   * Claims a running task that the server has queued again.
   *
   * @return why it seems to belong to another worker; null when it does not
   */
  private String reclaim(Attempt attempt, ServerFeatures server) throws ApiException, DatabaseException, InterruptedException {
    LOG.info("task={} queued again while it runs, claiming it again", attempt.taskId());
    return switch (context.client().claim(attempt.taskId(), context.workerId(), attempt.fence())) {
      case Claim.Lost lost -> {
        if (server.numbersClaims()) { // its word is certain
          supersede(attempt, lost.why());
          yield null;
        }
        yield stream.up() ? lost.why() : null; // without a stream some servers refuse any claim
      }
      case Claim.Won won -> {
        if (!isCancelled(context.client().task(attempt.taskId()))) { // since the first read
          outbox.running(attempt, null); // or, when it has ended meanwhile, how
        }
        yield null;
      }
    };
  }

  private boolean isConnected() throws InterruptedException {
    try {
      return context.client().connected(context.workerId());
    } catch (ApiException e) {
      return true; // a server that does not answer says nothing about the stream
    }
  }
}
