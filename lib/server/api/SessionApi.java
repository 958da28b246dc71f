package lib.server.api;

import module java.base;
import com.fasterxml.jackson.databind.node.ObjectNode;
import lib.core.Json;
import lib.protocol.Task;
import lib.server.db.SessionTable.Key;
import lib.server.http.ApiError;
import lib.server.http.ApiRequest;
import lib.server.http.ApiResponse;
import lib.server.http.JsonBody;
import lib.server.http.Route;
import lib.server.session.SessionResumer.Asked;
import lib.server.session.SessionResumer;
import lib.server.session.SessionService;
import lib.server.worker.WorkerRegistry;
import lib.store.DatabaseException;

/** The calls about agents' sessions. */
public final class SessionApi {
  private static final String SESSIONS = "/v1/agent/codebases/{id}/sessions";
  private static final String SESSION = SESSIONS + "/{session}";
  private static final String SOURCE = "worker_sync"; // other servers have more sources than this one
  private static final int LIST = 50; // as other servers have it, like the most
  private static final int MAX_LIST = 200;
  private static final int MESSAGES = 100;
  private static final int MAX_MESSAGES = 1000;
  private static final int MAX_WORDS = 256; // far below what a database takes as a pattern

  private final SessionService sessions;
  private final SessionResumer resumes;
  private final WorkerRegistry workers;

  public SessionApi(SessionService sessions, SessionResumer resumes, WorkerRegistry workers) {
    this.sessions = sessions;
    this.resumes = resumes;
    this.workers = workers;
  }

  public List<Route> routes() {
    return List.of(
        Route.of("POST", SESSIONS + "/sync", this::sync),
        Route.of("GET", SESSIONS, this::list),
        Route.of("GET", SESSION, request -> ApiResponse.of(sessions.get(request.id("id"), request.id("session")))),
        Route.of("POST", SESSION + "/messages/sync", this::syncMessages),
        Route.of("GET", SESSION + "/messages", this::messages),
        Route.of("POST", SESSION + "/resume", this::resume));
  }

  private ApiResponse sync(ApiRequest request) throws DatabaseException, InterruptedException {
    var body = request.body();
    var worker = body.id("worker_id");
    var named = new LinkedHashMap<String, ObjectNode>();
    body.rows("sessions").forEach(session -> named.put(new JsonBody(session).id("id"), session));
    workers.seen(worker);
    var stored = sessions.sync(request.id("id"), worker, named);
    return ApiResponse.of(Json.object().put("success", true).put("sessions_count", stored));
  }

  private ApiResponse syncMessages(ApiRequest request) throws DatabaseException, InterruptedException {
    var body = request.body();
    var worker = body.id("worker_id");
    var messages = body.rows("messages");
    workers.seen(worker);
    var stored = sessions.syncMessages(new Key(request.id("id"), request.id("session"), worker), messages);
    return ApiResponse.of(Json.object().put("success", true).put("messages_count", stored));
  }

  private ApiResponse list(ApiRequest request) throws DatabaseException {
    var limit = limit(request, LIST, MAX_LIST);
    var offset = (int) request.number("offset", request.query("offset"), 0, 0, Integer.MAX_VALUE);
    var words = request.query("q") == null ? "" : request.query("q").strip();
    if (words.length() > MAX_WORDS) {
      throw ApiError.of(400, "q must have at most " + MAX_WORDS + " characters");
    }
    var page = sessions.page(request.id("id"), words, limit, offset);
    var answer = Json.object();
    answer.set("sessions", page.sessions());
    return ApiResponse.of(answer.put("total", page.total()).put("limit", limit).put("offset", offset)
        .put("hasMore", (long) offset + page.sessions().size() < page.total()).put("source", SOURCE).put("synced_at", page.syncedAt()));
  }

  private ApiResponse messages(ApiRequest request) throws DatabaseException {
    var page = sessions.messages(request.id("id"), request.id("session"), limit(request, MESSAGES, MAX_MESSAGES));
    var answer = Json.object();
    answer.set("messages", page.messages());
    return ApiResponse.of(answer.put("session_id", request.id("session")).put("total", page.total()).put("source", SOURCE)
        .put("synced_at", page.syncedAt()));
  }

  /** More than the most is the most, as on other servers. */
  private static int limit(ApiRequest request, int fallback, int most) {
    return Math.clamp(request.number("limit", request.query("limit"), fallback, 0, Integer.MAX_VALUE), 1, most);
  }

  private ApiResponse resume(ApiRequest request) throws DatabaseException, InterruptedException {
    var body = request.body();
    var session = request.id("session");
    var model = filled(body, "model");
    var ref = filled(body, "model_ref");
    var key = filled(body, "request_id") != null ? filled(body, "request_id") : request.header("Idempotency-Key");
    var agent = filled(body, "agent");
    var resumed = resumes.resume(new Asked(request.id("id"), session, filled(body.longText("prompt", "")), agent == null ? Task.DEFAULT_AGENT : agent,
        model == null && ref != null ? ref.replaceFirst(":", "/") : model,
        ref == null && model != null ? model.replaceFirst("/", ":") : ref, JsonBody.checkId("request_id", key)));
    return ApiResponse.of(Json.object().put("success", true).put("message", resumed.made() ? "Task queued to resume session " + session
            : "Session " + session + " is being resumed already")
        .put("task_id", resumed.task()).put("session_id", session).put("active_session_id", session)
        .put("created", resumed.made()).put("worker_id", resumed.worker()));
  }

  /** A text that says something, or null. */
  private static String filled(JsonBody body, String field) {
    return filled(body.text(field, ""));
  }

  private static String filled(String text) {
    return text.isBlank() ? null : text;
  }
}
