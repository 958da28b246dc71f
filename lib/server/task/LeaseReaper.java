package lib.server.task;

import module java.base;
import lib.core.Clock;
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
public record LeaseReaper(Database database, TaskService tasks, LiveWorkers liveWorkers, Leases leases, Announcer announcer, OutputLog outputs) {
  private static final Logger LOG = LoggerFactory.getLogger(LeaseReaper.class);

  /** How often it looks; also how often a quiet output stream gets a comment. Task streams get a heartbeat every other time. */
  public static final Duration INTERVAL = Duration.ofSeconds(15);

  private static final int PRUNE_BEATS = 240; // once an hour, and soon after the start: many a server lives for minutes

  /** Looks at every running task and at every pending one that was declined. */
  public void sweep() throws DatabaseException, InterruptedException {
    liveWorkers.closeDead();
    var leased = leases.all();
    var running = database.read(TaskTable::running);
    leases.reconcile(leased, running);
    for (var task : running.keySet()) {
      if (leases.isOver(task)) {
        tasks.expire(task);
      }
    }
    for (var id : database.read(TaskTable::declined)) {
      tasks.failIfNobodyIsLeft(id);
    }
  }

  /** Looks, beats and prunes until interrupted; whatever fails is tried again at the next interval. */
  public void run(Clock time, Retention retention) {
    try {
      for (var beat = 1; ; beat++) {
        time.sleep(INTERVAL);
        try {
          outputs.wakeAll();
          if (beat % 2 == 0) {
            announcer.heartbeat();
          }
          sweep();
          if (beat % PRUNE_BEATS == 1) {
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
