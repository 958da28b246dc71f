package lib.server.db;

import com.fasterxml.jackson.databind.node.ObjectNode;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.UUID;
import java.util.function.Predicate;
import java.util.function.ToIntFunction;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import lib.core.Json;
import lib.protocol.Task;
import lib.protocol.TaskStatus;
import lib.server.http.JsonBody;
import lib.server.rules.TaskTransition.State;
import lib.store.Sql;

/** Tasks as rows and as the JSON that clients see. Statements only; whoever calls has the transaction. */
public final class TaskTable {
  /** Of the texts in one list: clients refuse answers of more than 64 MiB, and prompts can be long. */
  private static final long MAX_LIST_BYTES = 8L << 20;
  private static final long MAX_TOLD_BYTES = 64L << 10; // events are small and many; whoever wants the task asks for it
  private static final int MAX_SHORT = 200; // characters: enough for people; what acts is the task itself
  private static final List<String> TEXTS = List.of("title", "prompt", "result", "error");
  private static final String SIZE = Stream.of("title", "prompt", "result", "error", "metadata", "declined")
      .map(name -> "COALESCE(octet_length(" + name + "), 0)").collect(Collectors.joining(" + ", "(", ") AS size"));
  /** What an event keeps of long metadata: who may take the task, and what tells one queueing of it from the next. */
  private static final List<String> KEPT = List.of("target_agent_name", "target_worker_id", "required_capabilities", "attempts",
      "manual_requeue_at", "last_stuck_at");
  private static final String HEAD = """
      id, codebase_id, agent_type, status, worker_id, attempt, lost, cancel_reason, target_agent_name, target_worker_id,
      priority, created_at, updated_at, started_at, completed_at, session_id, model, model_ref, declined, metadata""";
  private static final String ALL = HEAD + ", title, prompt, result, error";
  private static final String QUEUE_ORDER = " ORDER BY priority DESC, created_at";

  private TaskTable() {}

  /**
   * A task to be made.
   *
   * @param codebaseId an existing one, {@link Task#GLOBAL} or {@link Task#PENDING}
   */
  public record Draft(String codebaseId, String title, String prompt, String agentType, int priority, String model,
      String modelRef, String targetAgent, String targetWorker, ObjectNode metadata) {}

  /** The value of {@link Head#lost} after somebody queued the task again while it ran. */
  public static final int QUEUED_WHILE_RUNNING = -1;

  /** A task without its long texts, with what only the server looks at. @param lost how many of its workers vanished */
  public record Head(ObjectNode json, String cancelReason, int lost) {
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
      return new State(TaskStatus.of(json.path("status").asText()), Json.text(json, "worker_id"),
          json.path("attempt").asInt(), cancelReason != null, lost != 0 && TaskStatus.PENDING.word().equals(Json.text(json, "status")));
    }
  }

  /** What becomes of a task whose texts do not fit into a list; the first one's do. */
  private enum TooLong {
    /** It is listed without them. */
    LISTED,
    /** It is told without them even when it would fit; and left out when there is no room for so little. */
    TOLD,
    /** It is left out: workers take a polled task for the whole one, and it is the first in the end. */
    LEFT
  }

  /** A running task as the reaper sees it. */
  public record Running(String id, String worker, String startedAt) {}

  public static String insert(Sql sql, Draft draft, String now) throws SQLException {
    var id = UUID.randomUUID().toString();
    sql.update("""
        INSERT INTO tasks (id, codebase_id, agent_type, status, attempt, lost, target_agent_name, target_worker_id,
        priority, created_at, updated_at, model, model_ref, declined, metadata, title, prompt)
        VALUES (?, ?, ?, 'pending', 0, 0, ?, ?, ?, ?, ?, ?, ?, '[]', ?, ?, ?)""",
        id, draft.codebaseId, draft.agentType, draft.targetAgent, draft.targetWorker, draft.priority, now, now,
        draft.model, draft.modelRef, draft.metadata.toString(), draft.title, draft.prompt);
    return id;
  }

  public static Optional<Head> head(Sql sql, String id) throws SQLException {
    return sql.first("SELECT " + HEAD + " FROM tasks WHERE id = ?", row ->
        new Head(json(row), row.getString("cancel_reason"), row.getInt("lost")), id);
  }

  public static Optional<ObjectNode> find(Sql sql, String id) throws SQLException {
    return sql.first("SELECT " + ALL + " FROM tasks WHERE id = ?", row -> addTexts(json(row), row), id);
  }

  /** Tasks in queue order; each condition may be null. */
  public static List<ObjectNode> list(Sql sql, TaskStatus status, String codebase, String worker, int limit) throws SQLException {
    var where = new ArrayList<String>();
    var values = new ArrayList<Object>();
    add(where, values, "status", status == null ? null : status.word());
    add(where, values, "codebase_id", codebase);
    add(where, values, "worker_id", worker);
    return select(sql, where.isEmpty() ? "" : " WHERE " + String.join(" AND ", where), values, limit, id -> limit, task -> true,
        TooLong.LISTED);
  }

  /** The pending tasks that this is true of, in queue order. @param each how many of one codebase at most */
  public static List<ObjectNode> pending(Sql sql, String codebase, int limit, int each, Predicate<Task> offered) throws SQLException {
    var where = new ArrayList<>(List.of("status = 'pending'"));
    var values = new ArrayList<Object>();
    add(where, values, "codebase_id", codebase);
    return select(sql, " WHERE " + String.join(" AND ", where), values, limit, id -> each, offered, TooLong.LEFT);
  }

  /** The same, as events tell them. */
  public static List<ObjectNode> toTell(Sql sql, int limit, ToIntFunction<String> each, Predicate<Task> offered) throws SQLException {
    return select(sql, " WHERE status = 'pending'", List.of(), limit, each, offered, TooLong.TOLD);
  }

  /** The task as an event tells it: without its prompt when it is long, so that whoever wants it asks for all of it. */
  public static Optional<ObjectNode> told(Sql sql, String id) throws SQLException {
    return sql.first("SELECT " + ALL + ", " + SIZE + " FROM tasks WHERE id = ?", TaskTable::told, id);
  }

  private static ObjectNode told(ResultSet row) throws SQLException {
    var task = addTexts(json(row), row);
    return row.getLong("size") > MAX_TOLD_BYTES ? shortened(task) : task;
  }

  private static ObjectNode shortened(ObjectNode task) {
    for (var kept : List.of("title", "error")) {
      task.put(kept, task.path(kept).isNull() ? null : JsonBody.cut(task.path(kept).asText(), MAX_SHORT));
    }
    task.remove(List.of("prompt", "result"));
    ((ObjectNode) task.path("metadata")).retain(KEPT);
    return task;
  }

  public static Set<String> pendingIds(Sql sql) throws SQLException {
    return Set.copyOf(sql.list("SELECT id FROM tasks WHERE status = 'pending'", row -> row.getString(1)));
  }

  public static List<Running> running(Sql sql) throws SQLException {
    return sql.list("SELECT id, worker_id, started_at FROM tasks WHERE status = 'running'", row ->
        new Running(row.getString(1), row.getString(2), row.getString(3)));
  }

  public static List<String> waiting(Sql sql, String codebase) throws SQLException {
    return sql.list("SELECT id FROM tasks WHERE status = 'pending' AND codebase_id = ?", row -> row.getString(1), codebase);
  }

  /** The pending tasks that somebody declined. */
  public static List<String> declined(Sql sql) throws SQLException {
    return sql.list("SELECT id FROM tasks WHERE status = 'pending' AND declined <> '[]'", row -> row.getString(1));
  }

  private static void add(List<String> where, List<Object> values, String column, String value) {
    if (value != null) {
      where.add(column + " = ?");
      values.add(value);
    }
  }

  private static List<ObjectNode> select(Sql sql, String where, List<Object> values, int limit, ToIntFunction<String> each,
      Predicate<Task> wanted, TooLong tooLong) throws SQLException {
    var all = new ArrayList<ObjectNode>();
    var room = new HashMap<String, Integer>(); // by codebase
    var bytes = new long[1];
    sql.walk("SELECT " + ALL + ", " + SIZE + " FROM tasks" + where + QUEUE_ORDER, row -> {
      var codebase = row.getString("codebase_id");
      var size = tooLong == TooLong.TOLD ? Math.min(row.getLong("size"), MAX_TOLD_BYTES) : row.getLong("size");
      var fits = bytes[0] + size <= MAX_LIST_BYTES;
      var whole = fits || all.isEmpty();
      if (room.computeIfAbsent(codebase, each::applyAsInt) > 0 && (whole || tooLong == TooLong.LISTED)) {
        var task = json(row);
        if (wanted.test(Task.read(task).orElseThrow())) { // before the long texts are read
          all.add(tooLong == TooLong.TOLD ? told(row) : whole ? addTexts(task, row) : shortened(addTexts(task, row)));
          bytes[0] += fits ? size : 0; // a long first one hides nothing behind it
          room.merge(codebase, -1, Integer::sum);
        }
      }
      return all.size() < limit;
    }, values.toArray());
    return all;
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
