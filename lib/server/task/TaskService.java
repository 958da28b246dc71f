package lib.server.task;

import module java.base;
import static lib.protocol.TaskStatus.CANCELLED;
import static lib.protocol.TaskStatus.FAILED;
import static lib.protocol.TaskStatus.PENDING;
import static lib.protocol.TaskStatus.RUNNING;

import com.fasterxml.jackson.databind.node.ObjectNode;
import java.sql.SQLException;
import lib.protocol.Lease;
import lib.protocol.Task;
import lib.protocol.TaskReport;
import lib.protocol.TaskStatus;
import lib.protocol.Timestamps;
import lib.server.db.CodebaseTable;
import lib.server.db.IncreasingTime;
import lib.server.db.TaskTable.Draft;
import lib.server.db.TaskTable.Head;
import lib.server.db.TaskTable;
import lib.server.http.ApiError;
import lib.server.http.JsonBody;
import lib.server.rules.Eligibility;
import lib.server.rules.TaskTransition;
import lib.server.worker.Leases;
import lib.server.worker.LiveWorkers;
import lib.store.Database.Sync;
import lib.store.Database;
import lib.store.DatabaseException;
import lib.store.Sql;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The tasks and what happens to them. Every change is one transaction that looks at the row, asks {@link TaskTransition} and
 * {@link Eligibility}, and writes; streams and followers learn of it after the commit. Thread-safe.
 */
public record TaskService(Database database, IncreasingTime stamps, LiveWorkers liveWorkers, Leases leases, Announcer announcer, OutputLog outputs) {
  private static final Logger LOG = LoggerFactory.getLogger(TaskService.class);

  /** How often a task is started before a worker's vanishing fails it. */
  public static final int MAX_ATTEMPTS = 3;
  /** So long only its runner may have a task that was queued again while it ran: two heartbeats. */
  private static final Duration RECLAIM = Duration.ofSeconds(30);
  private static final int MAX_REASON = 1000; // characters of why a worker declined; every list of tasks tells them

  /** @throws ApiError when its codebase is unknown */
  public ObjectNode create(Draft draft) throws DatabaseException, InterruptedException {
    var task = database.write(Sync.POWER, sql -> {
      if (!draft.codebaseId().equals(Task.PENDING)) {
        CodebaseTable.check(sql, draft.codebaseId());
      }
      return TaskTable.find(sql, TaskTable.insert(sql, draft, stamps.next())).orElseThrow();
    });
    created(task.path("id").asText(), draft.codebaseId());
    return task;
  }

  /** Announces a task that another transaction has inserted. */
  public void created(String id, String codebase) {
    LOG.info("task created id={} codebase={}", id, codebase);
    announcer.announce(id, null);
  }

  /** @throws ApiError when there is none with this id */
  public ObjectNode get(String id) throws DatabaseException {
    return database.read(sql -> TaskTable.find(sql, id)).orElseThrow(TaskService::unknown);
  }

  public TaskStatus status(String id) throws DatabaseException {
    return database.read(sql -> head(sql, id)).state().status();
  }

  public List<ObjectNode> list(TaskStatus status, String codebase, String worker, int limit) throws DatabaseException {
    return database.read(sql -> TaskTable.list(sql, status, codebase, worker, limit));
  }

  /**
   * The pending tasks for this worker. Without a codebase a tenth of the limit of each comes first, so that a long queue hides
   * no other.
   *
   * @param agent the role that it names with this poll, or null
   * @param codebase the only one to look at, or null
   */
  public List<ObjectNode> pendingFor(String worker, String agent, String codebase, int limit) throws DatabaseException {
    return database.read(sql -> {
      var known = liveWorkers.candidate(sql, worker);
      var candidate = agent == null ? known : new Eligibility.Candidate(worker, agent, known.capabilities(), known.codebases());
      var open = liveWorkers.openCodebases(sql, candidate);
      if (codebase != null) {
        open.retainAll(Set.of(codebase));
      }
      return TaskTable.pending(sql, candidate, open, limit, codebase == null ? (limit + 9) / 10 : limit);
    });
  }

  /**
   * Compare-and-set from pending to running; repeating it as the owner gives the same attempt again.
   *
   * @param running the number of the claim under which this worker runs it already; 0 for none
   */
  public int claim(String id, String worker, int running) throws DatabaseException, InterruptedException {
    var attempt = database.write(Sync.POWER, sql -> {
      var head = head(sql, id);
      return switch (TaskTransition.claim(head.state(), worker, running)) {
        case TaskTransition.Claim take -> take(sql, head, worker);
        case TaskTransition.Refuse refuse -> throw refused(refuse, id);
        case TaskTransition.Reclaim back -> run(sql, id, worker, running);
        default -> head.state().attempt();
      };
    });
    LOG.info("task claimed id={} worker={} attempt={}", id, worker, attempt); // not within the write, which all others wait for
    leases.begin(id, worker, Lease.LENGTH);
    return attempt;
  }

  /** The worker runs the task from now on. */
  private int run(Sql sql, String id, String worker, int attempt) throws SQLException {
    var now = stamps.next();
    sql.update("UPDATE tasks SET status = 'running', worker_id = ?, attempt = ?, started_at = ?, updated_at = ? WHERE id = ?", worker, attempt,
        now, now, id);
    return attempt;
  }

  private int take(Sql sql, Head head, String worker) throws SQLException {
    var id = head.id();
    var refusal = liveWorkers.refusal(sql, head.task(), liveWorkers.candidate(sql, worker));
    if (refusal.isPresent()) {
      throw ApiError.of(409, "not_eligible", "Task " + id + " is not for worker " + worker + ": " + refusal.get());
    }
    if (head.leaseExpirations() == TaskTable.QUEUED_WHILE_RUNNING && Duration.between(Timestamps.parse(
        head.metadata().path("manual_requeue_at").asText()), Timestamps.parse(stamps.next())).compareTo(RECLAIM) < 0) {
      throw ApiError.of(409, "not_eligible", "Task " + id + " was queued again while it ran; its worker has "
          + RECLAIM.toSeconds() + " s to say that it still runs it");
    }
    return run(sql, id, worker, head.state().attempt() + 1);
  }

  /** What a report led to. @param changed whether the task has another status now */
  private record Reported(TaskStatus status, boolean changed) {}

  /**
   * A worker says how its task is.
   *
   * @param said a null status is a bare release
   * @param decline whether giving the task back means that this worker shall not get it again
   */
  public TaskStatus report(TaskReport said, boolean decline) throws DatabaseException, InterruptedException {
    var id = said.taskId();
    var durable = said.status() == RUNNING && said.attempt() > 0 ? Sync.PROCESS : Sync.POWER; // without one it may be a claim
    var outcome = database.write(durable, sql -> {
      var head = head(sql, id);
      var reported = switch (TaskTransition.report(head.state(), said, decline)) {
        case TaskTransition.Refuse refuse -> throw refused(refuse, id);
        case TaskTransition.Claim take -> {
          take(sql, head, said.workerId());
          yield new Reported(RUNNING, true);
        }
        case TaskTransition.Reclaim(var to) -> {
          run(sql, id, said.workerId(), said.attempt());
          yield new Reported(to == RUNNING ? to : end(sql, head, to, said.result(), said.error(), said.sessionId()), true);
        }
        case TaskTransition.Unchanged same -> new Reported(head.state().status(), false);
        case TaskTransition.Change(var to) -> new Reported(to == PENDING ? giveBack(sql, head, said, decline)
            : end(sql, head, to, said.result(), said.error(), said.sessionId()), true);
      };
      if (reported.status == RUNNING && said.sessionId() != null) {
        sql.update("UPDATE tasks SET session_id = ? WHERE id = ?", said.sessionId(), id);
      }
      return reported;
    });
    if (outcome.status == RUNNING) {
      leases.begin(id, said.workerId(), said.attempt() > 0 ? Lease.LENGTH : Leases.UNPROMISED);
    }
    if (outcome.changed) {
      LOG.info("task reported id={} status={} worker={}", id, outcome.status.word(), said.workerId());
      publish(id, outcome.status, said.workerId());
    }
    return outcome.status;
  }

  private TaskStatus giveBack(Sql sql, Head head, TaskReport said, boolean decline) throws SQLException {
    if (decline || head.task().registration()) {
      if (liveWorkers.knows(said.workerId()) && !Eligibility.hasDeclined(head.task(), said.workerId())) { // once each, or the list has no end
        var why = said.error() != null ? said.error() : said.result() != null ? said.result() : "no reason given";
        head.json().withArray("declined").addObject().put("worker_id", said.workerId())
            .put("reason", JsonBody.cut(why, MAX_REASON)).put("at", stamps.next());
        sql.update("UPDATE tasks SET declined = ? WHERE id = ?", head.json().path("declined").toString(), head.id());
      }
      if (liveWorkers.nobodyFor(sql, head.task())) {
        return end(sql, head, FAILED, null, declinedBy(head), null);
      }
    }
    return queueAgain(sql, head, Math.max(0, head.leaseExpirations()), head.metadata());
  }

  private static String declinedBy(Head head) {
    return "No worker that is there takes this task. " + head.json().path("declined").valueStream()
        .map(d -> d.path("worker_id").asText() + ": " + d.path("reason").asText()).collect(Collectors.joining("; "));
  }

  /** Fails the task when it was declined and, by now, nobody is left who may take it. */
  public void failIfNobodyIsLeft(String id) throws DatabaseException, InterruptedException {
    free(id, PENDING, (sql, head) -> liveWorkers.nobodyFor(sql, head.task()) ? end(sql, head, FAILED, null, declinedBy(head), null) : PENDING);
  }

  /** Takes the task from a worker whose lease is over: queued again, failed after the last attempt, or cancelled as asked. */
  public void expire(String id) throws DatabaseException, InterruptedException {
    free(id, RUNNING, (sql, head) -> {
      if (!leases.isOver(id)) {
        return RUNNING; // a report or a heartbeat came in between
      }
      var why = "worker " + head.state().worker() + " gave no sign of life for " + leases.length(id).toSeconds() + " s";
      if (head.state().cancelling()) {
        return end(sql, head, CANCELLED, null, head.cancelReason() + " (" + why + ")", null);
      }
      var lost = Math.max(0, head.leaseExpirations()) + 1;
      var metadata = head.metadata();
      if (lost >= MAX_ATTEMPTS) {
        metadata.put("failed_at", stamps.next()).put("failure_reason", why);
        sql.update("UPDATE tasks SET metadata = ? WHERE id = ?", metadata.toString(), id);
        return end(sql, head, FAILED, null, "Failed after " + MAX_ATTEMPTS + " attempts: " + why, null);
      }
      metadata.put("attempts", metadata.path("attempts").asInt(1) + 1).put("last_stuck_at", stamps.next()).put("stuck_reason", why);
      return queueAgain(sql, head, lost, metadata);
    });
  }

  private interface Step {
    TaskStatus run(Sql sql, Head head) throws SQLException;
  }

  private void free(String id, TaskStatus before, Step step) throws DatabaseException, InterruptedException {
    var after = database.write(Sync.POWER, sql -> {
      var head = head(sql, id);
      return head.state().status() == before ? step.run(sql, head) : before;
    });
    if (after != before) {
      LOG.warn("task freed id={} status={}: its worker vanished, or no worker takes it", id, after.word());
      publish(id, after, null);
    }
  }

  /** Cancels a task; false when it runs until its worker has stopped it. */
  public boolean cancel(String id, String reason) throws DatabaseException, InterruptedException {
    var worker = database.<String>write(Sync.POWER, sql -> {
      var head = head(sql, id);
      var now = head.state();
      if (now.status().terminal()) {
        throw ApiError.of(400, "Cannot cancel task: it is " + now.status().word());
      }
      if (now.status() == PENDING) {
        end(sql, head, CANCELLED, null, reason, null);
        return null;
      }
      sql.update("UPDATE tasks SET cancel_reason = ?, updated_at = ? WHERE id = ?", reason, stamps.next(), id);
      return now.worker();
    });
    if (worker == null) {
      LOG.info("task cancelled id={}", id);
      publish(id, CANCELLED, null);
    } else {
      LOG.info("task to be stopped id={} worker={}", id, worker);
      announcer.cancelled(worker, id, reason);
    }
    return worker == null;
  }

  /** Queues a running, failed or cancelled task again; returns how many attempts that makes. */
  public int requeue(String id) throws DatabaseException, InterruptedException {
    var attempts = database.write(Sync.POWER, sql -> {
      var head = head(sql, id);
      var now = head.state().status();
      var runs = now == RUNNING && !head.state().cancelling();
      if (now != RUNNING && now != FAILED && now != CANCELLED) {
        throw ApiError.of(400, "Cannot requeue task with status " + now.word());
      }
      var metadata = head.metadata();
      var next = metadata.path("attempts").asInt(1) + 1;
      queueAgain(sql, head, runs ? TaskTable.QUEUED_WHILE_RUNNING : 0, metadata.put("attempts", next).put("manual_requeue_at", stamps.next()));
      sql.update("UPDATE tasks SET declined = '[]' WHERE id = ?", id);
      return next;
    });
    LOG.info("task requeued id={}", id);
    publish(id, PENDING, null);
    return attempts;
  }

  /** Deletes an ended task with its output. @throws ApiError when there is none, or it has not ended */
  public void delete(String id) throws DatabaseException, InterruptedException {
    database.write(Sync.POWER, sql -> {
      if (!TaskTable.delete(sql, id)) {
        throw ApiError.of(409, "Cannot delete task: it is " + head(sql, id).state().status().word() + "; cancel it first");
      }
      return null;
    });
    LOG.info("task deleted id={}", id);
  }

  /** Cancels what waits for a codebase that is no more. */
  public void cancelAll(String codebase, String reason) throws DatabaseException, InterruptedException {
    var ids = database.write(Sync.POWER, sql -> {
      var waiting = TaskTable.waiting(sql, codebase);
      for (var id : waiting) {
        end(sql, head(sql, id), CANCELLED, null, reason, null);
      }
      return waiting;
    });
    for (var id : ids) {
      publish(id, CANCELLED, null);
    }
  }

  private TaskStatus end(Sql sql, Head head, TaskStatus to, String result, String error, String session) throws SQLException {
    var now = stamps.next();
    sql.update("UPDATE tasks SET status = ?, result = COALESCE(?, result), error = ?, session_id = COALESCE(?, session_id), "
        + "completed_at = ?, updated_at = ? WHERE id = ?", to.word(), result, error, session, now, now, head.id());
    return to;
  }

  private TaskStatus queueAgain(Sql sql, Head head, int leaseExpirations, ObjectNode metadata) throws SQLException {
    sql.update("UPDATE tasks SET status = 'pending', last_worker_id = worker_id, worker_id = NULL, started_at = NULL, completed_at = NULL, "
        + "result = NULL, error = NULL, cancel_reason = NULL, lease_expirations = ?, metadata = ?, updated_at = ? WHERE id = ?",
        leaseExpirations, metadata.toString(), stamps.next(), head.id());
    return PENDING;
  }

  /** Announces a task that is pending again, and wakes its followers; it has a lease only while it runs. */
  private void publish(String id, TaskStatus status, String giver) {
    if (status != RUNNING) {
      leases.end(id);
    }
    if (status == PENDING) {
      announcer.announce(id, giver);
    }
    outputs.wake(id);
  }

  static Head head(Sql sql, String id) throws SQLException {
    return TaskTable.head(sql, id).orElseThrow(TaskService::unknown);
  }

  private static ApiError unknown() {
    return ApiError.of(404, "Task not found");
  }

  private static ApiError refused(TaskTransition.Refuse refuse, String id) {
    return ApiError.of(409, refuse.code(), "Task " + id + " " + refuse.why());
  }
}
