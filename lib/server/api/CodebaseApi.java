package lib.server.api;

import module java.base;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.sql.SQLException;
import lib.core.Json;
import lib.protocol.Task;
import lib.server.db.CodebaseTable.Codebase;
import lib.server.db.CodebaseTable;
import lib.server.db.JsonColumn;
import lib.server.db.TaskTable.Draft;
import lib.server.http.ApiError;
import lib.server.http.ApiRequest;
import lib.server.http.ApiResponse;
import lib.server.http.Route;
import lib.server.task.TaskService;
import lib.server.worker.CodebaseRegistry;
import lib.server.worker.LiveWorkers;
import lib.server.worker.WorkerRegistry;
import lib.store.Database;
import lib.store.DatabaseException;

/** The calls about codebases, also called workspaces. */
public final class CodebaseApi {
  private final Database database;
  private final CodebaseRegistry codebases;
  private final TaskService tasks;
  private final WorkerRegistry workers;
  private final LiveWorkers liveWorkers;

  public CodebaseApi(Database database, CodebaseRegistry codebases, TaskService tasks, WorkerRegistry workers, LiveWorkers liveWorkers) {
    this.database = database;
    this.codebases = codebases;
    this.tasks = tasks;
    this.workers = workers;
    this.liveWorkers = liveWorkers;
  }

  public List<Route> routes() {
    return List.of(
        Route.of("GET", "/v1/agent/codebases", this::list),
        Route.of("POST", "/v1/agent/codebases", this::register),
        Route.of("GET", "/v1/agent/codebases/{id}", request -> ApiResponse.of(json(database.read(sql ->
            CodebaseTable.find(sql, request.id("id")).orElseThrow(CodebaseRegistry::unknown))))),
        Route.of("DELETE", "/v1/agent/codebases/{id}", this::delete));
  }

  private ApiResponse list(ApiRequest request) throws DatabaseException {
    var path = request.query("path");
    var all = Json.MAPPER.createArrayNode();
    database.read(sql -> path == null ? CodebaseTable.all(sql) : CodebaseTable.withPath(sql, CodebaseRegistry.normal(path)))
        .forEach(b -> all.add(json(b)));
    return ApiResponse.of(all);
  }

  /** With a worker's id it is that worker's word; without one it is a wish, which becomes a task for any worker. */
  private ApiResponse register(ApiRequest request) throws DatabaseException, InterruptedException {
    var body = request.body();
    var name = body.text("name");
    var path = CodebaseRegistry.normal(body.text("path"));
    var description = body.text("description", "");
    var config = body.object("agent_config");
    if (!body.has("worker_id")) {
      return wish(name, path, description, config);
    }
    var worker = body.id("worker_id");
    workers.seen(worker);
    var codebase = codebases.register(new Codebase(null, name, path, description, config.toString(), null, null, null), worker, liveWorkers::isAlive);
    var answer = Json.object().put("success", true);
    answer.set("codebase", json(codebase));
    answer.set("workspace", json(codebase));
    return ApiResponse.of(answer);
  }

  private ApiResponse wish(String name, String path, String description, ObjectNode config) throws DatabaseException, InterruptedException {
    if (!liveWorkers.anyAlive()) {
      throw ApiError.of(400, "No workers available. Start a worker on the machine with access to this path.");
    }
    var metadata = Json.object().put("name", name).put("path", path).put("description", description);
    metadata.set("agent_config", config);
    var task = tasks.create(new Draft(Task.PENDING, "Register codebase: " + name,
        "Validate and register codebase at path: " + path, "register_codebase", 0, null, null, null, null, metadata));
    return ApiResponse.of(Json.object().put("success", true).put("pending", true).put("task_id", task.path("id").asText())
        .put("message", "Registration task created. A worker will validate the path and confirm registration."));
  }

  private ApiResponse delete(ApiRequest request) throws DatabaseException, InterruptedException {
    codebases.delete(request.id("id"));
    tasks.cancelAll(request.id("id"), "its codebase was deleted");
    return ApiResponse.of(Json.object().put("success", true));
  }

  private ObjectNode json(Codebase b) {
    var json = Json.object().put("id", b.id()).put("name", b.name()).put("path", b.path())
        .put("description", b.description()).put("worker_id", b.owner()).put("status", "idle")
        .put("registered_at", b.registeredAt()).put("created_at", b.registeredAt()).put("updated_at", b.updatedAt())
        .putNull("last_triggered").putNull("session_id").putNull("agent_port").put("watch_mode", false);
    try {
      json.set("agent_config", JsonColumn.read(b.config()));
    } catch (SQLException e) {
      throw new IllegalStateException("the agent's settings of codebase " + b.id(), e);
    }
    return json;
  }
}
