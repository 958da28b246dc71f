package lib.server.task;

import module java.base;
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
public record Announcer(Database database, LiveWorkers liveWorkers, IncreasingTime stamps) {
  private static final Logger LOG = LoggerFactory.getLogger(Announcer.class);
  private static final int MAX_PENDING = 100; // more than a worker runs before it polls
  private static final int MAX_EVENT_CHARS = 64 << 10; // events are small and many; a worker asks for the rest of a longer task
  /** What an event keeps of long metadata: who may take the task, and what tells one queueing of it from the next. */
  private static final List<String> KEPT = List.of("target_agent_name", "target_worker_id", "required_capabilities", "attempts",
      "manual_requeue_at", "last_stuck_at");

  /**
   * Announces a task that has become pending.
   *
   * @param giver the worker that has just returned it, or null; its next poll brings the task again
   */
  public void announce(String id, String giver) {
    try {
      var task = database.read(sql -> TaskTable.find(sql, id));
      if (task.isPresent()) {
        var offered = database.read(sql -> offered(sql, Task.read(task.get()).orElseThrow(), giver));
        var event = event(task.get());
        offered.forEach(stream -> stream.offer(event));
      }
    } catch (DatabaseException e) {
      LOG.warn("announcement lost task={}: {}; the next poll brings it", id, e.getMessage());
    }
  }

  private List<WorkerStream> offered(Sql sql, Task task, String giver) throws SQLException {
    var offered = new ArrayList<WorkerStream>();
    for (var stream : liveWorkers.streams()) {
      var worker = stream.worker().workerId();
      if (!worker.equals(giver) && liveWorkers.isOffered(sql, task, liveWorkers.candidate(sql, worker))) {
        offered.add(stream);
      }
    }
    return offered;
  }

  /** Announces to one stream the first pending tasks for its worker. */
  public void announcePending(WorkerStream stream) throws DatabaseException {
    database.read(sql -> {
      var worker = liveWorkers.candidate(sql, stream.worker().workerId());
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

  /** The event with every name that any worker looks for. One of a long task lacks the prompt, so that the worker asks for the task. */
  private static byte[] event(ObjectNode task) {
    task.put("task_id", task.path("id").asText());
    if (Json.write(task).length() > MAX_EVENT_CHARS) {
      task.remove("prompt");
      ((ObjectNode) task.path("metadata")).retain(KEPT);
    } else {
      task.put("description", task.path("prompt").asText());
    }
    return ServerSentEvents.event("task_available", task);
  }
}
