package lib.server.task;

import module java.base;
import lib.core.Clock;
import lib.protocol.Timestamps;
import lib.server.db.SessionTable;
import lib.server.db.TaskTable;
import lib.store.Database.Sync;
import lib.store.Database;
import lib.store.DatabaseException;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Deletes what the server need not keep: tasks that ended long ago, the oldest ones past a size, and the sessions of workers that
 * have not been seen for as long. It never deletes a task that waits or runs. Thread-safe.
 */
public record Retention(Database database, Clock time, Limits limits) {
  private static final Logger LOG = LoggerFactory.getLogger(Retention.class);

  /** @param days that ended tasks and the sessions of absent workers stay @param bytes of all ended tasks and their output together */
  public record Limits(int days, long bytes) {}

  /** What was deleted. @param bytes of the tasks' texts and output; the file keeps its size and is filled again */
  public record Pruned(int tasks, int sessions, long bytes) {}

  /** Deletes what is over the limits; a dry run only counts it. */
  public Pruned prune(boolean dryRun) throws DatabaseException, InterruptedException {
    var oldest = Timestamps.format(time.now().minus(Duration.ofDays(limits.days)));
    var tasks = 0;
    var bytes = 0L;
    var expired = database.read(sql -> TaskTable.expired(sql, oldest, limits.bytes));
    for (var task : expired) { // each in a write of its own, since other writes wait meanwhile
      if (dryRun || database.write(Sync.PROCESS, sql -> TaskTable.delete(sql, task.id()))) {
        tasks++;
        bytes += task.bytes();
      }
    }
    var sessions = dryRun ? database.read(sql -> SessionTable.countAbandoned(sql, oldest))
        : database.write(Sync.PROCESS, sql -> SessionTable.removeAbandoned(sql, oldest));
    if (!dryRun && tasks + sessions > 0) {
      LOG.info("server pruned tasks={} sessions={} bytes={}", tasks, sessions, bytes);
    }
    return new Pruned(tasks, sessions, bytes);
  }
}
