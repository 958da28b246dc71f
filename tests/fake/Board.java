package tests.fake;

import module java.base;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import lib.core.Json;
import lib.protocol.Timestamps;
import tests.fake.FakeServer.Version;

/** What the fake server knows, and its right answers in each generation's words. Thread-safe: one lock for everything. */
final class Board {
  private static final List<String> STATUSES = List.of("pending", "assigned", "running", "completed", "failed", "cancelled");
  private static final int KEPT_CHUNKS = 1000; // as the real one

  private final Map<String, ObjectNode> workers = new LinkedHashMap<>();
  private final Map<String, ObjectNode> codebases = new LinkedHashMap<>();
  private final Map<String, ObjectNode> tasks = new LinkedHashMap<>();
  private final Map<String, String> claims = new HashMap<>();
  private final Map<String, List<String>> histories = new HashMap<>();
  private final Map<String, List<ObjectNode>> outputs = new HashMap<>();
  private final Synced synced = new Synced();
  private int created;

  // --- for tests

  synchronized ObjectNode add(ObjectNode fields) {
    var task = Json.object().put("id", UUID.randomUUID().toString()).putNull("codebase_id").put("title", "a task").put("prompt", "")
        .put("agent_type", "build").putNull("model").put("status", "pending").put("priority", 0)
        .put("created_at", Timestamps.parse("2026-01-01T00:00:00Z").plusMillis(++created).toString().replace("Z", ""));
    for (var name : List.of("started_at", "completed_at", "result", "error", "session_id", "worker_id")) {
      task.putNull(name);
    }
    task.putObject("metadata");
    task.setAll(fields);
    if ("global".equals(Json.text(task, "codebase_id"))) {
      task.putNull("codebase_id");
    }
    tasks.put(task.path("id").asText(), task);
    return task.deepCopy();
  }

  synchronized ObjectNode register(JsonNode body) {
    var path = body.path("path").asText();
    var known = codebases.values().stream().filter(c -> c.path("path").asText().equals(path)).findFirst();
    var codebase = known.orElseGet(() -> Json.object().put("id", UUID.randomUUID().toString().substring(0, 8)));
    codebase.put("name", body.path("name").asText()).put("path", path).put("description", body.path("description").asText())
        .put("status", "idle").put("worker_id", Json.text(body, "worker_id"));
    codebases.put(codebase.path("id").asText(), codebase);
    return codebase.deepCopy();
  }

  synchronized ObjectNode task(String id) {
    var task = tasks.get(id);
    if (task == null) {
      throw new AssertionError("the server has no task " + id);
    }
    return task.deepCopy();
  }

  synchronized void change(String id, Consumer<ObjectNode> change) {
    change.accept(tasks.get(id));
  }

  synchronized List<String> history(String id) {
    return List.copyOf(histories.getOrDefault(id, List.of()));
  }

  synchronized List<String> chunks(String id) {
    return outputs.getOrDefault(id, List.of()).stream().map(c -> c.path("output").asText()).toList();
  }

  synchronized Set<String> workerIds() {
    return Set.copyOf(workers.keySet());
  }

  synchronized void forget() {
    workers.clear();
    claims.clear();
    outputs.clear();
    synced.forget();
  }

  synchronized List<JsonNode> sessions(String codebase) {
    return synced.sessions(codebase);
  }

  synchronized List<JsonNode> messages(String session) {
    return synced.messages(session);
  }

  // --- events

  synchronized List<ObjectNode> pending() {
    return tasks.values().stream().filter(t -> t.path("status").asText().equals("pending")).map(ObjectNode::deepCopy).toList();
  }

  synchronized boolean concerns(ObjectNode task, String worker, Set<String> offered) {
    var codebase = Json.text(task, "codebase_id");
    var owner = codebases.containsKey(codebase) ? Json.text(codebases.get(codebase), "worker_id") : null;
    return codebase == null || codebase.equals("__pending__") || offered.contains(codebase) || worker.equals(owner);
  }

  /** The announcements of one task: a thin one, and on V16 a full one after it. */
  List<ObjectNode> events(Version version, ObjectNode task) {
    var thin = only(task, "id", "title", "agent_type", "model", "priority", "status", "created_at");
    thin.put("description", task.path("prompt").asText());
    thin.set(version == Version.HEAD ? "workspace_id" : "codebase_id", task.path("codebase_id"));
    var full = only(task, "id", "codebase_id", "title", "prompt", "agent_type", "priority", "metadata", "model", "created_at");
    return version == Version.V16 ? List.of(thin, full) : List.of(thin);
  }

  synchronized void disconnected(Version version, String worker) {
    if (version == Version.V13) {
      claims.values().removeIf(worker::equals);
    }
  }

  // --- answers

  /** Answers a call as this generation does; {@code push} announces a task that the call created. */
  Reply reply(Version version, Request request, List<String> connected, Consumer<ObjectNode> push) {
    var created = new ArrayList<ObjectNode>();
    Reply reply;
    synchronized (this) {
      reply = route(version, request, connected, created);
    }
    created.forEach(push);
    return reply;
  }

  private Reply route(Version version, Request request, List<String> connected, List<ObjectNode> created) {
    var path = request.path();
    var old = path.startsWith("/v1/opencode/");
    if (path.startsWith("/v1/worker/")) {
      return version == Version.D25 ? Reply.noRoute() : worker(version, request, connected);
    }
    if (old && version == Version.V16) {
      var query = new ArrayList<String>();
      request.query().forEach((name, value) -> query.add(name + "=" + value));
      return new Reply(307, "text/plain", "", Map.of("Location", path.replace("/v1/opencode", "/v1/agent")
          + (query.isEmpty() ? "" : "?" + String.join("&", query))));
    }
    if (old && version == Version.HEAD) {
      return new Reply(410, "application/json", Json.write(Json.object().put("error", "deprecated_api_gone")
          .put("message", "This API is gone").put("path", path).put("replacement_base", "/v1/agent")), Map.of("Deprecation", "true"));
    }
    var modern = version == Version.V16 || version == Version.HEAD;
    var collection = version == Version.HEAD ? "workspaces" : "codebases";
    var base = modern ? "/v1/agent/" : "/v1/opencode/";
    if (!path.startsWith(base)) {
      return Reply.noRoute();
    }
    var parts = Arrays.stream(path.substring(base.length()).split("/")).map(Request::decode).toList();
    if (request.method().equals("HEAD")) {
      return Reply.detail(405, "Method Not Allowed");
    }
    var body = request.json();
    var id = parts.size() > 1 ? parts.get(1) : null;
    return switch (request.method() + " " + shape(parts)) {
      case "GET status" -> Reply.ok(Json.object().put("available", true).put("message", "Agent bridge ready"));
      case "GET workers" -> rows(workers.values().stream().toList());
      case "POST workers/register" -> register(body, collection);
      case "POST workers/*/heartbeat" -> workers.containsKey(id) ? Reply.success()
          : Reply.detail(404, "Worker not found - please re-register");
      case "POST workers/*/unregister" -> Reply.ok(Json.object().put("success", workers.remove(id) != null));
      case "GET tasks" -> list(version, request);
      case "POST tasks" -> modern ? create(body, Json.text(body, "codebase_id", "workspace_id"), created, false)
          : Reply.detail(405, "Method Not Allowed");
      case "GET tasks/*" -> tasks.containsKey(id) ? Reply.ok(single(version, tasks.get(id))) : Reply.detail(404, "Task not found");
      case "PUT tasks/*/status" -> status(version, id, body);
      case "POST tasks/*/cancel" -> Reply.ok(Json.object().put("success", true).put("message", "Task cancelled")); // and nothing is
      case "POST tasks/*/requeue" -> modern ? requeue(id, created) : Reply.noRoute();
      case "POST tasks/*/output" -> output(id, body);
      case "GET tasks/*/output" -> outputs(id, request.query().getOrDefault("since", "0"));
      default -> parts.getFirst().equals(collection) ? codebases(version, request, parts, body, created) : Reply.noRoute();
    };
  }

  private static String shape(List<String> parts) {
    return parts.size() == 1 || parts.get(1).equals("register") ? String.join("/", parts)
        : parts.getFirst() + "/*" + (parts.size() > 2 ? "/" + String.join("/", parts.subList(2, parts.size())) : "");
  }

  private Reply codebases(Version version, Request request, List<String> parts, ObjectNode body, List<ObjectNode> created) {
    var id = parts.size() > 1 ? parts.get(1) : null;
    var rest = request.method() + (id == null ? "" : " *") + (parts.size() > 2 ? " " + parts.get(2) : "");
    if (id != null && !codebases.containsKey(id) && !rest.equals("POST * sessions")) {
      return Reply.detail(404, version == Version.HEAD ? "Workspace not found" : "Codebase not found");
    }
    return switch (rest) {
      case "GET" -> rows(codebases.values().stream().toList());
      case "POST" -> registerCodebase(version, body, created);
      case "GET *" -> Reply.ok(codebases.get(id));
      case "DELETE *" -> {
        codebases.remove(id);
        yield Reply.success();
      }
      case "GET * tasks" -> rows(tasks.values().stream().filter(t -> id.equals(Json.text(t, "codebase_id")))
          .map(t -> row(version, t)).toList());
      case "POST * tasks" -> create(body, id, created, true);
      case "POST * sessions" -> synced.take(id, parts.subList(3, parts.size()), body);
      default -> Reply.noRoute();
    };
  }

  private Reply register(ObjectNode body, String collection) {
    if (Json.text(body, "worker_id") == null || Json.text(body, "name") == null) {
      return new Reply(422, "application/json", "{\"detail\":[{\"type\":\"missing\",\"loc\":[\"body\",\"worker_id\"],"
          + "\"msg\":\"Field required\",\"input\":{}}]}", Map.of());
    }
    var worker = only(body, "worker_id", "name", "capabilities", "hostname", "models", collection).put("status", "active");
    workers.put(worker.path("worker_id").asText(), worker);
    return Reply.ok(Json.object().put("success", true).set("worker", worker));
  }

  private Reply registerCodebase(Version version, ObjectNode body, List<ObjectNode> created) {
    if (Json.text(body, "worker_id") != null) {
      return Reply.ok(Json.object().put("success", true).set(version == Version.HEAD ? "workspace" : "codebase", register(body)));
    }
    if (workers.isEmpty()) {
      return Reply.detail(400, "No workers available. Start a worker on the machine with access to this path.");
    }
    var task = Json.object().put("codebase_id", "__pending__").put("title", "Register codebase: " + body.path("name").asText())
        .put("agent_type", version == Version.HEAD ? "register_workspace" : "register_codebase")
        .put("prompt", "Validate and register codebase at path: " + body.path("path").asText());
    task.set("metadata", only(body, "name", "path", "description"));
    created.add(add(task));
    return Reply.ok(Json.object().put("success", true).put("pending", true).put("task_id", created.getFirst().path("id").asText()));
  }

  private Reply create(ObjectNode body, String codebase, List<ObjectNode> created, boolean wrapped) {
    if (Json.text(body, "title") == null || Json.text(body, "prompt") == null) {
      return new Reply(422, "application/json", "{\"detail\":[{\"type\":\"missing\",\"loc\":[\"body\",\"prompt\"],"
          + "\"msg\":\"Field required\",\"input\":{}}]}", Map.of());
    }
    var fields = only(body, "title", "prompt", "agent_type", "priority", "metadata").put("codebase_id", codebase);
    fields.properties().removeIf(field -> field.getValue().isNull());
    created.add(add(fields));
    return Reply.ok(wrapped ? Json.object().put("success", true).set("task", created.getFirst()) : created.getFirst());
  }

  private Reply requeue(String id, List<ObjectNode> created) {
    var task = tasks.get(id);
    if (task == null) {
      return Reply.detail(404, "Task not found");
    }
    var metadata = (ObjectNode) task.path("metadata");
    metadata.put("attempts", metadata.path("attempts").asInt(1) + 1);
    task.put("status", "pending").putNull("worker_id").put("error", "Manually requeued");
    claims.remove(id);
    created.add(task.deepCopy());
    return Reply.success();
  }

  private Reply status(Version version, String id, ObjectNode body) {
    var status = body.path("status").asText();
    if (!STATUSES.contains(status)) {
      return Reply.detail(400, "Invalid status: " + status);
    }
    return set(id, status, body) ? Reply.ok(Json.object().put("success", true).set("task", tasks.get(id)))
        : Reply.detail(404, "Task not found");
  }

  /** Any state may follow any other, and what is empty clears nothing, as on the real ones. */
  private boolean set(String id, String status, ObjectNode body) {
    var task = tasks.get(id);
    if (task == null) {
      return false;
    }
    histories.computeIfAbsent(id, k -> new ArrayList<>()).add(status);
    task.put("status", status);
    for (var name : List.of("worker_id", "session_id", "result", "error")) {
      if (Json.text(body, name) != null) {
        task.put(name, Json.text(body, name));
      }
    }
    return true;
  }

  private Reply list(Version version, Request request) {
    var status = request.query().get("status");
    var codebase = request.query().get("codebase_id");
    var worker = version == Version.D25 || version == Version.HEAD && "pending".equals(status) ? null : request.query().get("worker_id");
    return rows(tasks.values().stream().filter(t -> status == null || status.equals(Json.text(t, "status")))
        .filter(t -> codebase == null || codebase.equals(Json.text(t, "codebase_id")))
        .filter(t -> worker == null || worker.equals(Json.text(t, "worker_id")))
        .sorted(Comparator.comparingInt(t -> -t.path("priority").asInt())).limit(100).map(t -> row(version, t)).toList());
  }

  /** A task as lists give it. */
  private static ObjectNode row(Version version, ObjectNode task) {
    var row = task.deepCopy();
    if (version != Version.D25) {
      row.remove(List.of("model", "session_id"));
    }
    if (version == Version.HEAD) {
      row.set("workspace_id", row.path("codebase_id"));
    }
    return row;
  }

  /** A task as a single answer gives it: the newest generation loses its codebase. */
  private static ObjectNode single(Version version, ObjectNode task) {
    var copy = task.deepCopy();
    if (version == Version.V16 || version == Version.HEAD) {
      copy.remove("worker_id");
    }
    if (version == Version.HEAD) {
      copy.remove("codebase_id");
      copy.putNull("workspace_id");
    }
    return copy;
  }

  private Reply output(String id, ObjectNode body) {
    var chunks = outputs.computeIfAbsent(id, k -> new ArrayList<>());
    chunks.add(only(body, "output", "timestamp", "worker_id"));
    if (chunks.size() > KEPT_CHUNKS) {
      chunks.removeFirst();
    }
    return Reply.success();
  }

  /** From the end when negative, all when past it, as on the real ones. */
  private Reply outputs(String id, String since) {
    var all = outputs.getOrDefault(id, List.of());
    var from = Integer.parseInt(since) < 0 ? Math.max(0, all.size() + Integer.parseInt(since)) : Integer.parseInt(since);
    var answer = Json.object().put("task_id", id).put("total", all.size());
    answer.putArray("outputs").addAll(from >= all.size() ? all : all.subList(from, all.size()));
    return Reply.ok(answer);
  }

  private Reply worker(Version version, Request request, List<String> connected) {
    var worker = request.worker();
    var body = request.json();
    var id = body.path("task_id").asText();
    var claimed = Json.object().put("success", true).put("task_id", id).put("worker_id", worker);
    return switch (request.method() + " " + request.path().substring("/v1/worker/".length())) {
      case "POST tasks/claim" -> {
        var free = worker.equals(claims.getOrDefault(id, worker)) && (version != Version.V13 || connected.contains(worker));
        if (!free) {
          yield Reply.detail(409, "Task " + id + " already claimed by another worker");
        }
        claims.put(id, worker);
        if (version == Version.HEAD) {
          set(id, "running", Json.object().put("worker_id", worker));
        }
        yield Reply.ok(claimed.put("message", "Task claimed successfully"));
      }
      case "POST tasks/release" -> {
        if (!claims.remove(id, worker)) {
          yield Reply.detail(404, "Task " + id + " not claimed by worker " + worker);
        }
        if (version != Version.V13) {
          set(id, body.path("status").asText("completed"), body);
        }
        yield Reply.ok(claimed.put("message", "Task released successfully"));
      }
      case "PUT codebases" -> connected.contains(worker) ? Reply.success()
          : Reply.detail(404, "Worker " + worker + " not found (not connected via SSE?)");
      case "GET tasks/stream" -> request.query().containsKey("agent_name") ? Reply.noRoute()
          : Reply.detail(400, "agent_name is required (query param or X-Agent-Name header)");
      default -> connectedTo(request, connected);
    };
  }

  private static Reply connectedTo(Request request, List<String> connected) {
    if (!request.method().equals("GET") || !request.path().startsWith("/v1/worker/connected/")) {
      return Reply.noRoute();
    }
    var worker = Request.decode(request.path().substring("/v1/worker/connected/".length()));
    return connected.contains(worker) ? Reply.ok(Json.object().put("worker_id", worker))
        : Reply.detail(404, "Worker " + worker + " not found or not connected");
  }

  private static ObjectNode only(JsonNode from, String... names) {
    var some = Json.object();
    for (var name : names) {
      some.set(name, from.path(name).isMissingNode() ? Json.MAPPER.nullNode() : from.path(name).deepCopy());
    }
    return some;
  }

  private static Reply rows(List<ObjectNode> rows) {
    var array = Json.MAPPER.createArrayNode();
    rows.forEach(row -> array.add(row.deepCopy()));
    return Reply.ok(array);
  }
}
