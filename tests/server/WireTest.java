package tests.server;

import module java.base;
import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** HTTP as clients of this protocol expect it, and as its enemies do. */
class WireTest {
  @RegisterExtension
  final Served hub = new Served();

  @AfterEach
  void theServerGoesOn() throws Exception {
    assertThat(hub.get("/health").status()).isEqualTo(200);
  }

  @ParameterizedTest
  @ValueSource(strings = {"/", "/nope", "/v1", "/v1/agent", "/v1/agent/nope", "/v2/agent/tasks", "/v1/agent/tasks/a/b/c",
      "/v1/worker/tasks", "/v1/agent/tasks/../../../etc/passwd", "/v1/agent/tasks/..%2f..%2fetc%2fpasswd/x", "//v1/agent/tasks",
      "/V1/agent/tasks", "/favicon.ico"})
  void anUnknownPathIsNotFound(String path) throws Exception {
    var got = hub.get(path);
    assertThat(got.status()).isEqualTo(404);
    assertThat(got.text()).isEqualTo("{\"detail\":\"Not Found\"}");
  }

  @ParameterizedTest
  @ValueSource(strings = {"..", "%2e%2e", "..%2f..%2fserver.db", "%2fetc%2fpasswd", "a%5c..%5cb", "'%20OR%201=1--", "%25", "+", "ü"})
  void anIdIsAnIdAndNeverAPath(String id) throws Exception {
    for (var path : List.of("/v1/agent/tasks/" + id, "/v1/agent/codebases/" + id, "/v1/agent/workers/" + id)) {
      var got = hub.get(path);
      assertThat(got.status()).as(path).isIn(400, 404);
      assertThat(got.json().path("detail").asText()).as(path).isNotEmpty();
    }
  }

  @Test
  void idsThatNobodyMeansAreRefused() throws Exception {
    for (var id : List.of("%00", "a%0d%0aX-Injected:%201", "%20", "x".repeat(257))) {
      var got = hub.get("/v1/agent/tasks/" + id);
      assertThat(got.status()).as(id).isEqualTo(422);
      assertThat(got.headers()).doesNotContainKey("x-injected");
    }
  }

  @Test
  void anIdWithASlashAndASpaceIsTheSameInEveryCall() throws Exception {
    hub.worker("team/a b+c%");
    assertThat(Served.ok(hub.get("/v1/agent/workers/team%2Fa%20b+c%25")).path("worker_id").asText()).isEqualTo("team/a b+c%");
    Served.ok(hub.post("/v1/agent/workers/team%2Fa%20b%2Bc%25/heartbeat", Map.of()));
  }

  @ParameterizedTest
  @CsvSource({"PUT,/v1/agent/tasks", "DELETE,/v1/agent/workers", "GET,/v1/agent/workers/register", "POST,/health",
      "PATCH,/v1/agent/tasks/x", "GET,/v1/worker/tasks/claim", "OPTIONS,/v1/agent/tasks", "TRACE,/v1/agent/tasks"})
  void anotherMethodIsNotAllowed(String method, String path) throws Exception {
    var got = hub.call(method, path, Map.of(), null);
    // GET …/workers/register reads as a worker of that name, which is not there
    assertThat(got.status()).isIn(404, 405);
    if (got.status() == 405) {
      assertThat(got.text()).isEqualTo("{\"detail\":\"Method Not Allowed\"}");
      assertThat(got.headers().get("allow")).isIn("GET, HEAD", "GET, HEAD, POST", "DELETE, GET, HEAD", "POST");
    }
  }

  @Test
  void headIsAnsweredWhereverGetIs() throws Exception {
    hub.worker("w");
    var codebase = hub.codebase("w", "/srv/app");
    var task = hub.task(codebase);
    for (var path : List.of("/health", "/v1/agent/status", "/v1/agent/workers", "/v1/agent/workers/w", "/v1/monitor/workers",
        "/v1/agent/codebases", "/v1/agent/codebases/" + codebase, "/v1/agent/tasks", "/v1/agent/tasks/" + task,
        "/v1/agent/tasks/" + task + "/output", "/v1/agent/tasks/" + task + "/output/stream",
        "/v1/agent/models", "/v1/worker/tasks/stream?agent_name=a&worker_id=w")) {
      var got = hub.call("HEAD", path, Map.of(), null);
      assertThat(got.status()).as(path).isEqualTo(200);
      assertThat(got.headers()).as(path).containsKey("content-type");
    }
    assertThat(hub.call("HEAD", "/nope", Map.of(), null).status()).isEqualTo(404);
    assertThat(hub.get("/v1/worker/connected/w").status()).as("a HEAD opens no stream").isEqualTo(404);
  }

  @Test
  void oneConnectionServesManyRequestsAlsoAfterARefusalAndAHead() throws Exception {
    try (var wire = hub.wire()) {
      var get = "GET /health HTTP/1.1\r\nHost: localhost\r\n\r\n";
      assertThat(wire.send(get).receive(false).status()).isEqualTo(200);
      assertThat(wire.send(get.replace("GET", "HEAD")).receive(true).status()).isEqualTo(200);
      assertThat(wire.send("POST /v1/agent/tasks HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nContent-Length: 9\r\n"
          + "\r\n{\"a\": \"b\"").receive(false).status()).isEqualTo(400);
      assertThat(wire.send(get.replace("/health", "/nope")).receive(false).status()).isEqualTo(404);
      assertThat(wire.send(get).receive(false).status()).isEqualTo(200);
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"\r\n\r\n", "nonsense\r\n\r\n", "GET\r\n\r\n", "GET /health\r\n\r\n",
      "GET /hea lth HTTP/1.1\r\nHost: localhost\r\n\r\n",
      "GET /%zz HTTP/1.1\r\nHost: localhost\r\n\r\n", "GET /v1/agent/tasks?limit=%zz HTTP/1.1\r\nHost: localhost\r\n\r\n",
      "GET mailto:x HTTP/1.1\r\nHost: localhost\r\n\r\n", "OPTIONS * HTTP/1.1\r\nHost: localhost\r\n\r\n",
      "GET //health HTTP/1.1\r\nHost: localhost\r\n\r\n",
      "GET /health HTTP/1.1\r\nno colon here\r\n\r\n", "POST /v1/agent/tasks HTTP/1.1\r\nHost: localhost\r\nContent-Length: -1\r\n\r\n",
      "POST /v1/agent/tasks HTTP/1.1\r\nHost: localhost\r\nContent-Length: 99999999999999999999\r\n\r\n",
      "POST /v1/agent/tasks HTTP/1.1\r\nHost: localhost\r\nContent-Length: many\r\n\r\n",
      "POST /v1/agent/tasks HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n\r\n",
      "\u0016\u0003\u0001\u0002\u0000\u0001\u0000\r\n\r\n"})
  void aRequestThatCannotBeReadIsRefusedOrDroppedWithoutHarm(String request) throws Exception {
    try (var wire = hub.wire()) {
      wire.send(request).finish();
      assertThat(wire.rest()).doesNotContain("lib.server", "robaho", "\tat ", "HTTP/1.1 2", "HTTP/1.1 5");
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"Transfer-Encoding: chunked\r\n\r\nzz\r\n{}\r\n0\r\n\r\n", "Transfer-Encoding: chunked\r\n\r\n-2\r\n{}\r\n0\r\n\r\n",
      "Transfer-Encoding: chunked\r\n\r\nffffffff\r\n{}\r\n", "Transfer-Encoding: chunked\r\n\r\n2\r\n{}", "Content-Length: 200\r\n\r\n{\"title\":"})
  void aBodyThatEndsInItsMiddleIsRefused(String rest) throws Exception {
    try (var wire = hub.wire()) {
      wire.send("POST /v1/agent/tasks HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n" + rest).finish();
      assertThat(Served.refused(wire.receive(false), 400).detail()).isEqualTo("the body ends before its end");
      assertThat(wire.rest()).as("nothing of it is taken for a request").isBlank();
    }
  }

  @Test
  void aWishToSpeakAnotherProtocolIsPassedOver() throws Exception {
    try (var wire = hub.wire()) {
      wire.send("GET /health HTTP/1.1\r\nHost: localhost\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n");
      assertThat(wire.receive(false).json().path("status").asText()).isEqualTo("healthy");
    }
  }

  @Test
  void aClientThatNeverReadsHoldsUpNobody() throws Exception {
    var prompt = "x".repeat(60_000); // a longer one is not in the event
    try (var deaf = hub.stream("deaf", Map.of()); var listening = hub.stream("listening", Map.of())) {
      for (var i = 0; i < 40; i++) {
        var task = hub.task("global", Map.of("prompt", prompt));
        assertThat(listening.next("task_available").data().path("id").asText()).isEqualTo(task);
        Served.ok(hub.post("/v1/agent/tasks/" + task + "/cancel", Map.of()));
      }
      assertThat(hub.get("/v1/worker/connected/deaf").status()).isEqualTo(200);
      assertThat(deaf).isNotNull();
    }
  }

  @Test
  void aClientThatSendsHalfARequestHoldsUpNobody() throws Exception {
    try (var slow = hub.wire(); var slower = hub.wire()) {
      slow.send("GET /v1/agent/ta");
      slower.send("POST /v1/agent/tasks HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nContent-Length: 100\r\n\r\n{");
      Served.ok(hub.get("/v1/agent/tasks"));
      assertThat(hub.task("global")).isNotEmpty();
    }
  }

  @Test
  void badNumbersInAQueryAreRefused() throws IOException {
    for (var query : List.of("limit=0", "limit=-1", "limit=abc", "limit=1001", "limit=99999999999999999999", "status=nope")) {
      assertThat(hub.get("/v1/agent/tasks?" + query).status()).as(query).isEqualTo(400);
    }
    assertThat(hub.get("/v1/agent/tasks?limit=&status=&unknown=1").status()).isEqualTo(200);
  }
}
