package lib.server.api;

import module java.base;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.sql.SQLException;
import lib.core.Json;
import lib.protocol.TaskReport;
import lib.protocol.TaskStatus;
import lib.server.db.CodebaseTable;
import lib.server.db.IncreasingTime;
import lib.server.db.TaskTable;
import lib.server.db.WorkerTable.Worker;
import lib.server.db.WorkerTable;
import lib.server.http.ApiError;
import lib.server.http.ApiRequest;
import lib.server.http.ApiResponse;
import lib.server.http.JsonBody;
import lib.server.http.Route;
import lib.server.rules.TaskTransition;
import lib.server.task.TaskService;
import lib.server.worker.Leases;
import lib.server.worker.LiveWorkers.Sign;
import lib.server.worker.LiveWorkers;
import lib.store.Database.Sync;
import lib.store.Database;
import lib.store.DatabaseException;
import lib.store.Sql;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** The calls that workers make about themselves, and those that show them. */
public final class WorkerApi {
  private static final Logger LOG = LoggerFactory.getLogger(WorkerApi.class);
  private static final int MAX_NAMED = 1000; // far more tasks than a worker runs; each is looked up

  private final Database database;
  private final TaskService tasks;
  private final LiveWorkers liveWorkers;
  private final Leases leases;
  private final IncreasingTime stamps;
  private volatile boolean unkept; // and said so

  public WorkerApi(Database database, TaskService tasks, LiveWorkers liveWorkers, Leases leases, IncreasingTime stamps) {
    this.database = database;
    this.tasks = tasks;
    this.liveWorkers = liveWorkers;
    this.leases = leases;
    this.stamps = stamps;
  }

  public List<Route> routes() {
    return List.of(
        Route.of("POST", "/v1/agent/workers/register", this::register),
        Route.of("GET", "/v1/agent/workers", this::list),
        Route.of("GET", "/v1/agent/workers/{id}", this::show),
        Route.of("POST", "/v1/agent/workers/{id}/heartbeat", this::heartbeat),
        Route.of("POST", "/v1/agent/workers/{id}/unregister", this::unregister),
        Route.of("GET", "/v1/monitor/workers", this::monitor),
        Route.of("GET", "/v1/agent/models", this::models));
  }

  /** Adds the worker or replaces what was known of it. */
  private ApiResponse register(ApiRequest request) throws DatabaseException, InterruptedException {
    var body = request.body();
    var now = stamps.next();
    var worker = new Worker(body.id("worker_id"), body.text("name"), body.text("hostname", null),
        body.texts("capabilities"), body.objects("models"), body.either("codebases", "workspaces"),
        body.text("global_codebase_id", body.text("global_workspace_id", null)), now, now);
    var isNew = database.write(Sync.PROCESS, sql -> {
      WorkerTable.put(sql, worker);
      return liveWorkers.add(worker.id(), now);
    });
    if (isNew) {
      LOG.info("worker registered id={}", worker.id());
    }
    return ApiResponse.of(Json.object().put("success", true).set("worker", database.read(sql -> json(sql, worker))));
  }

  private ApiResponse list(ApiRequest request) throws DatabaseException {
    return ApiResponse.of(database.read(sql -> {
      var all = Json.MAPPER.createArrayNode();
      for (var worker : WorkerTable.all(sql)) {
        all.add(json(sql, worker));
      }
      return all;
    }));
  }

  private ApiResponse show(ApiRequest request) throws DatabaseException {
    return ApiResponse.of(database.read(sql -> json(sql, WorkerTable.find(sql, request.id("id")).orElseThrow(() ->
        ApiError.of(404, "Worker not found")))));
  }

  /**
   * A body names what runs; without one, as old workers send it, everything of the worker lives on. Also while the disk is
   * full: nothing that must last is written.
   */
  private ApiResponse heartbeat(ApiRequest request) throws DatabaseException, InterruptedException {
    var id = request.id("id");
    if (!liveWorkers.seen(id)) {
      throw ApiError.of(404, "Worker not found - please re-register");
    }
    liveWorkers.setHolds(id, named(request, "holds"));
    var answer = Json.object().put("success", true);
    var stop = answer.putArray("stop");
    if (!request.body().has("running")) {
      leases.renewAll(id);
    }
    for (var named : named(request, "running")) {
      var body = new JsonBody((ObjectNode) named);
      var task = body.text("task_id");
      var attempt = body.attempt();
      var head = database.read(sql -> TaskTable.head(sql, task));
      if (head.isPresent()) {
        var now = head.get().state();
        if (now.status() == TaskStatus.RUNNING && id.equals(now.worker()) && (attempt == 0 || attempt == now.attempt())) {
          leases.renew(task, id);
        } else if (TaskTransition.isReclaim(now, id, attempt)) {
          back(task, id, attempt);
        }
        TaskTransition.stop(now, id).ifPresent(why -> stop.addObject().put("task_id", task).put("reason",
            head.get().cancelReason() != null ? head.get().cancelReason() : why));
      }
    }
    keepSeen(id);
    return ApiResponse.of(answer);
  }

  /** The worker still runs a task that was queued again. When that cannot be written now, its next heartbeat says it again. */
  private void back(String task, String worker, int attempt) throws InterruptedException {
    try {
      tasks.report(new TaskReport(task, worker, TaskStatus.RUNNING, null, null, null, attempt), false);
    } catch (DatabaseException | ApiError e) {
      LOG.warn("task not reclaimed id={} worker={}: {}; its next heartbeat tries again", task, worker, e.getMessage());
    }
  }

  private static JsonNode named(ApiRequest request, String field) {
    var list = request.body().objects(field);
    if (list.size() > MAX_NAMED) {
      throw ApiError.field(field, "too_long", "List should have at most " + MAX_NAMED + " items");
    }
    return list;
  }

  /** Keeps for the next start when the worker was seen, as well as the disk can. */
  private void keepSeen(String id) throws InterruptedException {
    try {
      var lastSeen = liveWorkers.sign(id).map(Sign::lastSeen).orElse(null);
      database.write(Sync.PROCESS, sql -> {
        WorkerTable.setLastSeen(sql, id, lastSeen);
        return null;
      });
      unkept = false;
    } catch (DatabaseException e) {
      if (!unkept) {
        LOG.error("last-seen times not stored: {}; the next heartbeats try again", e.getMessage());
      }
      unkept = true;
    }
  }

  /** Forgets the worker and releases its codebases: the next one that registers the path gets the id. */
  private ApiResponse unregister(ApiRequest request) throws DatabaseException, InterruptedException {
    var id = request.id("id");
    var known = database.write(Sync.POWER, sql -> {
      WorkerTable.delete(sql, id);
      CodebaseTable.release(sql, id, stamps.next());
      return liveWorkers.remove(id);
    });
    if (known) {
      LOG.info("worker unregistered id={}", id);
    }
    return ApiResponse.of(Json.object().put("success", known).put("message", known ? "Worker unregistered" : "Worker not found"));
  }

  private ApiResponse monitor(ApiRequest request) throws DatabaseException {
    return ApiResponse.of(database.read(sql -> {
      var answer = Json.object();
      var list = answer.putArray("workers");
      var completed = WorkerTable.completed(sql);
      for (var w : WorkerTable.all(sql)) {
        list.addObject().put("id", w.id()).put("worker_id", w.id()).put("name", w.name()).put("status", status(w))
            .put("last_heartbeat", lastSeen(w)).put("last_seen", lastSeen(w)).put("codebases", CodebaseTable.of(sql, w.id()).size())
            .put("tasks_completed", completed.getOrDefault(w.id(), 0));
      }
      return answer;
    }));
  }

  private ApiResponse models(ApiRequest request) throws DatabaseException {
    var answer = Json.object();
    var models = answer.putArray("models");
    database.read(WorkerTable::all).stream().filter(w -> liveWorkers.isAlive(w.id())).forEach(w -> w.models().forEach(model ->
        models.add(((ObjectNode) model).put("provider", model.path("provider").asText() + " (via " + w.name() + ")"))));
    return ApiResponse.of(answer.put("default", models.isEmpty() ? null : Json.text(models.get(0), "id")));
  }

  private String status(Worker worker) {
    return liveWorkers.isAlive(worker.id()) ? "active" : "offline";
  }

  private String lastSeen(Worker worker) {
    return liveWorkers.sign(worker.id()).map(Sign::lastSeen).orElse(worker.lastSeen());
  }

  private ObjectNode json(Sql sql, Worker w) throws SQLException {
    var ids = new LinkedHashSet<>(w.codebases());
    ids.addAll(CodebaseTable.of(sql, w.id()));
    var json = Json.object().put("worker_id", w.id()).put("name", w.name()).put("hostname", w.host())
        .put("global_codebase_id", w.globalId()).put("global_workspace_id", w.globalId())
        .put("registered_at", w.registeredAt()).put("last_seen", lastSeen(w)).put("status", status(w));
    json.set("holds", liveWorkers.sign(w.id()).map(Sign::holds).orElseGet(Json.MAPPER::createArrayNode));
    json.set("capabilities", Json.array(w.capabilities()));
    json.set("models", w.models());
    json.set("codebases", Json.array(ids));
    json.set("workspaces", Json.array(ids));
    return json;
  }
}
