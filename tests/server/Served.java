package tests.server;

import module java.base;
import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import java.sql.DriverManager;
import java.sql.SQLException;
import lib.core.Json;
import lib.server.EmbeddedServer;
import lib.server.ServerOptions;
import lib.server.http.Tokens;
import lib.server.task.Retention;
import org.junit.jupiter.api.extension.AfterEachCallback;
import org.junit.jupiter.api.extension.BeforeEachCallback;
import org.junit.jupiter.api.extension.ExtensionContext;
import tests.server.Wire.Got;

/** A server for each test, on a free port, with a folder of its own and a clock that stands. */
final class Served implements BeforeEachCallback, AfterEachCallback {
  final StillTime time = new StillTime();
  private Tokens tokens;
  private Retention.Limits keep = new Retention.Limits(90, 1 << 30);
  private Path folder;
  private EmbeddedServer hub;

  Served() {
    this(Tokens.NONE);
  }

  Served(Tokens tokens) {
    this.tokens = tokens;
  }

  Served keeping(Retention.Limits limits) {
    keep = limits;
    return this;
  }

  @Override
  public void beforeEach(ExtensionContext context) throws Exception {
    folder = Files.createTempDirectory("hub");
    hub = start();
  }

  @Override
  public void afterEach(ExtensionContext context) throws Exception {
    hub.close();
    try (var files = Files.walk(folder)) {
      for (var file : files.sorted(Comparator.reverseOrder()).toList()) {
        Files.delete(file);
      }
    }
  }

  /** Another server on the same database. */
  EmbeddedServer start() throws InterruptedException {
    return EmbeddedServer.start(new ServerOptions("127.0.0.1", 0, folder.resolve("server.db"), tokens, keep), time);
  }

  void restart() throws InterruptedException {
    restart(tokens);
  }

  /** With other tokens. */
  void restart(Tokens other) throws InterruptedException {
    tokens = other;
    hub.close();
    hub = start();
  }

  /** Does this to the database behind the server's back; gives the first value of a query. */
  String database(String sql) throws SQLException {
    try (var connection = DriverManager.getConnection("jdbc:sqlite:" + folder.resolve("server.db")); var statement = connection.createStatement()) {
      return statement.execute(sql) ? statement.getResultSet().getString(1) : null;
    }
  }

  EmbeddedServer hub() {
    return hub;
  }

  Wire wire() throws IOException {
    return Wire.to(hub.url());
  }

  // --- calls

  Got get(String path) throws IOException {
    return call("GET", path, Map.of(), null);
  }

  Got post(String path, Map<String, ?> body) throws IOException {
    return call("POST", path, Map.of(), Json.MAPPER.writeValueAsString(body));
  }

  Got put(String path, Map<String, ?> body) throws IOException {
    return call("PUT", path, Map.of(), Json.MAPPER.writeValueAsString(body));
  }

  /** Any call; the headers come in addition to, or in place of, what a decent client sends. */
  Got call(String method, String path, Map<String, String> headers, String body) throws IOException {
    try (var wire = wire()) {
      return wire.send(head(method, path, headers, body) + (body == null ? "" : body)).receive(method.equals("HEAD"));
    }
  }

  /** Opens a stream of events. */
  Events events(String path, Map<String, String> headers) throws IOException {
    var wire = wire();
    var got = wire.send(head("GET", path, headers, null)).receive(false);
    if (got.status() != 200 || !got.headers().getOrDefault("content-type", "").startsWith("text/event-stream")) {
      wire.close();
      throw new AssertionError("no stream but " + got);
    }
    return new Events(wire);
  }

  private String head(String method, String path, Map<String, String> headers, String body) {
    var all = new HashMap<>(Map.of("Host", hub.url().getAuthority(), "Connection", "close"));
    if (body != null) {
      all.put("Content-Type", "application/json");
      all.put("Content-Length", Integer.toString(body.getBytes(StandardCharsets.UTF_8).length));
    }
    all.putAll(headers);
    var text = new StringBuilder(method + " " + path + " HTTP/1.1\r\n");
    all.forEach((name, value) -> text.append(name).append(": ").append(value).append("\r\n"));
    return text.append("\r\n").toString();
  }

  // --- what most tests need

  void worker(String id) throws IOException {
    ok(post("/v1/agent/workers/register", Map.of("worker_id", id, "name", id)));
  }

  /** The id of a codebase that this worker registers. */
  String codebase(String worker, String path) throws IOException {
    return ok(post("/v1/agent/codebases", Map.of("name", path, "path", path, "worker_id", worker)))
        .path("codebase").path("id").asText();
  }

  /** The id of a new task in this codebase. */
  String task(String codebase) throws IOException {
    return task(codebase, Map.of());
  }

  String task(String codebase, Map<String, ?> fields) throws IOException {
    var body = new HashMap<String, Object>(Map.of("title", "a title", "prompt", "do it", "codebase_id", codebase));
    body.putAll(fields);
    return ok(post("/v1/agent/tasks", body)).path("id").asText();
  }

  JsonNode show(String task) throws IOException {
    return ok(get("/v1/agent/tasks/" + task));
  }

  String status(String task) throws IOException {
    return show(task).path("status").asText();
  }

  Got tryClaim(String task, String worker) throws IOException {
    return post("/v1/worker/tasks/claim", Map.of("task_id", task, "worker_id", worker));
  }

  /** The attempt's number. */
  int claim(String task, String worker) throws IOException {
    return ok(tryClaim(task, worker)).path("attempt").asInt();
  }

  Got report(String task, String worker, String status, Map<String, ?> fields) throws IOException {
    var body = new HashMap<String, Object>(Map.of("worker_id", worker, "status", status));
    body.putAll(fields);
    return put("/v1/agent/tasks/" + task + "/status", body);
  }

  Got release(String task, String worker, Map<String, ?> fields) throws IOException {
    var body = new HashMap<String, Object>(Map.of("task_id", task, "worker_id", worker));
    body.putAll(fields);
    return post("/v1/worker/tasks/release", body);
  }

  Got output(String task, String worker, String text, Map<String, ?> fields) throws IOException {
    var body = new HashMap<String, Object>(Map.of("worker_id", worker, "output", text));
    body.putAll(fields);
    return post("/v1/agent/tasks/" + task + "/output", body);
  }

  /** The worker's task stream after its {@code connected} event. */
  Events stream(String worker, Map<String, String> headers) throws IOException {
    var events = events("/v1/worker/tasks/stream?worker_id=" + worker + "&agent_name=" + worker, headers);
    events.next("connected");
    return events;
  }

  /** The body of an answer that must be a success. */
  static JsonNode ok(Got got) {
    if (got.status() != 200) {
      throw new AssertionError("refused: " + got);
    }
    return got.json();
  }

  static void refused(Got got, int status, String code) {
    assertThat(refused(got, status).code()).isEqualTo(code);
  }

  /** The answer is JSON that says what is wrong, and nothing of our own inside. */
  static Got refused(Got got, int status) {
    assertThat(got.status()).as(got.text()).isEqualTo(status);
    assertThat(got.headers().get("content-type")).startsWith("application/json");
    assertThat(got.json().has("detail")).isTrue();
    assertThat(got.text()).doesNotContain("Exception", "lib.server", "at java.", "<html");
    return got;
  }

  /** The object has these fields: names and values in turn. */
  static void has(JsonNode object, Object... fields) {
    for (var i = 0; i < fields.length; i += 2) {
      assertThat(object.path(fields[i].toString()).asText()).as("%s of %s", fields[i], object).isEqualTo(fields[i + 1].toString());
    }
  }
}
