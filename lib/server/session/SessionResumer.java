package lib.server.session;

import module java.base;
import java.sql.ResultSet;
import java.sql.SQLException;
import lib.core.Json;
import lib.server.db.CodebaseTable;
import lib.server.db.IncreasingTime;
import lib.server.db.SessionTable;
import lib.server.db.TaskTable.Draft;
import lib.server.db.TaskTable;
import lib.server.http.ApiError;
import lib.server.http.JsonBody;
import lib.server.task.TaskService;
import lib.server.worker.LiveWorkers;
import lib.store.Database.Sync;
import lib.store.Database;
import lib.store.DatabaseException;
import lib.store.DurableFiles;
import lib.store.Sql;

/**
 * Going on with a session: a task for the worker that has it. A button that is pressed twice makes one task: looking for it
 * and making it are one transaction. Thread-safe.
 */
public record SessionResumer(Database database, IncreasingTime stamps, LiveWorkers liveWorkers, TaskService tasks) {
  private static final String PROMPT = "Continue where we left off"; // as other servers have it, like the title
  private static final int MAX_TITLE = 50; // characters of the prompt in it
  private static final String TASK = "SELECT r.content, r.task_id, t.target_worker_id FROM resumes r JOIN tasks t ON t.id = r.task_id "
      + "WHERE r.codebase_id = ? AND r.session_id = ?";

  /**
   * What somebody asks for.
   *
   * @param prompt null to just go on
   * @param model {@code provider/model}, or null; {@code ref} is the same with a colon
   * @param request what the client calls this request, so that it can repeat it; null when it does not
   */
  public record Asked(String codebase, String session, String prompt, String agent, String model, String ref, String request) {
    /** What makes two of them the same, short. */
    public String content() {
      return HexFormat.of().formatHex(DurableFiles.sha256(Json.array(Arrays.asList(prompt, agent, model)).toString()));
    }
  }

  /** The task that does it. @param made whether this request made it @param worker whose it is */
  public record Resumed(String task, String worker, boolean made) {}

  /**
   * Makes the task, unless the same request made one before, or an identical one made one that has not ended.
   *
   * @throws ApiError when there is no such session, or no worker that may take the task can have it
   */
  public Resumed resume(Asked asked) throws DatabaseException, InterruptedException {
    var resumed = database.write(Sync.POWER, sql -> {
      CodebaseTable.check(sql, asked.codebase);
      var before = before(sql, asked);
      if (before.isPresent()) {
        return before.get();
      }
      var worker = holder(sql, asked.codebase, SessionTable.holders(sql, asked.codebase, asked.session));
      var task = TaskTable.insert(sql, draft(asked, worker), stamps.next());
      keep(sql, asked, task);
      return new Resumed(task, worker, true);
    });
    if (resumed.made) {
      tasks.created(resumed.task, asked.codebase);
    }
    return resumed;
  }

  private static Optional<Resumed> before(Sql sql, Asked asked) throws SQLException {
    if (asked.request != null) {
      var same = sql.first(TASK + " AND r.request_id = ?", row -> {
        if (!asked.content().equals(row.getString("content"))) {
          throw ApiError.of(409, "request_id_reused", "request_id " + asked.request + " was given for another prompt, agent or model");
        }
        return read(row);
      }, asked.codebase, asked.session, asked.request);
      if (same.isPresent()) {
        return same;
      }
    }
    var alike = sql.first(TASK + " AND r.content = ? AND t.status NOT IN " + TaskTable.ENDED + " ORDER BY t.created_at", SessionResumer::read,
        asked.codebase, asked.session, asked.content());
    if (alike.isPresent() && asked.request != null) {
      keep(sql, asked, alike.get().task);
    }
    return alike;
  }

  private static Resumed read(ResultSet row) throws SQLException {
    return new Resumed(row.getString("task_id"), row.getString("target_worker_id"), false);
  }

  private static void keep(Sql sql, Asked asked, String task) throws SQLException {
    sql.update("INSERT INTO resumes (codebase_id, session_id, content, request_id, task_id) VALUES (?, ?, ?, ?, ?)",
        asked.codebase, asked.session, asked.content(), asked.request == null ? "" : asked.request, task);
  }

  /** The worker that continues: the codebase's owner, else one that is there, else whose session is newest. */
  private String holder(Sql sql, String codebase, List<String> holders) throws SQLException {
    var owner = CodebaseTable.owner(sql, codebase).orElse(null);
    var best = holders.stream().min(Comparator.comparing((String worker) -> !worker.equals(owner))
        .thenComparing(worker -> !liveWorkers.isAlive(worker))).orElseThrow(SessionResumer::unknown);
    if (owner != null && !best.equals(owner) && liveWorkers.isAlive(owner)) {
      throw ApiError.of(409, "not_eligible", "the session is worker " + best + "'s, and the codebase belongs to worker " + owner);
    }
    return best;
  }

  private static Draft draft(Asked asked, String worker) {
    var metadata = Json.object().put("resume_session_id", asked.session);
    if (asked.model != null) {
      metadata.put("model", asked.model);
    }
    var title = "Resume session: " + (asked.prompt == null ? "Continue" : JsonBody.cut(asked.prompt.strip(), MAX_TITLE));
    return new Draft(asked.codebase, title, asked.prompt == null ? PROMPT : asked.prompt, asked.agent, 0, asked.model, asked.ref, null,
        worker, metadata);
  }

  public static ApiError unknown() {
    return ApiError.of(404, "Session not found");
  }
}
