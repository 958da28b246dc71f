package lib.server.api;

import module java.base;
import com.fasterxml.jackson.databind.node.ObjectNode;
import lib.core.Json;
import lib.protocol.Lease;
import lib.protocol.Task;
import lib.protocol.TaskReport;
import lib.protocol.TaskStatus;
import lib.server.db.CodebaseTable;
import lib.server.db.TaskTable.Draft;
import lib.server.http.ApiError;
import lib.server.http.ApiRequest;
import lib.server.http.ApiResponse;
import lib.server.http.JsonBody;
import lib.server.http.Route;
import lib.server.task.TaskService;
import lib.server.worker.LiveWorkers;
import lib.store.DatabaseException;

/** The calls about tasks. */
public record TaskApi(TaskService tasks, LiveWorkers liveWorkers) {
  private static final int LIST = 100; // as other servers have it
  private static final String NEEDED = "required_capabilities";

  public List<Route> routes() {
    return List.of(
        Route.of("GET", "/v1/agent/tasks", request -> list(request, request.query("codebase_id") != null
            ? request.query("codebase_id") : request.query("workspace_id"))),
        Route.of("POST", "/v1/agent/tasks", this::createAnywhere),
        Route.of("GET", "/v1/agent/tasks/{id}", request -> ApiResponse.of(tasks.get(request.id("id")))),
        Route.of("DELETE", "/v1/agent/tasks/{id}", this::delete),
        Route.of("PUT", "/v1/agent/tasks/{id}/status", this::status),
        Route.of("POST", "/v1/agent/tasks/{id}/cancel", this::cancel),
        Route.of("POST", "/v1/agent/tasks/{id}/requeue", this::requeue),
        Route.of("POST", "/v1/worker/tasks/claim", this::claim),
        Route.of("POST", "/v1/worker/tasks/release", this::release),
        Route.of("GET", "/v1/agent/codebases/{id}/tasks", request -> list(request, request.id("id"))),
        Route.of("POST", "/v1/agent/codebases/{id}/tasks", this::createIn));
  }

  // --- making and listing them

  private ApiResponse list(ApiRequest request, String codebase) throws DatabaseException {
    var word = request.query("status");
    var status = word == null ? null : status(word);
    var worker = JsonBody.checkId("worker_id", request.query("worker_id"));
    var limit = (int) request.number("limit", LIST, 1, 1000);
    var all = Json.MAPPER.createArrayNode();
    if (status == TaskStatus.PENDING && worker != null) {
      var agent = JsonBody.checkId("agent_name", request.query("agent_name"));
      if (agent != null) {
        liveWorkers.setAgentName(worker, agent);
      }
      liveWorkers.seen(worker);
      tasks.pendingFor(worker, agent, codebase, limit).forEach(all::add);
    } else {
      tasks.list(status, codebase, worker, limit).forEach(all::add);
    }
    return ApiResponse.of(all);
  }

  private ApiResponse createAnywhere(ApiRequest request) throws DatabaseException, InterruptedException {
    var body = request.body();
    return ApiResponse.of(tasks.create(draft(body.text("codebase_id", body.text("workspace_id", Task.GLOBAL)), body)));
  }

  private ApiResponse createIn(ApiRequest request) throws DatabaseException, InterruptedException {
    return ApiResponse.of(Json.object().put("success", true).set("task", tasks.create(draft(request.id("id"), request.body()))));
  }

  private Draft draft(String codebase, JsonBody body) {
    if (codebase.equals(Task.PENDING)) { // only the server makes tasks of no codebase yet
      throw CodebaseTable.unknown();
    }
    var metadata = metadata(body);
    var wanted = new JsonBody(metadata);
    var model = body.text("model", wanted.text("model", null));
    var ref = body.text("model_ref", model == null ? null : model.replaceFirst("/", ":"));
    var agent = Objects.requireNonNullElse(body.filledText("agent_type"), Task.DEFAULT_AGENT);
    return new Draft(codebase, body.text("title"), body.longText("prompt"), agent,
        body.whole("priority"), model == null && ref != null ? ref.replaceFirst(":", "/") : model, ref,
        body.text("target_agent_name", wanted.text("target_agent_name", null)),
        body.text("target_worker_id", wanted.text("target_worker_id", null)), metadata);
  }

  /** The task's metadata; needed capabilities become a list, since clients also send them as its JSON text or with commas. */
  private static ObjectNode metadata(JsonBody body) {
    var metadata = body.object("metadata");
    var given = metadata.path(NEEDED);
    if (given.isTextual()) {
      metadata.set(NEEDED, !given.asText().startsWith("[") ? Json.array(Json.texts(metadata, NEEDED))
          : Json.readObject("{\"list\":" + given.asText() + "}").map(o -> o.path("list")).orElse(given));
    }
    new JsonBody(metadata).texts(NEEDED); // refuses anything else
    return metadata;
  }

  // --- running them

  private ApiResponse claim(ApiRequest request) throws DatabaseException, InterruptedException {
    var id = request.body().text("task_id");
    var worker = request.workerId();
    liveWorkers.seen(worker);
    var attempt = tasks.claim(id, worker, request.body().attempt());
    return ApiResponse.of(Json.object().put("success", true).put("task_id", id).put("worker_id", worker).put("attempt", attempt)
        .put("lease_seconds", Lease.LENGTH.toSeconds()).put("message", "Task claimed successfully"));
  }

  private ApiResponse status(ApiRequest request) throws DatabaseException, InterruptedException {
    var body = request.body();
    var id = request.id("id");
    report(id, body.id("worker_id"), status(body.text("status")), body);
    return ApiResponse.of(Json.object().put("success", true).set("task", tasks.get(id)));
  }

  private ApiResponse release(ApiRequest request) throws DatabaseException, InterruptedException {
    var body = request.body();
    var id = body.text("task_id");
    var worker = request.workerId();
    try {
      var now = report(id, worker, body.has("status") ? status(body.text("status")) : null, body);
      return ApiResponse.of(Json.object().put("success", true).put("task_id", id).put("worker_id", worker)
          .put("status", now.word()).put("message", "Task released successfully"));
    } catch (ApiError e) {
      throw e.status() == 404 || "not_owner".equals(e.code())
          ? ApiError.of(404, "not_owner", "Task " + id + " not claimed by worker " + worker) : e;
    }
  }

  private TaskStatus report(String task, String worker, TaskStatus status, JsonBody body) throws DatabaseException, InterruptedException {
    liveWorkers.seen(worker);
    return tasks.report(new TaskReport(task, worker, status, body.text("session_id", null), body.longText("result", null),
        body.longText("error", null), body.attempt()), body.flag("declined"));
  }

  private static TaskStatus status(String word) {
    var status = TaskStatus.of(word);
    if (status == TaskStatus.UNKNOWN) {
      throw ApiError.of(400, "Invalid status: " + word);
    }
    return status;
  }

  private ApiResponse cancel(ApiRequest request) throws DatabaseException, InterruptedException {
    var done = tasks.cancel(request.id("id"), request.body().text("reason", "cancelled"));
    return ApiResponse.of(Json.object().put("success", true).put("status", done ? "cancelled" : "cancelling")
        .put("message", done ? "Task cancelled" : "Its worker is asked to stop it"));
  }

  private ApiResponse requeue(ApiRequest request) throws DatabaseException, InterruptedException {
    var attempts = tasks.requeue(request.id("id"));
    return ApiResponse.of(Json.object().put("success", true).put("task_id", request.id("id"))
        .put("message", "Task requeued for retry (attempt " + attempts + ")"));
  }

  private ApiResponse delete(ApiRequest request) throws DatabaseException, InterruptedException {
    tasks.delete(request.id("id"));
    return ApiResponse.of(Json.object().put("success", true).put("task_id", request.id("id")));
  }
}
