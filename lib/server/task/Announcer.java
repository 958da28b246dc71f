package lib.server.task;

import com.fasterxml.jackson.databind.node.ObjectNode;
import java.sql.SQLException;
import lib.core.Json;
import lib.protocol.Task;
import lib.server.db.IncreasingTime;
import lib.server.db.TaskTable;
import lib.server.http.ServerSentEvents;
import lib.server.worker.LiveWorkers;
import lib.server.worker.WorkerStream;
import lib.store.Database;
import lib.store.DatabaseException;
import lib.store.Sql;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Sends hints to the open streams: which task is pending, which one to stop. Nobody keeps account of them, since a worker
 * polls after each task and every 30 seconds. Never waits for a client. Thread-safe.
 */
public final class Announcer {
  private static final Logger LOG = LoggerFactory.getLogger(Announcer.class);
  private static final int MAX_PENDING = 100; // more than a worker runs before it polls

  private final Database database;
  private final LiveWorkers liveWorkers;
  private final IncreasingTime stamps;

  public Announcer(Database database, LiveWorkers liveWorkers, IncreasingTime stamps) {
    this.database = database;
    this.liveWorkers = liveWorkers;
    this.stamps = stamps;
  }

  /**
   * Announces a task that has become pending.
   *
   * @param giver the worker that has just returned it, or null; its next poll brings the task again
   */
  public void announce(String id, String giver) {
    try {
      database.read(sql -> {
        var task = TaskTable.find(sql, id);
        if (task.isPresent()) {
          announce(sql, task.get(), giver);
        }
        return null;
      });
    } catch (DatabaseException e) {
      LOG.warn("announcement lost task={}: {}; the next poll brings it", id, e.getMessage());
    }
  }

  private void announce(Sql sql, ObjectNode json, String giver) throws SQLException {
    var task = Task.read(json).orElseThrow();
    byte[] event = null;
    for (var stream : liveWorkers.streams()) {
      if (!stream.workerId().equals(giver) && liveWorkers.isOffered(sql, task, liveWorkers.candidate(sql, stream.workerId()))) {
        event = event == null ? event(json) : event;
        stream.offer(event);
      }
    }
  }

  /** Announces to one stream the first pending tasks for its worker. */
  public void announcePending(WorkerStream stream) throws DatabaseException {
    database.read(sql -> {
      var worker = liveWorkers.candidate(sql, stream.workerId());
      return TaskTable.pending(sql, worker, liveWorkers.openCodebases(sql, worker), MAX_PENDING, MAX_PENDING);
    }).forEach(task -> stream.offer(event(task)));
  }

  /** Asks the worker to stop its running task; the answer to its next heartbeat says the same. */
  public void cancelled(String worker, String task, String reason) {
    var data = Json.object().put("id", task).put("task_id", task).put("reason", reason);
    liveWorkers.stream(worker).ifPresent(stream -> stream.offer(ServerSentEvents.event("task_cancelled", data)));
  }

  public void heartbeat() {
    liveWorkers.streams().forEach(stream -> stream.heartbeat(stamps.next()));
  }

  /** The event with every name that any worker looks for. */
  private static byte[] event(ObjectNode json) {
    var task = TaskTable.forEvent(json);
    task.put("task_id", task.path("id").asText());
    return ServerSentEvents.event("task_available", task.has("prompt") ? task.put("description", task.path("prompt").asText()) : task);
  }
}
