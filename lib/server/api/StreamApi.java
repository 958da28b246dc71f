package lib.server.api;

import module java.base;
import lib.core.Json;
import lib.server.db.IncreasingTime;
import lib.server.http.ApiError;
import lib.server.http.ApiRequest;
import lib.server.http.ApiResponse;
import lib.server.http.JsonBody;
import lib.server.http.Route;
import lib.server.rules.Eligibility.Candidate;
import lib.server.task.Announcer;
import lib.server.worker.Leases;
import lib.server.worker.LiveWorkers;
import lib.server.worker.WorkerStream;
import lib.store.DatabaseException;

/** The workers' task streams, and the calls about them. */
public record StreamApi(LiveWorkers liveWorkers, Leases leases, Announcer announcer, IncreasingTime stamps) {
  public List<Route> routes() {
    return List.of(
        Route.of("GET", "/v1/worker/tasks/stream", this::stream),
        Route.of("PUT", "/v1/worker/codebases", this::setCodebases),
        Route.of("GET", "/v1/worker/connected/{id}", this::connected));
  }

  private ApiResponse stream(ApiRequest request) {
    var agent = request.queryOrHeader("agent_name", "X-Agent-Name");
    if (agent == null) {
      throw ApiError.of(400, "agent_name is required (query param or X-Agent-Name header)");
    }
    var worker = request.queryOrHeader("worker_id", "X-Worker-ID") != null ? request.workerId() : UUID.randomUUID().toString().substring(0, 12);
    var stream = new WorkerStream(new Candidate(worker, JsonBody.checkId("agent_name", agent), request.words("X-Capabilities"),
        request.words(request.header("X-Codebases") != null ? "X-Codebases" : "X-Workspaces")), stamps.next());
    return new ApiResponse.Events(out -> {
      liveWorkers.connect(stream);
      try {
        liveWorkers.seen(worker);
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
    answer.set("codebases", Json.array(stream.worker().codebases()));
    return ApiResponse.of(answer.set("workspaces", answer.path("codebases")));
  }

  private ApiResponse connected(ApiRequest request) {
    var id = request.id("id");
    return ApiResponse.of(liveWorkers.stream(id).map(stream -> stream.json(leases.task(id))).orElseThrow(() ->
        ApiError.of(404, "Worker " + id + " not found or not connected")));
  }
}
