package lib.server.api;

import module java.base;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.sql.SQLException;
import lib.core.Json;
import lib.protocol.Task;
import lib.server.db.CodebaseTable;
import lib.server.db.IncreasingTime;
import lib.server.db.SessionTable.Key;
import lib.server.db.SessionTable;
import lib.server.http.ApiError;
import lib.server.http.ApiRequest;
import lib.server.http.ApiResponse;
import lib.server.http.JsonBody;
import lib.server.http.Route;
import lib.server.session.SessionResumer;
import lib.server.worker.LiveWorkers;
import lib.store.Database.Sync;
import lib.store.Database;
import lib.store.DatabaseException;
import lib.store.Sql;

/**
 * The calls about the sessions of agent CLIs. A worker's list replaces its own sessions. The list of a codebase's owner also
 * removes those of dead workers, which nobody would replace.
 */
public record SessionApi(Database database, SessionResumer resumes, LiveWorkers liveWorkers, IncreasingTime stamps) {
  private static final String SESSIONS = "/v1/agent/codebases/{id}/sessions";
  private static final String SESSION = SESSIONS + "/{session}";
  private static final String SOURCE = "worker_sync"; // other servers have more sources than this one
  private static final int LIST = 50; // as other servers have it, like the most
  private static final int MAX_LIST = 200;
  private static final int MESSAGES = 100;
  private static final int MAX_MESSAGES = 1000;
  private static final int MAX_WORDS = 256; // far below what a database takes as a pattern

  public List<Route> routes() {
    return List.of(
        Route.of("POST", SESSIONS + "/sync", this::sync),
        Route.of("GET", SESSIONS, this::list),
        Route.of("GET", SESSION, request -> ApiResponse.of(database.read(sql -> find(sql, request)))),
        Route.of("POST", SESSION + "/messages/sync", this::syncMessages),
        Route.of("GET", SESSION + "/messages", this::messages),
        Route.of("POST", SESSION + "/resume", this::resume));
  }

  private ApiResponse sync(ApiRequest request) throws DatabaseException, InterruptedException {
    var codebase = request.id("id");
    var worker = request.body().id("worker_id");
    var named = new LinkedHashMap<String, ObjectNode>();
    request.body().rows("sessions").forEach(session -> named.put(new JsonBody(session).id("id"), session));
    liveWorkers.seen(worker);
    database.write(Sync.PROCESS, sql -> { // what a crash loses, the worker uploads again
      CodebaseTable.check(sql, codebase);
      SessionTable.replace(sql, codebase, worker, named, stamps.next());
      if (CodebaseTable.owner(sql, codebase).filter(worker::equals).isPresent()) {
        for (var other : SessionTable.uploaders(sql, codebase)) {
          if (!other.equals(worker) && !liveWorkers.isAlive(other)) {
            SessionTable.removeAll(sql, codebase, other);
          }
        }
      }
      return null;
    });
    return ApiResponse.of(Json.object().put("success", true).put("sessions_count", named.size()));
  }

  private ApiResponse syncMessages(ApiRequest request) throws DatabaseException, InterruptedException {
    var key = new Key(request.id("id"), request.id("session"), request.body().id("worker_id"));
    var messages = request.body().rows("messages");
    liveWorkers.seen(key.worker());
    database.write(Sync.PROCESS, sql -> {
      CodebaseTable.check(sql, key.codebase());
      if (!SessionTable.holders(sql, key.codebase(), key.session()).contains(key.worker())) {
        throw ApiError.of(404, "Session not found: worker " + key.worker() + " has uploaded no session " + key.session());
      }
      SessionTable.putMessages(sql, key, messages);
      return null;
    });
    return ApiResponse.of(Json.object().put("success", true).put("messages_count", messages.size()));
  }

  private ApiResponse list(ApiRequest request) throws DatabaseException {
    var codebase = request.id("id");
    var limit = limit(request, LIST, MAX_LIST);
    var offset = (int) request.number("offset", 0, 0, Integer.MAX_VALUE);
    var words = Objects.requireNonNullElse(request.query("q"), "").strip();
    if (words.length() > MAX_WORDS) {
      throw ApiError.of(400, "q must have at most " + MAX_WORDS + " characters");
    }
    return ApiResponse.of(database.read(sql -> {
      CodebaseTable.check(sql, codebase);
      var page = SessionTable.page(sql, codebase, words, limit, offset);
      var total = SessionTable.total(sql, codebase, words);
      return Json.object().put("total", total).put("limit", limit).put("offset", offset).put("hasMore", (long) offset + page.size() < total)
          .put("source", SOURCE).put("synced_at", SessionTable.syncedAt(sql, codebase).orElse(null)).set("sessions", page);
    }));
  }

  private ApiResponse messages(ApiRequest request) throws DatabaseException {
    var limit = limit(request, MESSAGES, MAX_MESSAGES);
    return ApiResponse.of(database.read(sql -> {
      var session = find(sql, request);
      var key = new Key(request.id("id"), request.id("session"), Json.text(session, "worker_id"));
      return Json.object().put("session_id", key.session()).put("total", SessionTable.countMessages(sql, key)).put("source", SOURCE)
          .put("synced_at", Json.text(session, "synced_at")).set("messages", SessionTable.messages(sql, key, limit));
    }));
  }

  private static ObjectNode find(Sql sql, ApiRequest request) throws SQLException {
    CodebaseTable.check(sql, request.id("id"));
    return SessionTable.find(sql, request.id("id"), request.id("session")).orElseThrow(SessionResumer::unknown);
  }

  /** More than the most is the most, as on other servers. */
  private static int limit(ApiRequest request, int fallback, int most) {
    return Math.clamp(request.number("limit", fallback, 0, Integer.MAX_VALUE), 1, most);
  }

  private ApiResponse resume(ApiRequest request) throws DatabaseException, InterruptedException {
    var body = request.body();
    var session = request.id("session");
    var model = body.filledText("model");
    var ref = body.filledText("model_ref");
    var key = body.filledText("request_id") != null ? body.filledText("request_id") : request.header("Idempotency-Key");
    var prompt = body.longText("prompt", "");
    var resumed = resumes.resume(new SessionResumer.Asked(request.id("id"), session, prompt.isBlank() ? null : prompt,
        Objects.requireNonNullElse(body.filledText("agent"), Task.DEFAULT_AGENT), model == null && ref != null ? ref.replaceFirst(":", "/") : model,
        ref == null && model != null ? model.replaceFirst("/", ":") : ref, JsonBody.checkId("request_id", key)));
    return ApiResponse.of(Json.object().put("success", true).put("message", resumed.made() ? "Task queued to resume session " + session
            : "Session " + session + " is being resumed already")
        .put("task_id", resumed.task()).put("session_id", session).put("active_session_id", session)
        .put("created", resumed.made()).put("worker_id", resumed.worker()));
  }
}
