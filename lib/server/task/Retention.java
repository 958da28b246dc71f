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
public final class Retention {
  private static final Logger LOG = LoggerFactory.getLogger(Retention.class);

  /** @param days that ended tasks and the sessions of absent workers stay @param bytes of all ended tasks and their output together */
  public record Limits(int days, long bytes) {}

  /** What was deleted. @param bytes of the tasks' texts and output; the file keeps its size and is filled again */
  public record Pruned(int tasks, int sessions, long bytes) {}

  private final Database database;
  private final Clock time;
  private final Limits limits;

  public Retention(Database database, Clock time, Limits limits) {
    this.database = database;
    this.time = time;
    this.limits = limits;
  }

  public Limits limits() {
    return limits;
  }

  /** Deletes what is over the limits; a dry run only counts it. */
  public Pruned prune(boolean dryRun) throws DatabaseException, InterruptedException {
    var oldest = Timestamps.format(time.now().minus(Duration.ofDays(limits.days)));
    var tasks = 0;
    var bytes = 0L;
    for (var task : expired(oldest)) { // each in a write of its own, since other writes wait meanwhile
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

  private List<TaskTable.Ended> expired(String oldest) throws DatabaseException {
    var expired = new ArrayList<TaskTable.Ended>();
    var kept = new long[1];
    database.read(sql -> {
      TaskTable.walkEnded(sql, task -> {
        kept[0] += task.bytes();
        if (task.at().compareTo(oldest) < 0 || kept[0] > limits.bytes) {
          expired.add(task);
        }
      });
      return null;
    });
    return expired;
  }
}
