package lib.hub;

import com.fasterxml.jackson.databind.node.ObjectNode;
import java.sql.SQLException;
import java.util.List;
import lib.core.Json;
import lib.hub.Codebases.Codebase;
import lib.hub.TaskTable.Draft;
import lib.store.StoreFailed;
import lib.wire.Task;

/** The calls about codebases, also called workspaces. */
final class CodebaseCalls {
  private final Codebases codebases;
  private final Tasks tasks;
  private final Workers workers;
  private final Fleet fleet;
  private final Dispatch dispatch;

  CodebaseCalls(Codebases codebases, Tasks tasks, Workers workers, Fleet fleet, Dispatch dispatch) {
    this.codebases = codebases;
    this.tasks = tasks;
    this.workers = workers;
    this.fleet = fleet;
    this.dispatch = dispatch;
  }

  List<Route> routes() {
    return List.of(
        Route.of("GET", "/v1/agent/codebases", this::list),
        Route.of("GET", "/v1/agent/codebases/list", this::list),
        Route.of("POST", "/v1/agent/codebases", this::register),
        Route.of("GET", "/v1/agent/codebases/{id}", request -> Reply.of(json(codebases.get(request.id("id"))))),
        Route.of("DELETE", "/v1/agent/codebases/{id}", this::delete));
  }

  private Reply list(Request request) {
    var path = request.query("path");
    var all = Json.MAPPER.createArrayNode();
    codebases.all().stream().filter(b -> path == null || b.path().equals(Codebases.normal(path)))
        .forEach(b -> all.add(json(b)));
    return Reply.of(all);
  }

  /** With a worker's id it is that worker's word; without one it is a wish, which becomes a task for any worker. */
  private Reply register(Request request) throws StoreFailed, InterruptedException {
    var body = request.body();
    var name = body.text("name");
    var path = Codebases.normal(body.text("path"));
    var description = body.text("description", "");
    var config = body.object("agent_config");
    if (!body.has("worker_id")) {
      return wish(name, path, description, config);
    }
    var worker = body.id("worker_id");
    workers.seen(worker);
    var codebase = codebases.register(name, path, description, config.toString(), worker, fleet::alive);
    dispatch.reconsider(worker);
    var answer = Json.object().put("success", true);
    answer.set("codebase", json(codebase));
    answer.set("workspace", json(codebase));
    return Reply.of(answer);
  }

  private Reply wish(String name, String path, String description, ObjectNode config) throws StoreFailed, InterruptedException {
    if (!fleet.anyAlive()) {
      throw Refused.of(400, "No workers available. Start a worker on the machine with access to this path.");
    }
    var metadata = Json.object().put("name", name).put("path", path).put("description", description);
    metadata.set("agent_config", config);
    var task = tasks.create(new Draft(Task.PENDING, "Register codebase: " + name,
        "Validate and register codebase at path: " + path, "register_codebase", 0, null, null, null, null, metadata));
    return Reply.of(Json.object().put("success", true).put("pending", true).put("task_id", task.path("id").asText())
        .put("message", "Registration task created. A worker will validate the path and confirm registration."));
  }

  private Reply delete(Request request) throws StoreFailed, InterruptedException {
    codebases.delete(request.id("id"));
    tasks.cancelAll(request.id("id"), "its codebase was deleted");
    return Reply.of(Json.object().put("success", true));
  }

  private ObjectNode json(Codebase b) {
    var json = Json.object().put("id", b.id()).put("name", b.name()).put("path", b.path())
        .put("description", b.description()).put("worker_id", b.owner()).put("status", "idle")
        .put("registered_at", b.registeredAt()).put("created_at", b.registeredAt()).put("updated_at", b.updatedAt())
        .put("last_triggered", b.lastTriggered()).putNull("session_id").putNull("agent_port").put("watch_mode", false);
    try {
      json.set("agent_config", Workers.json(b.config()));
    } catch (SQLException e) {
      throw new IllegalStateException("the agent's settings of codebase " + b.id(), e);
    }
    return json;
  }
}
