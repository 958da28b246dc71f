package lib.server.api;

import module java.base;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.sql.SQLException;
import lib.core.Json;
import lib.protocol.Task;
import lib.server.db.CodebaseTable.Codebase;
import lib.server.db.CodebaseTable;
import lib.server.db.IncreasingTime;
import lib.server.db.SessionTable;
import lib.server.db.TaskTable.Draft;
import lib.server.http.ApiError;
import lib.server.http.ApiRequest;
import lib.server.http.ApiResponse;
import lib.server.http.Route;
import lib.server.task.TaskService;
import lib.server.worker.LiveWorkers;
import lib.store.Database.Sync;
import lib.store.Database;
import lib.store.DatabaseException;
import lib.store.Sql;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** The calls about codebases, also called workspaces. */
public record CodebaseApi(Database database, TaskService tasks, LiveWorkers liveWorkers, IncreasingTime stamps) {
  private static final Logger LOG = LoggerFactory.getLogger(CodebaseApi.class);

  public List<Route> routes() {
    return List.of(
        Route.of("GET", "/v1/agent/codebases", this::list),
        Route.of("POST", "/v1/agent/codebases", this::register),
        Route.of("GET", "/v1/agent/codebases/{id}", request -> ApiResponse.of(json(database.read(sql ->
            CodebaseTable.find(sql, request.id("id")).orElseThrow(CodebaseTable::unknown))))),
        Route.of("DELETE", "/v1/agent/codebases/{id}", this::delete));
  }

  private ApiResponse list(ApiRequest request) throws DatabaseException {
    var path = request.query("path");
    var all = Json.MAPPER.createArrayNode();
    database.read(sql -> path == null ? CodebaseTable.all(sql) : CodebaseTable.withPath(sql, normal(path)))
        .forEach(b -> all.add(json(b)));
    return ApiResponse.of(all);
  }

  /** With a worker's id it is that worker's word; without one it is a wish, which becomes a task for any worker. */
  private ApiResponse register(ApiRequest request) throws DatabaseException, InterruptedException {
    var body = request.body();
    var given = new Codebase(null, body.text("name"), normal(body.text("path")), body.text("description", ""), body.object("agent_config"),
        body.has("worker_id") ? body.id("worker_id") : null, null, null);
    if (given.owner() == null) {
      return wish(given);
    }
    liveWorkers.seen(given.owner());
    var codebase = json(register(given));
    var answer = Json.object().put("success", true);
    answer.set("codebase", codebase);
    return ApiResponse.of(answer.set("workspace", codebase));
  }

  /**
   * A worker says that it has a folder. A path that this worker, nobody, or a worker that is gone had before keeps its
   * id; where another living worker has the same path, it is another machine's folder and gets an id of its own.
   *
   * @param given without id and times
   */
  private Codebase register(Codebase given) throws DatabaseException, InterruptedException {
    return database.write(Sync.POWER, sql -> {
      var worker = given.owner();
      var before = CodebaseTable.withPath(sql, given.path()).stream()
          .filter(c -> c.owner() == null || c.owner().equals(worker) || !liveWorkers.isAlive(c.owner()))
          .max(Comparator.comparing((Codebase c) -> worker.equals(c.owner())).thenComparing(Codebase::updatedAt));
      var now = stamps.next();
      var codebase = new Codebase(before.isPresent() ? before.get().id() : newId(sql), given.name(), given.path(), given.description(),
          given.config(), worker, before.map(Codebase::registeredAt).orElse(now), now);
      CodebaseTable.put(sql, codebase);
      if (before.map(Codebase::owner).filter(worker::equals).isEmpty()) {
        LOG.info("codebase registered id={} worker={}", codebase.id(), worker);
      }
      return codebase;
    });
  }

  /**
   * The folder as it is compared: absolute ones normalised, as text, since it is another machine's and need not be a path
   * on this one; others are the worker's to understand.
   */
  private static String normal(String path) {
    if (path.isBlank() || path.indexOf('\uFFFD') >= 0) {
      throw ApiError.of(400, "path is not a path");
    }
    if (!path.startsWith("/")) {
      return path.strip();
    }
    var parts = new ArrayDeque<String>();
    for (var part : path.split("/")) {
      if (part.equals("..")) {
        parts.pollLast();
      } else if (!part.isEmpty() && !part.equals(".")) {
        parts.add(part);
      }
    }
    return "/" + String.join("/", parts);
  }

  /** Eight hexadecimal digits, as other servers make them. */
  private static String newId(Sql sql) throws SQLException {
    var id = UUID.randomUUID().toString().substring(0, 8);
    return CodebaseTable.find(sql, id).isPresent() ? newId(sql) : id;
  }

  private ApiResponse wish(Codebase wanted) throws DatabaseException, InterruptedException {
    if (!liveWorkers.anyAlive()) {
      throw ApiError.of(400, "No workers available. Start a worker on the machine with access to this path.");
    }
    var metadata = Json.object().put("name", wanted.name()).put("path", wanted.path()).put("description", wanted.description());
    metadata.set("agent_config", wanted.config());
    var task = tasks.create(new Draft(Task.PENDING, "Register codebase: " + wanted.name(),
        "Validate and register codebase at path: " + wanted.path(), "register_codebase", 0, null, null, null, null, metadata));
    return ApiResponse.of(Json.object().put("success", true).put("pending", true).put("task_id", task.path("id").asText())
        .put("message", "Registration task created. A worker will validate the path and confirm registration."));
  }

  /** Deletes the codebase with its sessions, and cancels the tasks that wait for it. */
  private ApiResponse delete(ApiRequest request) throws DatabaseException, InterruptedException {
    var id = request.id("id");
    database.write(Sync.POWER, sql -> {
      if (CodebaseTable.delete(sql, id) == 0) {
        throw CodebaseTable.unknown();
      }
      SessionTable.drop(sql, id);
      return null;
    });
    LOG.info("codebase deleted id={}", id);
    tasks.cancelAll(id, "its codebase was deleted");
    return ApiResponse.of(Json.object().put("success", true));
  }

  private static ObjectNode json(Codebase b) {
    return Json.object().put("id", b.id()).put("name", b.name()).put("path", b.path())
        .put("description", b.description()).put("worker_id", b.owner()).put("status", "idle")
        .put("registered_at", b.registeredAt()).put("created_at", b.registeredAt()).put("updated_at", b.updatedAt())
        .putNull("last_triggered").putNull("session_id").putNull("agent_port").put("watch_mode", false).set("agent_config", b.config());
  }
}
