package lib.server.api;

import module java.base;
import lib.core.Json;
import lib.server.db.IncreasingTime;
import lib.server.http.ApiError;
import lib.server.http.ApiRequest;
import lib.server.http.ApiResponse;
import lib.server.http.JsonBody;
import lib.server.http.Route;
import lib.server.task.Announcer;
import lib.server.worker.Leases;
import lib.server.worker.LiveWorkers;
import lib.server.worker.WorkerRegistry;
import lib.server.worker.WorkerStream;
import lib.store.DatabaseException;

/** The workers' task streams, and the calls about them. */
public final class StreamApi {
  private final WorkerRegistry workers;
  private final LiveWorkers liveWorkers;
  private final Leases leases;
  private final Announcer announcer;
  private final IncreasingTime stamps;

  public StreamApi(WorkerRegistry workers, LiveWorkers liveWorkers, Leases leases, Announcer announcer, IncreasingTime stamps) {
    this.workers = workers;
    this.liveWorkers = liveWorkers;
    this.leases = leases;
    this.announcer = announcer;
    this.stamps = stamps;
  }

  public List<Route> routes() {
    return List.of(
        Route.of("GET", "/v1/worker/tasks/stream", this::stream),
        Route.of("PUT", "/v1/worker/codebases", this::setCodebases),
        Route.of("GET", "/v1/worker/connected/{id}", this::connected));
  }

  private ApiResponse stream(ApiRequest request) {
    var agent = request.query("agent_name") != null ? request.query("agent_name") : request.header("X-Agent-Name");
    if (agent == null) {
      throw ApiError.of(400, "agent_name is required (query param or X-Agent-Name header)");
    }
    var named = request.query("worker_id") != null || request.header("X-Worker-ID") != null;
    var worker = named ? request.workerId() : UUID.randomUUID().toString().substring(0, 12);
    var stream = new WorkerStream(worker, JsonBody.checkId("agent_name", agent), new HashSet<>(request.words("X-Capabilities")),
        new HashSet<>(request.words(request.header("X-Codebases") != null ? "X-Codebases" : "X-Workspaces")), stamps.next());
    return new ApiResponse.Events(out -> {
      liveWorkers.connect(stream);
      try {
        workers.seen(worker);
        announcer.announcePending(stream);
        stream.writeTo(out);
      } finally {
        liveWorkers.disconnect(stream);
      }
    });
  }

  private ApiResponse setCodebases(ApiRequest request) throws DatabaseException {
    var worker = request.workerId();
    var stream = liveWorkers.stream(worker).orElseThrow(() ->
        ApiError.of(404, "Worker " + worker + " not found (not connected via SSE?)"));
    var body = request.body();
    if (!body.has("codebases") && !body.has("workspaces")) {
      throw ApiError.field("codebases", "missing", "Field required");
    }
    stream.setCodebases(new HashSet<>(body.either("codebases", "workspaces")));
    announcer.announcePending(stream);
    var answer = Json.object().put("success", true).put("worker_id", worker).put("message", "Codebases updated successfully");
    answer.set("codebases", Json.array(stream.codebases()));
    answer.set("workspaces", Json.array(stream.codebases()));
    return ApiResponse.of(answer);
  }

  private ApiResponse connected(ApiRequest request) {
    var id = request.id("id");
    return ApiResponse.of(liveWorkers.stream(id).map(stream -> stream.json(leases.task(id))).orElseThrow(() ->
        ApiError.of(404, "Worker " + id + " not found or not connected")));
  }
}
