package lib.server.api;

import module java.base;
import lib.core.Json;
import lib.server.db.CodebaseTable;
import lib.server.db.IncreasingTime;
import lib.server.http.ApiRequest;
import lib.server.http.ApiResponse;
import lib.server.http.Route;
import lib.server.task.Retention;
import lib.store.Database;
import lib.store.DatabaseException;

/** The calls about the server itself. */
public record StatusApi(Database database, String serverId, Retention retention, IncreasingTime stamps) {
  public List<Route> routes() {
    return List.of(
        Route.of("GET", "/health", this::health).opened(),
        Route.of("GET", "/v1/agent/status", this::status).opened(),
        Route.of("POST", "/v1/server/prune", this::prune));
  }

  private ApiResponse health(ApiRequest request) {
    return ApiResponse.of(Json.object().put("status", "healthy").put("timestamp", stamps.next()));
  }

  private ApiResponse status(ApiRequest request) throws DatabaseException {
    var codebases = database.read(CodebaseTable::count);
    return ApiResponse.of(Json.object().put("available", true).put("message", "CodeTether server ready").putNull("agent_binary")
        .put("registered_codebases", codebases).put("registered_workspaces", codebases).put("auto_start", false).putNull("runtime")
        .put("server_id", serverId));
  }

  private ApiResponse prune(ApiRequest request) throws DatabaseException, InterruptedException {
    var dryRun = request.body().flag("dry_run");
    var pruned = retention.prune(dryRun);
    return ApiResponse.of(Json.object().put("tasks", pruned.tasks()).put("sessions", pruned.sessions()).put("bytes", pruned.bytes())
        .put("dry_run", dryRun).put("keep_days", retention.limits().days()).put("keep_bytes", retention.limits().bytes()));
  }
}
