package scripts.measure;

import module java.base;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import java.util.logging.Level;
import java.util.logging.Logger;
import lib.core.Json;

/**
 * A server that behaves to a worker as CodeTether's V16 does: a thin announcement and a full one right after it, a claim that sets no
 * status, a release that does, and 4 ms for each answer. It keeps everything in memory. Thread-safe.
 */
final class V16Server implements AutoCloseable {
  private static final Logger LIBRARY = Logger.getLogger("robaho.net.httpserver"); // held: a logger that nobody holds forgets its level

  static {
    LIBRARY.setLevel(Level.SEVERE); // else it prints between the figures
    System.setProperty("robaho.net.httpserver.nodelay", "true"); // else an event waits up to 40 ms for the one before
  }

  private static final Duration ANSWER = Duration.ofMillis(4); // the median of the real one's calls
  private static final Duration HEARTBEAT = Duration.ofSeconds(30);
  private static final Duration PATIENCE = Duration.ofMinutes(1);

  private final HttpServer http;
  private final ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor();
  private final Map<String, ObjectNode> codebases = new ConcurrentHashMap<>();
  private final Map<String, Task> tasks = new ConcurrentHashMap<>();
  private final Map<String, Stream> streams = new ConcurrentHashMap<>();

  V16Server() throws IOException {
    http = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
    http.setExecutor(threads);
    http.createContext("/", this::handle);
    http.start();
  }

  /** A task, who claimed it, and when it was settled. Its lock guards the row. */
  private static final class Task {
    final ObjectNode row;
    final CountDownLatch settled = new CountDownLatch(1);
    volatile String claimer;
    volatile Instant end;

    Task(ObjectNode row) {
      this.row = row;
    }
  }

  /** An open task stream; the codebases that it is for, and what waits to be written to it. */
  private record Stream(List<String> codebases, BlockingQueue<String> frames) {}

  /** When a task was created, and when its release had set its last status. */
  record Times(Instant created, Instant settled) {}

  URI url() {
    return URI.create("http://127.0.0.1:" + http.getAddress().getPort());
  }

  /** The id of a folder that a worker has registered and hears of; null before that. */
  String codebase(Path folder) {
    return codebases.values().stream().filter(c -> c.path("path").asText().equals(folder.toString())).map(c -> c.path("id").asText())
        .filter(id -> streams.values().stream().anyMatch(s -> s.codebases.contains(id))).findFirst().orElse(null);
  }

  /** Creates a task, announces it and waits for its release; fails unless it completes within a minute. */
  Times run(String codebase) throws InterruptedException {
    var created = Instant.now();
    var id = UUID.randomUUID().toString();
    var row = Json.object().put("id", id).put("codebase_id", codebase).put("title", "a task").put("prompt", "do it")
        .put("agent_type", "build").put("status", "pending").put("priority", 0).put("created_at", created.toString().replace("Z", ""));
    for (var name : List.of("model", "model_ref", "target_agent_name", "started_at", "completed_at", "result", "error", "session_id")) {
      row.putNull(name);
    }
    row.putObject("metadata");
    var task = new Task(row);
    tasks.put(id, task);
    var thin = only(row, "id", "title", "codebase_id", "agent_type", "model", "priority", "status", "created_at")
        .put("description", "do it");
    var full = only(row, "id", "codebase_id", "title", "prompt", "agent_type", "priority", "metadata", "model", "model_ref",
        "target_agent_name", "created_at");
    streams.values().stream().filter(s -> s.codebases.contains(codebase))
        .forEach(s -> s.frames.addAll(List.of(frame("task_available", thin), frame("task_available", full))));
    var settled = task.settled.await(PATIENCE.toSeconds(), TimeUnit.SECONDS);
    synchronized (task) {
      if (!settled || !row.path("status").asText().equals("completed")) {
        throw new IllegalStateException("a task ended as " + row);
      }
    }
    tasks.remove(id);
    return new Times(created, task.end);
  }

  // --- answers

  private void handle(HttpExchange exchange) throws IOException {
    try (exchange) {
      var body = Json.readObject(new String(exchange.getRequestBody().readAllBytes(), StandardCharsets.UTF_8)).orElseGet(Json::object);
      var path = exchange.getRequestURI().getPath();
      Thread.sleep(ANSWER);
      if (path.equals("/v1/worker/tasks/stream")) {
        stream(exchange);
        return;
      }
      var answer = path.startsWith("/v1/agent/") ? agent(exchange.getRequestMethod(), path.substring(10).split("/"), body)
          : worker(exchange.getRequestMethod() + " " + path, exchange.getRequestHeaders().getFirst("X-Worker-ID"), body);
      var bytes = Json.write(answer == null ? detail("Not Found") : answer).getBytes(StandardCharsets.UTF_8);
      exchange.getResponseHeaders().set("Content-Type", "application/json");
      exchange.sendResponseHeaders(answer == null || answer.path("detail").isTextual() ? 404 : 200, bytes.length);
      exchange.getResponseBody().write(bytes);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt(); // the server is closing
    }
  }

  private JsonNode agent(String method, String[] parts, ObjectNode body) {
    var task = parts[0].equals("tasks") && parts.length > 1 ? tasks.get(parts[1]) : null;
    return switch (method + " " + parts[0] + (parts.length > 1 ? "/" + (parts.length > 2 ? parts[2] : "") : "")) {
      case "GET status" -> Json.object().put("available", true).put("message", "Agent bridge ready");
      case "GET codebases" -> Json.MAPPER.createArrayNode().addAll(codebases.values());
      case "POST codebases" -> success().set("codebase", register(body));
      case "GET tasks" -> Json.MAPPER.createArrayNode(); // every task here has been announced already
      case "GET tasks/" -> task == null ? detail("Task not found") : copy(task);
      case "PUT tasks/status" -> task == null ? detail("Task not found") : success().set("task", set(task, body));
      case "GET tasks/output" -> Json.object().put("task_id", parts[1]).put("total", 0).set("outputs", Json.MAPPER.createArrayNode());
      case "POST tasks/output", "POST workers/", "POST workers/heartbeat", "POST workers/unregister", "POST codebases/sessions" ->
          success();
      default -> null;
    };
  }

  private JsonNode worker(String call, String worker, ObjectNode body) {
    if (call.startsWith("GET /v1/worker/connected/")) {
      return streams.containsKey(call.substring(25)) ? success() : detail("Worker not found or not connected");
    }
    var id = body.path("task_id").asText();
    var task = tasks.get(id);
    return switch (call) {
      case "PUT /v1/worker/codebases" -> success();
      case "POST /v1/worker/tasks/claim" -> {
        if (task == null) {
          yield detail("Task not found");
        }
        task.claimer = worker;
        yield success().put("task_id", id).put("worker_id", worker).put("message", "Task claimed successfully");
      }
      case "POST /v1/worker/tasks/release" -> {
        if (task == null || !worker.equals(task.claimer)) {
          yield detail("Task " + id + " not claimed by worker " + worker);
        }
        set(task, body);
        task.end = Instant.now();
        task.settled.countDown();
        yield success().put("task_id", id).put("worker_id", worker).put("message", "Task released successfully");
      }
      default -> null;
    };
  }

  private ObjectNode register(ObjectNode body) {
    return codebases.computeIfAbsent(body.path("path").asText(), path -> only(body, "name", "path", "description", "worker_id")
        .put("id", UUID.randomUUID().toString().substring(0, 8)).put("status", "idle"));
  }

  /** Any status may follow any other, and an empty value clears nothing, as on the real one. */
  private static ObjectNode set(Task task, ObjectNode body) {
    synchronized (task) {
      for (var name : List.of("status", "result", "error", "session_id")) {
        if (Json.text(body, name) != null) {
          task.row.put(name, Json.text(body, name));
        }
      }
      return task.row.deepCopy();
    }
  }

  private static ObjectNode copy(Task task) {
    synchronized (task) {
      return task.row.deepCopy();
    }
  }

  private void stream(HttpExchange exchange) throws IOException, InterruptedException {
    var headers = exchange.getRequestHeaders();
    var worker = exchange.getRequestURI().getQuery().replaceFirst(".*worker_id=([^&]*).*", "$1");
    var stream = new Stream(Arrays.asList(String.valueOf(headers.getFirst("X-Codebases")).split(",")), new LinkedBlockingQueue<>());
    stream.frames.add(frame("connected", Json.object().put("event", "connected").put("worker_id", worker)
        .put("message", "Connected to task stream")));
    exchange.getResponseHeaders().set("Content-Type", "text/event-stream; charset=utf-8");
    exchange.sendResponseHeaders(200, 0);
    streams.put(worker, stream);
    try (var out = exchange.getResponseBody()) {
      while (true) {
        var next = stream.frames.poll(HEARTBEAT.toSeconds(), TimeUnit.SECONDS);
        out.write((next == null ? frame("heartbeat", Json.object().put("worker_id", worker)) : next).getBytes(StandardCharsets.UTF_8));
        out.flush();
      }
    } finally {
      streams.remove(worker, stream);
    }
  }

  private static String frame(String event, ObjectNode data) {
    return "event: " + event + "\ndata: " + Json.write(data) + "\n\n";
  }

  private static ObjectNode success() {
    return Json.object().put("success", true);
  }

  private static ObjectNode detail(String text) {
    return Json.object().put("detail", text);
  }

  private static ObjectNode only(ObjectNode from, String... names) {
    return from.deepCopy().retain(names);
  }

  @Override
  public void close() {
    threads.shutdownNow();
    http.stop(0);
  }
}
