package lib.server.api;

import module java.base;
import lib.core.Json;
import lib.protocol.Timestamps;
import lib.server.db.IncreasingTime;
import lib.server.http.ApiRequest;
import lib.server.http.ApiResponse;
import lib.server.http.Route;
import lib.server.task.OutputLog.Chunk;
import lib.server.task.OutputLog;
import lib.server.task.TaskService;
import lib.server.worker.LiveWorkers;
import lib.store.DatabaseException;

/** The calls about the output of tasks. */
public record OutputApi(TaskService tasks, OutputLog outputs, LiveWorkers liveWorkers, IncreasingTime stamps) {
  public List<Route> routes() {
    return List.of(
        Route.of("POST", "/v1/agent/tasks/{id}/output", this::append),
        Route.of("GET", "/v1/agent/tasks/{id}/output", this::output),
        Route.of("GET", "/v1/agent/tasks/{id}/output/stream", this::follow));
  }

  private ApiResponse append(ApiRequest request) throws DatabaseException, InterruptedException {
    var body = request.body();
    var worker = body.id("worker_id");
    liveWorkers.seen(worker);
    var stored = outputs.append(new Chunk(request.id("id"), worker, body.longText("output"),
        ApiRequest.stamp(Timestamps.parse(body.text("timestamp", null)), stamps.next()), body.attempt(), body.count("seq")));
    var answer = Json.object().put("success", true);
    return ApiResponse.of(stored ? answer : answer.put("duplicate", true));
  }

  private ApiResponse output(ApiRequest request) throws DatabaseException {
    var id = request.id("id");
    tasks.status(id); // refuses when there is none
    var page = outputs.page(id, since(request));
    var answer = Json.object().put("task_id", id).put("total", page.total());
    answer.putArray("outputs").addAll(page.chunks());
    return ApiResponse.of(answer);
  }

  private ApiResponse follow(ApiRequest request) throws DatabaseException {
    var id = request.id("id");
    tasks.status(id);
    var after = request.header("Last-Event-ID"); // of another server's stream it may be anything
    var since = after != null && after.matches("\\d{1,18}") ? Long.parseLong(after) + 1 : since(request);
    return new ApiResponse.Events(out -> outputs.follow(id, since, out));
  }

  private static long since(ApiRequest request) {
    return request.number("since", 0, 0, Long.MAX_VALUE - 1);
  }
}
