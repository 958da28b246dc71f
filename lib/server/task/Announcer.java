package lib.server.task;

import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.stream.Collectors;
import lib.core.Json;
import lib.protocol.Task;
import lib.server.db.IncreasingTime;
import lib.server.db.TaskTable;
import lib.server.http.ServerSentEvents;
import lib.server.worker.Leases;
import lib.server.worker.LiveWorkers;
import lib.server.worker.WorkerStream;
import lib.store.Database;
import lib.store.DatabaseException;

/** Tells open streams what is there to do and what to stop. Never waits for a client. Thread-safe. */
public final class Announcer {
  private final Database database;
  private final LiveWorkers fleet;
  private final Leases leases;
  private final IncreasingTime stamps;

  public Announcer(Database database, LiveWorkers fleet, Leases leases, IncreasingTime stamps) {
    this.database = database;
    this.fleet = fleet;
    this.leases = leases;
    this.stamps = stamps;
  }

  /** A task has become pending. @param giver a worker that has just given it back: only its poll shall bring it again */
  public void available(String id, String giver) throws DatabaseException {
    var told = database.read(sql -> TaskTable.told(sql, id));
    if (told.isPresent()) {
      available(told.get(), giver);
    }
  }

  private void available(ObjectNode task, String giver) {
    var read = Task.read(task).orElseThrow();
    byte[] frame = null;
    for (var stream : fleet.streams()) {
      if (stream.workerId().equals(giver)) {
        stream.told(read);
      } else if (!free(stream)) {
        stream.fallBehind();
      } else if (fleet.offered(read, fleet.candidate(stream.workerId()))) {
        frame = frame == null ? frame(task) : frame;
        stream.tell(read, frame);
      }
    }
  }

  /** A task is not pending any more: somebody has it, or nobody will. */
  public void gone(String task) {
    fleet.streams().forEach(stream -> stream.gone(task));
  }

  /** Forgets tasks that streams count as pending and that are not, since one may be taken while it is being told. */
  public void forgetGone() throws DatabaseException {
    var ahead = fleet.streams().stream().flatMap(stream -> stream.ahead().stream()).collect(Collectors.toSet());
    if (!ahead.isEmpty()) {
      ahead.removeAll(database.read(TaskTable::pendingIds));
      ahead.forEach(this::gone);
    }
  }

  /** Tells the worker, if it has a slot free, of pending tasks that it was not told of yet. */
  public void refill(String worker) throws DatabaseException {
    var stream = fleet.stream(worker);
    if (stream.isPresent() && free(stream.get()) && stream.get().catchUp()) {
      replay(stream.get());
    }
  }

  /** The same after what the worker offers has changed, so that other tasks may be for it. */
  public void reconsider(String worker) throws DatabaseException {
    fleet.stream(worker).ifPresent(WorkerStream::fallBehind);
    refill(worker);
  }

  /** Tells a stream of pending tasks that are for its worker and that it was not told of yet, as many as it has room for. */
  public void replay(WorkerStream stream) throws DatabaseException {
    stream.catchUp();
    var candidate = fleet.candidate(stream.workerId());
    var tasks = database.read(sql -> TaskTable.toTell(sql, stream.room(), stream::room,
        task -> !stream.knows(task) && fleet.offered(task, candidate)));
    tasks.forEach(task -> stream.tell(Task.read(task).orElseThrow(), frame(task)));
    if (!tasks.isEmpty()) {
      stream.fallBehind(); // there may be more than fit; the next look finds out, and is the last when it finds none
    }
  }

  /** The worker's running task is to be stopped; its next heartbeat hears the same. */
  public void cancelled(String worker, String task, String reason) {
    var data = Json.object().put("id", task).put("task_id", task).put("reason", reason);
    fleet.stream(worker).ifPresent(stream -> stream.offer(ServerSentEvents.event("task_cancelled", data)));
  }

  public void heartbeat() {
    fleet.streams().forEach(stream -> stream.heartbeat(stamps.next()));
  }

  private boolean free(WorkerStream stream) {
    return leases.held(stream.workerId()) < stream.slots();
  }

  /** The event with every name that any worker looks for. */
  private static byte[] frame(ObjectNode task) {
    task.put("task_id", task.path("id").asText());
    return ServerSentEvents.event("task_available", task.has("prompt") ? task.put("description", task.path("prompt").asText()) : task);
  }
}
