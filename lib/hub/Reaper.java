package lib.hub;

import java.time.Duration;
import java.util.List;
import lib.core.Clock;
import lib.store.Database;
import lib.store.StoreFailed;
import lib.wire.TaskStatus;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Frees the tasks of workers that vanished, and fails those that nobody takes. It also is the pulse of the open streams:
 * a beat tells a client that the server lives, and the server that the client does not.
 */
final class Reaper {
  private static final Logger LOG = LoggerFactory.getLogger(Reaper.class);

  /** How often it looks; also how often a quiet output stream gets a comment. Task streams get a heartbeat every other time. */
  static final Duration INTERVAL = Duration.ofSeconds(15);

  /** What one look led to. */
  record Sweep(String at, int checked, int requeued, int failed, int cancelled) {}

  private final Database database;
  private final Tasks tasks;
  private final Fleet fleet;
  private final Leases leases;
  private final Dispatch dispatch;
  private final Bells bells;
  private final Patience patience;
  private final Stamps stamps;
  private volatile Sweep last;

  Reaper(Database database, Tasks tasks, Fleet fleet, Leases leases, Dispatch dispatch, Bells bells, Patience patience,
      Stamps stamps) {
    this.database = database;
    this.tasks = tasks;
    this.fleet = fleet;
    this.leases = leases;
    this.dispatch = dispatch;
    this.bells = bells;
    this.patience = patience;
    this.stamps = stamps;
  }

  /** Looks at every running task and at every pending one that was declined. */
  Sweep sweep() throws StoreFailed, InterruptedException {
    var counts = new int[TaskStatus.values().length];
    fleet.closeDead();
    dispatch.forgetGone();
    var leased = leases.all();
    var running = database.read(TaskTable::running);
    leases.agree(leased, running);
    for (var task : running) {
      if (leases.isOver(task.id())) {
        counts[tasks.lose(task.id()).ordinal()]++;
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
  List<TaskTable.Running> silent(Duration least) throws StoreFailed {
    return database.read(TaskTable::running).stream()
        .filter(task -> leases.silence(task.id()).compareTo(least) >= 0).toList();
  }

  /** What the last look led to; null before the first. */
  Sweep last() {
    return last;
  }

  /** Looks and beats until interrupted; whatever fails is tried again at the next interval. */
  void run(Clock time) {
    try {
      for (var beat = 1; ; beat++) {
        time.sleep(INTERVAL);
        try {
          patience.look();
          bells.ringAll();
          if (beat % 2 == 0) {
            dispatch.heartbeat();
          }
          sweep();
        } catch (StoreFailed | RuntimeException | Error e) { // nothing else would free tasks and end what hangs
          LOG.error("looking for vanished workers failed", e);
        }
      }
    } catch (InterruptedException e) {
      LOG.debug("no more looking for vanished workers");
    }
  }
}
