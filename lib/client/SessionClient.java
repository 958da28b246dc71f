package lib.client;

import module java.base;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import lib.client.http.ApiException;
import lib.client.http.HttpTransport;
import lib.core.Json;
import lib.protocol.SessionInfo;
import lib.protocol.SessionMessage;
import lib.protocol.Timestamps;

/**
 * The calls about the sessions of agent CLIs, of every generation of server. As in {@link ApiClient}: blocking, thread-safe, each
 * call succeeds or throws and retries nothing.
 */
public record SessionClient(ApiClient client) {
  private static final int WHOLE = 100_000; // messages: no agent's session has as many

  /**
   * Some of a codebase's sessions, newest first.
   *
   * @param total how many there are in all
   * @param syncedAt when a worker last uploaded them; null when none has or the server does not say
   */
  public record Page(List<SessionInfo> sessions, int total, String source, Instant syncedAt) {}

  /**
   * {@code GET …/codebases/{id}/sessions}. Servers before paging give all of them, of which this then takes the page.
   *
   * @param limit so many at most; servers give 200 at most
   * @param search what title or id must hold, in whatever case; null for any
   */
  public Page list(String codebaseId, int limit, int offset, String search) throws ApiException, InterruptedException {
    var query = "?limit=" + limit + "&offset=" + offset + (search == null ? "" : "&q=" + HttpTransport.encode(search));
    var answer = client.call("GET", d -> path(d, codebaseId, query), null);
    var rows = answer.isArray() ? answer : answer.path("sessions");
    var sessions = rows.valueStream().flatMap(row -> SessionInfo.read(row, codebaseId).stream())
        .sorted(Comparator.comparing(SessionInfo::latest).reversed()).toList();
    var isPaged = answer.path("total").canConvertToInt();
    var wanted = isPaged ? sessions
        : sessions.stream().filter(s -> search == null || holds(s.id(), search) || holds(s.title(), search)).toList();
    return new Page(isPaged ? wanted : wanted.stream().skip(offset).limit(limit).toList(), answer.path("total").asInt(wanted.size()),
        Json.text(answer, "source"), Timestamps.read(answer, "synced_at"));
  }

  private static boolean holds(String text, String search) {
    return text != null && text.toLowerCase(Locale.ROOT).contains(search.toLowerCase(Locale.ROOT));
  }

  /** {@code GET …/sessions/{sid}}. Other servers know fewer here than they list: {@link ApiException.Kind#MISSING} is no proof. */
  public SessionInfo get(String codebaseId, String id) throws ApiException, InterruptedException {
    return SessionInfo.read(client.call("GET", d -> path(d, codebaseId, "/" + HttpTransport.encode(id)), null), codebaseId).orElseThrow(() ->
        new ApiException(ApiException.Kind.GARBLED, "the answer holds no session with an id", null));
  }

  /** A session's newest messages, oldest first. @param total how many the server has */
  public record Talk(List<SessionMessage> messages, int total) {}

  /**
   * {@code GET …/sessions/{sid}/messages}. Our own server gives the newest, others the oldest: where so many came that there may
   * be more, all are asked for.
   */
  public Talk messages(String codebaseId, String id, int limit) throws ApiException, InterruptedException {
    var answer = talk(codebaseId, id, limit);
    var messages = read(answer);
    if (!answer.path("total").canConvertToInt() && messages.size() >= limit) {
      messages = read(talk(codebaseId, id, WHOLE));
    }
    return new Talk(messages.subList(Math.max(0, messages.size() - limit), messages.size()), answer.path("total").asInt(messages.size()));
  }

  private JsonNode talk(String codebaseId, String id, int limit) throws ApiException, InterruptedException {
    return client.call("GET", d -> path(d, codebaseId, "/" + HttpTransport.encode(id) + "/messages?limit=" + limit), null);
  }

  private static List<SessionMessage> read(JsonNode answer) {
    var rows = answer.isArray() ? answer : answer.path("messages");
    return rows.valueStream().flatMap(row -> SessionMessage.read(row).stream()).toList();
  }

  /**
   * How to continue a session.
   *
   * @param prompt null to just go on
   * @param agent the agent's role; null for the usual one
   * @param model {@code provider/model}; null when the agent may choose
   * @param requestId makes a repeated call harmless on our own server; null for none
   */
  public record Resume(String prompt, String agent, String model, String requestId) {}

  /**
   * The task that goes on.
   *
   * @param taskId null when the server made none; other servers say success then, too
   * @param created whether this call made it; true where the server does not tell
   * @param workerId the worker it is for; null where the server does not tell
   */
  public record Resumed(String taskId, boolean created, String workerId) {}

  /** {@code POST …/sessions/{sid}/resume}. */
  public Resumed resume(String codebaseId, String id, Resume how) throws ApiException, InterruptedException {
    var body = Json.object().put("prompt", how.prompt).put("agent", how.agent).put("model", how.model).put("request_id", how.requestId);
    body.removeIf(JsonNode::isNull); // not every server takes a null
    var answer = client.call("POST", d -> path(d, codebaseId, "/" + HttpTransport.encode(id) + "/resume"), body);
    return new Resumed(Json.text(answer, "task_id"), answer.path("created").asBoolean(true), Json.text(answer, "worker_id"));
  }

  /**
   * {@code POST …/sessions/sync}, which replaces the worker's list of the codebase, or {@code POST …/sessions/{sid}/messages/sync},
   * which replaces all messages that the server shows of the session.
   *
   * @param sessionId null for the list
   */
  public void upload(String codebaseId, String sessionId, ObjectNode body) throws ApiException, InterruptedException {
    client.call("POST", d -> path(d, codebaseId, (sessionId == null ? "" : "/" + HttpTransport.encode(sessionId) + "/messages") + "/sync"), body);
  }

  private static String path(PathFamily dialect, String codebaseId, String rest) {
    return dialect.codebases("/" + HttpTransport.encode(codebaseId) + "/sessions" + rest);
  }
}
