package lib.client;

import module java.base;
import com.fasterxml.jackson.databind.JsonNode;
import lib.client.http.ApiException;
import lib.client.http.EventStream;
import lib.client.http.HttpTransport;
import lib.client.http.ServerAddress;
import lib.core.Json;
import lib.protocol.Claim;
import lib.protocol.CodebaseInfo;
import lib.protocol.NewTask;
import lib.protocol.Registration;
import lib.protocol.Task;
import lib.protocol.TaskReport;
import lib.protocol.TaskStatus;
import lib.protocol.Timestamps;

/**
 * Every call to the server, typed. Blocking, thread-safe; each call ends within its deadline, succeeds or throws, and retries nothing.
 */
public final class ApiClient {
  /** Servers and proxies take 8 KiB for one header line, its name included, and the strict ones 16 KiB for all. */
  private static final int MAX_HEADER = 7 << 10;

  private final HttpTransport http;
  private final Duration deadline;
  private final FamilyCalls calls;

  public ApiClient(ServerAddress server) {
    this(server, HttpTransport.DEADLINE);
  }

  /** The same with another deadline for each call; a large body adds to it. */
  public ApiClient(ServerAddress server, Duration deadline) {
    this(new HttpTransport(server), deadline);
  }

  private ApiClient(HttpTransport http, Duration deadline) {
    this.http = http;
    this.deadline = deadline;
    this.calls = new FamilyCalls(http, deadline);
  }

  /** The same with its calls on these threads, one for each, instead of the virtual threads that all else shares. */
  public ApiClient on(ThreadFactory threads) {
    return new ApiClient(http.on(threads), deadline);
  }

  public ServerAddress server() {
    return http.server();
  }

  // --- the server itself

  /**
   * What the server says of itself.
   *
   * @param serverId our own server's id; null when it is another one
   */
  public record Info(String message, String serverId) {
    /** Whether it speaks what {@code docs/servers.md} calls our additions. */
    public boolean ours() {
      return serverId != null;
    }
  }

  /** {@code GET /v1/agent/status}: our own server answers it to everybody. */
  public Info info() throws ApiException, InterruptedException {
    var answer = calls.exchange("GET", PathFamily.CODEBASES.path("/status"), null);
    return new Info(Json.text(answer, "message"), Json.text(answer, "server_id"));
  }

  /** The path family that the server speaks, found by asking for the codebases in each. */
  public PathFamily pathFamily() throws ApiException, InterruptedException {
    return calls.family();
  }

  // --- workers

  /** {@code POST …/workers/register}; repeating it is harmless. */
  public void register(Registration registration) throws ApiException, InterruptedException {
    call("POST", d -> d.path("/workers/register"), registration.toJson());
  }

  /** A task that the server wants stopped. */
  public record Stop(String taskId, String reason) {}

  /**
   * {@code POST …/workers/{id}/heartbeat}, naming what runs; {@link ApiException.Kind#MISSING} means: register again.
   *
   * @param running task id to fencing number
   * @param holds rule to why: what keeps the worker from taking tasks; servers that do not know the field leave it unread
   */
  public List<Stop> heartbeat(String workerId, Map<String, Integer> running, Map<String, String> holds)
      throws ApiException, InterruptedException {
    var body = Json.object();
    if (!holds.isEmpty()) {
      var held = body.putArray("holds");
      holds.forEach((rule, why) -> held.addObject().put("rule", rule).put("why", why));
    }
    var list = body.putArray("running");
    running.forEach((task, attempt) -> list.addObject().put("task_id", task).put("attempt", attempt));
    var answer = call("POST", d -> d.path("/workers/" + HttpTransport.encode(workerId) + "/heartbeat"), body);
    return answer.path("stop").valueStream().filter(s -> Json.text(s, "task_id") != null)
        .map(s -> new Stop(Json.text(s, "task_id"), Json.text(s, "reason"))).toList();
  }

  /** {@code POST …/workers/{id}/unregister}. */
  public void unregister(String workerId) throws ApiException, InterruptedException {
    call("POST", d -> d.path("/workers/" + HttpTransport.encode(workerId) + "/unregister"), Json.object());
  }

  /** {@code GET …/workers}, as the server has them. */
  public List<JsonNode> workers() throws ApiException, InterruptedException {
    return call("GET", d -> d.path("/workers"), null).valueStream().toList();
  }

  // --- codebases

  /** {@code POST …/codebases} with our worker id: a confirmed registration. Returns what the server calls it. */
  public CodebaseInfo registerCodebase(String name, String path, String description, String workerId)
      throws ApiException, InterruptedException {
    var body = Json.object().put("name", name).put("path", path).put("description", description).put("worker_id", workerId);
    return CodebaseInfo.read(call("POST", d -> d.codebases(""), body)).orElseThrow(() ->
        new ApiException(ApiException.Kind.GARBLED, "the answer to registering " + path + " has no id", null));
  }

  /** {@code GET …/codebases}. */
  public List<CodebaseInfo> codebases() throws ApiException, InterruptedException {
    return call("GET", d -> d.codebases(""), null).valueStream().flatMap(n -> CodebaseInfo.read(n).stream()).toList();
  }

  /** {@code PUT /v1/worker/codebases}: what the open stream is for; {@link ApiException.Kind#MISSING} without a stream. */
  public void routeCodebases(String workerId, List<String> ids) throws ApiException, InterruptedException {
    var body = Json.object().put("worker_id", workerId);
    body.set("codebases", Json.array(ids));
    callAs(workerId, "PUT", "/v1/worker/codebases", body);
  }

  /** {@code GET /v1/worker/connected/{id}}: whether the server has our stream; true where it cannot tell. */
  public boolean connected(String workerId) throws ApiException, InterruptedException {
    try {
      calls.exchange("GET", "/v1/worker/connected/" + HttpTransport.encode(workerId), null);
      return true;
    } catch (ApiException e) {
      return switch (e.kind()) {
        case NO_ROUTE -> true;
        case MISSING -> false;
        default -> throw e;
      };
    }
  }

  // --- tasks

  /** Which tasks to list; null leaves a condition out. */
  public record Query(TaskStatus status, String codebaseId, String workerId, String agentName) {}

  /** {@code GET …/tasks}. Servers give at most 100 and filter differently: filter again. Rows without an id are left out. */
  public List<Task> tasks(Query query) throws ApiException, InterruptedException {
    var conditions = (condition("status", query.status == null ? null : query.status.word()) + condition("codebase_id", query.codebaseId)
        + condition("worker_id", query.workerId) + condition("agent_name", query.agentName)).replaceFirst("&", "?");
    var answer = call("GET", d -> d.path("/tasks" + conditions), null);
    var rows = answer.isArray() ? answer : answer.path("tasks");
    return rows.valueStream().flatMap(row -> Task.read(row).stream()).toList();
  }

  private static String condition(String name, String value) {
    return value == null ? "" : "&" + name + "=" + HttpTransport.encode(value);
  }

  /** {@code GET …/tasks/{id}}. */
  public Task task(String id) throws ApiException, InterruptedException {
    return readTask(call("GET", d -> d.path("/tasks/" + HttpTransport.encode(id)), null));
  }

  /** {@code POST …/codebases/{id}/tasks}, or {@code POST …/tasks} for a task without a codebase. */
  public Task create(NewTask task) throws ApiException, InterruptedException {
    return readTask(call("POST", d -> task.global() ? d.path("/tasks")
        : d.codebases("/" + HttpTransport.encode(task.codebaseId()) + "/tasks"), task.toJson()));
  }

  /**
   * {@code POST /v1/worker/tasks/claim}; on servers without it, saying {@code running} is the claim, which two workers
   * can both win.
   */
  public Claim claim(String taskId, String workerId) throws ApiException, InterruptedException {
    return claim(taskId, workerId, 0);
  }

  /**
   * Claims a task that this worker runs already, after the server queued it again.
   *
   * @param running the number of the claim under which it runs, which the embedded server then gives again; 0 for none
   */
  public Claim claim(String taskId, String workerId, int running) throws ApiException, InterruptedException {
    var body = Json.object().put("task_id", taskId).put("worker_id", workerId);
    if (running > 0) {
      body.put("attempt", running);
    }
    try {
      var answer = callAs(workerId, "POST", "/v1/worker/tasks/claim", body);
      if (!answer.isObject()) {
        throw new ApiException(ApiException.Kind.GARBLED, "the answer to the claim of task " + taskId + " is empty", null);
      }
      return answer.path("success").isBoolean() && !answer.path("success").asBoolean()
          ? new Claim.Lost(null, String.valueOf(Json.text(answer, "message")))
          : new Claim.Won(answer.path("attempt").asInt(0), Duration.ofSeconds(answer.path("lease_seconds").asLong(0)),
              answer.path("task_timeout_seconds").asInt(0));
    } catch (ApiException e) {
      return switch (e.kind()) {
        case CONFLICT, MISSING -> new Claim.Lost(e.code(), e.getMessage());
        case NO_ROUTE -> {
          status(TaskReport.running(taskId, workerId, null, 0));
          yield new Claim.Won(0, Duration.ZERO, 0);
        }
        default -> throw e;
      };
    }
  }

  /** {@code PUT …/tasks/{id}/status}. */
  public void status(TaskReport report) throws ApiException, InterruptedException {
    call("PUT", d -> d.path("/tasks/" + HttpTransport.encode(report.taskId()) + "/status"), report.toJson());
  }

  /**
   * {@code POST /v1/worker/tasks/release}, always with the status. A server that no longer knows the claim answers 404,
   * and one without the route has nothing to release: both are fine.
   */
  public void release(TaskReport report) throws ApiException, InterruptedException {
    try {
      callAs(report.workerId(), "POST", "/v1/worker/tasks/release", report.toJson());
    } catch (ApiException e) {
      if (e.kind() != ApiException.Kind.MISSING && e.kind() != ApiException.Kind.NO_ROUTE) {
        throw e;
      }
    }
  }

  /** {@code POST /v1/worker/tasks/release} of a task that we did not claim: our own server counts who cannot do it. */
  public void decline(String taskId, String workerId, String why) throws ApiException, InterruptedException {
    var body = Json.object().put("task_id", taskId).put("worker_id", workerId).put("status", TaskStatus.PENDING.word())
        .put("declined", true).put("error", why);
    callAs(workerId, "POST", "/v1/worker/tasks/release", body);
  }

  /** {@code POST …/tasks/{id}/cancel}. Since V13 the answer says success whatever happens: read the task afterwards. */
  public void cancel(String taskId, String reason) throws ApiException, InterruptedException {
    call("POST", d -> d.path("/tasks/" + HttpTransport.encode(taskId) + "/cancel"), Json.object().put("reason", reason));
  }

  /** {@code POST …/tasks/{id}/requeue}. */
  public void requeue(String taskId) throws ApiException, InterruptedException {
    call("POST", d -> d.path("/tasks/" + HttpTransport.encode(taskId) + "/requeue"), Json.object());
  }

  /** {@code DELETE …/tasks/{id}} of a task that has ended. Only our own server has the call. */
  public void delete(String taskId) throws ApiException, InterruptedException {
    call("DELETE", d -> d.path("/tasks/" + HttpTransport.encode(taskId)), null);
  }

  /** {@code POST /v1/server/prune} of our own server: deletes what it keeps no longer, or only counts it. */
  public JsonNode prune(boolean dryRun) throws ApiException, InterruptedException {
    return calls.exchange("POST", "/v1/server/prune", Json.object().put("dry_run", dryRun));
  }

  // --- sessions

  /** The calls about the sessions of agent CLIs. */
  public SessionClient sessions() {
    return new SessionClient(this);
  }

  // --- output

  /**
   * {@code POST …/tasks/{id}/output}.
   *
   * @param seq our own server's place in the attempt's output, from 1; repeats are dropped there
   */
  public void output(String taskId, String workerId, String text, Instant at, int attempt, long seq)
      throws ApiException, InterruptedException {
    var body = Json.object().put("worker_id", workerId).put("output", text.replace('\0', '\uFFFD')) // as in a report
        .put("timestamp", at.toString());
    if (attempt > 0) {
      body.put("attempt", attempt).put("seq", seq);
    }
    call("POST", d -> d.path("/tasks/" + HttpTransport.encode(taskId) + "/output"), body);
  }

  /**
   * The retained output from a place on.
   *
   * @param total the place to ask from next
   * @param times when each chunk was written, as its worker said; null where the server does not say
   */
  public record Output(List<String> chunks, long total, List<Instant> times) {}

  /** {@code GET …/tasks/{id}/output?since=N}; -1 gives the last chunk on servers other than our own. */
  public Output output(String taskId, long since) throws ApiException, InterruptedException {
    var answer = call("GET", d -> d.path("/tasks/" + HttpTransport.encode(taskId) + "/output?since=" + since), null);
    var chunks = answer.path("outputs").valueStream().map(c -> c.path("output").asText()).toList();
    var times = answer.path("outputs").valueStream().map(c -> Timestamps.parse(Json.text(c, "timestamp"))).toList();
    return new Output(chunks, answer.path("total").asLong(chunks.size()), times);
  }

  /** {@code GET …/tasks/{id}/output/stream}: events {@code output} and {@code done}. */
  public EventStream followOutput(String taskId, long since, Duration silence) throws ApiException, InterruptedException {
    return http.open(pathFamily().path("/tasks/" + HttpTransport.encode(taskId) + "/output/stream?since=" + since), Map.of(), silence, deadline);
  }

  // --- the task stream

  /**
   * {@code GET /v1/worker/tasks/stream}. Codebase ids that would make the header too long, or cannot stand in one, are
   * left out of it; tell them with {@link #routeCodebases} once the stream is open.
   */
  public EventStream tasks(String workerId, String agentName, List<String> codebaseIds, List<String> capabilities,
      String lastEventId, Duration silence) throws ApiException, InterruptedException {
    var headers = new LinkedHashMap<String, String>();
    headers.put("X-Worker-ID", workerId); // the query carries both, too, for what a header cannot
    headers.put("X-Agent-Name", agentName);
    headers.put("X-Codebases", line(codebaseIds));
    headers.put("X-Workspaces", headers.get("X-Codebases"));
    headers.put("X-Capabilities", String.join(",", capabilities));
    if (lastEventId != null && !lastEventId.isEmpty()) {
      headers.put("Last-Event-ID", lastEventId);
    }
    return http.open("/v1/worker/tasks/stream?worker_id=" + HttpTransport.encode(workerId) + "&agent_name=" + HttpTransport.encode(agentName),
        headers, silence, deadline);
  }

  private static String line(List<String> ids) {
    var line = new StringBuilder();
    for (var id : ids) {
      if (HttpTransport.sendable(id) && line.length() + 1 + id.length() <= MAX_HEADER) {
        line.append(line.isEmpty() ? "" : ",").append(id);
      }
    }
    return line.toString();
  }

  /** Whether opening the stream tells all of these ids. */
  public static boolean streamTells(List<String> codebaseIds) {
    return line(codebaseIds).equals(String.join(",", codebaseIds));
  }

  // --- underneath

  JsonNode call(String method, Function<PathFamily, String> path, JsonNode body) throws ApiException, InterruptedException {
    return calls.call(method, path, body);
  }

  /** A call outside the path families. Servers read the worker's id in the query or the header. */
  private JsonNode callAs(String workerId, String method, String path, JsonNode body) throws ApiException, InterruptedException {
    return FamilyCalls.expect(http.send(method, path + "?worker_id=" + HttpTransport.encode(workerId), Json.write(body),
        Map.of("X-Worker-ID", workerId), deadline));
  }

  private static Task readTask(JsonNode answer) throws ApiException {
    return Task.read(answer).orElseThrow(() -> new ApiException(ApiException.Kind.GARBLED, "the answer holds no task with an id", null));
  }
}
