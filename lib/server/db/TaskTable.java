package lib.server.db;

import module java.base;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.sql.ResultSet;
import java.sql.SQLException;
import lib.core.Json;
import lib.protocol.Task;
import lib.protocol.TaskStatus;
import lib.server.rules.Eligibility.Candidate;
import lib.server.rules.Eligibility;
import lib.server.rules.TaskTransition.State;
import lib.store.Sql;

/** Tasks as rows and as the JSON that clients see. Statements only; the caller has the transaction. */
public final class TaskTable {
  /**
   * The text in a list after its first task: clients refuse answers of more than 64 MiB. The first one does not count, so
   * that a long task hides no other.
   */
  private static final long MAX_LIST_BYTES = 8L << 20;
  private static final List<String> TEXTS = List.of("title", "prompt", "result", "error");
  private static final String SIZE_SUM = Stream.of("title", "prompt", "result", "error", "metadata", "declined")
      .map(name -> "COALESCE(octet_length(" + name + "), 0)").collect(Collectors.joining(" + "));
  private static final String SIZE = SIZE_SUM + " AS size";
  private static final String HEAD = """
      id, codebase_id, agent_type, status, worker_id, attempt, lease_expirations, cancel_reason, target_agent_name, target_worker_id,
      priority, created_at, updated_at, started_at, completed_at, session_id, model, model_ref, declined, metadata, last_worker_id""";
  private static final String ALL = HEAD + ", title, prompt, result, error";
  public static final String ENDED = "('completed', 'failed', 'cancelled')";
  private static final String QUEUE_ORDER = " ORDER BY priority DESC, created_at";
  private static final Comparator<Position> QUEUE = Comparator.comparing(Position::priority).reversed().thenComparing(Position::createdAt);

  private TaskTable() {}

  /**
   * A task to be made.
   *
   * @param codebaseId an existing one, {@link Task#GLOBAL} or {@link Task#PENDING}
   */
  public record Draft(String codebaseId, String title, String prompt, String agentType, int priority, String model,
      String modelRef, String targetAgent, String targetWorker, ObjectNode metadata) {}

  /** The value of {@link Head#leaseExpirations} after somebody queued the task again while it ran. */
  public static final int QUEUED_WHILE_RUNNING = -1;

  /**
   * A task without its long texts, with what only the server reads.
   *
   * @param leaseExpirations how many of its workers vanished, or {@link #QUEUED_WHILE_RUNNING}
   * @param lastWorker the worker that had it when it was queued again
   */
  public record Head(ObjectNode json, String cancelReason, int leaseExpirations, String lastWorker) {
    public String id() {
      return json.path("id").asText();
    }

    public Task task() {
      return Task.read(json).orElseThrow();
    }

    public ObjectNode metadata() {
      return (ObjectNode) json.path("metadata");
    }

    public State state() {
      var status = TaskStatus.of(json.path("status").asText());
      var reclaimable = leaseExpirations != 0 && status == TaskStatus.PENDING;
      return new State(status, reclaimable ? lastWorker : Json.text(json, "worker_id"), json.path("attempt").asInt(),
          cancelReason != null, reclaimable);
    }
  }

  public static String insert(Sql sql, Draft draft, String now) throws SQLException {
    var id = UUID.randomUUID().toString();
    sql.update("""
        INSERT INTO tasks (id, codebase_id, agent_type, status, attempt, lease_expirations, target_agent_name, target_worker_id,
        priority, created_at, updated_at, model, model_ref, declined, metadata, title, prompt)
        VALUES (?, ?, ?, 'pending', 0, 0, ?, ?, ?, ?, ?, ?, ?, '[]', ?, ?, ?)""",
        id, draft.codebaseId, draft.agentType, draft.targetAgent, draft.targetWorker, draft.priority, now, now,
        draft.model, draft.modelRef, draft.metadata.toString(), draft.title, draft.prompt);
    return id;
  }

  public static Optional<Head> head(Sql sql, String id) throws SQLException {
    return sql.first("SELECT " + HEAD + " FROM tasks WHERE id = ?", row ->
        new Head(json(row), row.getString("cancel_reason"), row.getInt("lease_expirations"), row.getString("last_worker_id")), id);
  }

  public static Optional<ObjectNode> find(Sql sql, String id) throws SQLException {
    return sql.first("SELECT " + ALL + " FROM tasks WHERE id = ?", row -> addTexts(json(row), row), id);
  }

  /** A page of tasks in queue order; each condition may be null. */
  public static List<ObjectNode> list(Sql sql, TaskStatus status, String codebase, String worker, int limit) throws SQLException {
    var wanted = new LinkedHashMap<String, Object>();
    wanted.put("status", status == null ? null : status.word());
    wanted.put("codebase_id", codebase);
    wanted.put("worker_id", worker);
    wanted.values().removeIf(Objects::isNull);
    var conditions = wanted.keySet().stream().map(column -> column + " = ?")
        .collect(Collectors.joining(" AND ", wanted.isEmpty() ? "" : " WHERE ", ""));
    var page = new Page(limit);
    sql.walk("SELECT " + ALL + ", " + SIZE + " FROM tasks" + conditions + QUEUE_ORDER, page::add, wanted.values().toArray());
    return page.tasks;
  }

  /** Where a pending task stands in the queue. */
  private record Position(String id, int priority, String createdAt) {}

  /**
   * A page of the pending tasks that the worker may take, in queue order. It reads through the index only what is
   * addressed to this worker or to nobody, so that other workers' queues cost nothing.
   *
   * @param codebases those that the worker may take tasks of
   * @param each how many of one codebase come before any further ones of another, so that a long queue hides no other
   */
  public static List<ObjectNode> pending(Sql sql, Candidate worker, Set<String> codebases, int limit, int each) throws SQLException {
    var first = new ArrayList<Position>();
    var further = new ArrayList<Position>();
    for (var codebase : codebases) {
      var waiting = positions(sql, worker, codebase, limit);
      var cut = Math.min(each, waiting.size());
      first.addAll(waiting.subList(0, cut));
      further.addAll(waiting.subList(cut, waiting.size()));
    }
    var page = new Page(limit);
    for (var position : Stream.concat(first.stream().sorted(QUEUE), further.stream().sorted(QUEUE)).limit(limit).sorted(QUEUE).toList()) {
      if (!sql.first("SELECT " + ALL + ", " + SIZE + " FROM tasks WHERE id = ? AND status = 'pending'", page::add, position.id).orElse(true)) {
        break;
      }
    }
    return page.tasks;
  }

  /** The first pending tasks of a codebase, in queue order. */
  private static List<Position> positions(Sql sql, Candidate worker, String codebase, int most) throws SQLException {
    var positions = new ArrayList<Position>();
    for (var target : List.of("", worker.workerId())) {
      for (var agent : worker.agentName() == null ? List.of("") : List.of("", worker.agentName())) {
        var end = positions.size() + most;
        sql.walk("SELECT " + HEAD + " FROM tasks WHERE status = 'pending' AND codebase_id = ? AND COALESCE(target_worker_id, '') = ? "
            + "AND COALESCE(target_agent_name, '') = ?" + QUEUE_ORDER, row -> {
          if (Eligibility.mismatch(Task.read(json(row)).orElseThrow(), worker).isEmpty()) {
            positions.add(new Position(row.getString("id"), row.getInt("priority"), row.getString("created_at")));
          }
          return positions.size() < end;
        }, codebase, target, agent);
      }
    }
    return positions.stream().sorted(QUEUE).limit(most).toList();
  }

  /** A list that grows until the limit or the size of a page. */
  private static final class Page {
    private final List<ObjectNode> tasks = new ArrayList<>();
    private final int limit;
    private long bytes;

    Page(int limit) {
      this.limit = limit;
    }

    /** Whether there may be a next one. */
    boolean add(ResultSet row) throws SQLException {
      bytes += tasks.isEmpty() ? 0 : row.getLong("size");
      if (bytes > MAX_LIST_BYTES) {
        return false;
      }
      tasks.add(addTexts(json(row), row));
      return tasks.size() < limit;
    }
  }

  /** The workers of the running tasks, by task. */
  public static Map<String, String> running(Sql sql) throws SQLException {
    var workers = new HashMap<String, String>();
    sql.walk("SELECT id, worker_id FROM tasks WHERE status = 'running'", row -> workers.put(row.getString(1), row.getString(2)) == null);
    return workers;
  }

  public static List<String> waiting(Sql sql, String codebase) throws SQLException {
    return sql.list("SELECT id FROM tasks WHERE status = 'pending' AND codebase_id = ?", row -> row.getString(1), codebase);
  }

  /** The pending tasks that somebody declined. */
  public static List<String> declined(Sql sql) throws SQLException {
    return sql.list("SELECT id FROM tasks WHERE status = 'pending' AND declined <> '[]'", row -> row.getString(1));
  }

  /** An ended task. @param bytes of its texts and its output */
  public record Ended(String id, long bytes) {}

  /** The tasks that ended before this time, and the oldest ones past so many bytes. */
  public static List<Ended> expired(Sql sql, String oldest, long most) throws SQLException {
    return sql.list("""
        SELECT id, bytes FROM (
          SELECT id, ended_at, bytes, SUM(bytes) OVER (ORDER BY ended_at DESC ROWS UNBOUNDED PRECEDING) AS kept FROM (
            SELECT id, COALESCE(completed_at, updated_at) AS ended_at,
            COALESCE((SELECT MAX(end_offset) FROM output WHERE task_id = tasks.id), 0) + %s AS bytes
            FROM tasks WHERE status IN %s) AS ended) AS summed
        WHERE ended_at < ? OR kept > ?""".formatted(SIZE_SUM, ENDED),
        row -> new Ended(row.getString(1), row.getLong(2)), oldest, most);
  }

  /** Deletes the task and its output; false when it has not ended. */
  public static boolean delete(Sql sql, String id) throws SQLException {
    if (sql.update("DELETE FROM tasks WHERE id = ? AND status IN " + ENDED, id) == 0) {
      return false;
    }
    sql.update("DELETE FROM output WHERE task_id = ?", id);
    sql.update("DELETE FROM resumes WHERE task_id = ?", id);
    return true;
  }

  private static ObjectNode addTexts(ObjectNode task, ResultSet row) throws SQLException {
    for (var text : TEXTS) {
      task.put(text, row.getString(text));
    }
    return task;
  }

  private static ObjectNode json(ResultSet row) throws SQLException {
    var json = Json.object().put("id", row.getString("id")).put("codebase_id", row.getString("codebase_id"))
        .put("workspace_id", row.getString("codebase_id"));
    for (var text : List.of("agent_type", "status", "worker_id", "session_id", "model", "model_ref", "target_agent_name",
        "target_worker_id", "created_at", "updated_at", "started_at", "completed_at")) {
      json.put(text, row.getString(text));
    }
    json.put("attempt", row.getInt("attempt")).put("priority", row.getInt("priority"))
        .put("cancel_requested", row.getString("cancel_reason") != null);
    json.set("declined", JsonColumn.read(row.getString("declined")));
    json.set("metadata", JsonColumn.read(row.getString("metadata")));
    return json;
  }
}
