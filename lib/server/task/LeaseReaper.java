package lib.server.task;

import java.time.Duration;
import java.util.List;
import lib.core.Clock;
import lib.protocol.TaskStatus;
import lib.server.db.IncreasingTime;
import lib.server.db.TaskTable;
import lib.server.worker.Leases;
import lib.server.worker.LiveWorkers;
import lib.store.Database;
import lib.store.DatabaseException;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Frees the tasks of workers that vanished, and fails those that nobody takes. It also is the pulse of the open streams:
 * a beat tells a client that the server lives, and the server that the client does not.
 */
public final class LeaseReaper {
  private static final Logger LOG = LoggerFactory.getLogger(LeaseReaper.class);

  /** How often it looks; also how often a quiet output stream gets a comment. Task streams get a heartbeat every other time. */
  public static final Duration INTERVAL = Duration.ofSeconds(15);

  private static final int PRUNE_BEATS = 240; // once an hour

  /** What one look led to. */
  public record Sweep(String at, int checked, int requeued, int failed, int cancelled) {}

  private final Database database;
  private final TaskService tasks;
  private final LiveWorkers liveWorkers;
  private final Leases leases;
  private final Announcer announcer;
  private final TaskSignals signals;
  private final IncreasingTime stamps;
  private volatile Sweep last;

  public LeaseReaper(Database database, TaskService tasks, LiveWorkers liveWorkers, Leases leases, Announcer announcer, TaskSignals signals,
      IncreasingTime stamps) {
    this.database = database;
    this.tasks = tasks;
    this.liveWorkers = liveWorkers;
    this.leases = leases;
    this.announcer = announcer;
    this.signals = signals;
    this.stamps = stamps;
  }

  /** Looks at every running task and at every pending one that was declined. */
  public Sweep sweep() throws DatabaseException, InterruptedException {
    var counts = new int[TaskStatus.values().length];
    liveWorkers.closeDead();
    var leased = leases.all();
    var running = database.read(TaskTable::running);
    leases.reconcile(leased, running);
    for (var task : running) {
      if (leases.isOver(task.id())) {
        counts[tasks.expire(task.id()).ordinal()]++;
      }
    }
    for (var id : database.read(TaskTable::declined)) {
      counts[TaskStatus.FAILED.ordinal()] += tasks.failIfNobodyIsLeft(id) ? 1 : 0;
    }
    last = new Sweep(stamps.next(), running.size(), counts[TaskStatus.PENDING.ordinal()],
        counts[TaskStatus.FAILED.ordinal()], counts[TaskStatus.CANCELLED.ordinal()]);
    return last;
  }

  /** Running tasks that have been silent for at least so long. */
  public List<TaskTable.Running> silent(Duration least) throws DatabaseException {
    return database.read(TaskTable::running).stream()
        .filter(task -> leases.silence(task.id()).compareTo(least) >= 0).toList();
  }

  /** What the last look led to; null before the first. */
  public Sweep last() {
    return last;
  }

  /** Looks, beats and prunes until interrupted; whatever fails is tried again at the next interval. */
  public void run(Clock time, Retention retention) {
    try {
      for (var beat = 1; ; beat++) {
        time.sleep(INTERVAL);
        try {
          signals.signalAll();
          if (beat % 2 == 0) {
            announcer.heartbeat();
          }
          sweep();
          if (beat % PRUNE_BEATS == 0) {
            retention.prune(false);
          }
        } catch (DatabaseException | RuntimeException | Error e) { // nothing else would free tasks and end what hangs
          LOG.error("lease sweep failed, trying again seconds={}", INTERVAL.toSeconds(), e);
        }
      }
    } catch (InterruptedException e) {
      LOG.debug("lease sweeps ended");
    }
  }
}
