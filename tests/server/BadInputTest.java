package tests.server;

import module java.base;
import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Whatever a body holds, the answer is JSON that says what is wrong, and the server goes on. */
class BadInputTest {
  private static final String BIG = "x".repeat(16 << 20);

  @RegisterExtension
  final Served hub = new Served();

  @AfterEach
  void theServerGoesOn() throws Exception {
    assertThat(Served.ok(hub.get("/health")).path("status").asText()).isEqualTo("healthy");
  }

  @ParameterizedTest
  @ValueSource(strings = {"{", "nonsense", "[]", "[{\"title\":\"t\"}]", "\"text\"", "7", "null", "{\"title\":\"t\"} more",
      "{\"title\":}", "{'title':'t'}", "<html>", "\u0000", "{\"title\":\"\u0001\"}", "{\"priority\":NaN}"})
  void aBodyThatIsNoJsonObjectIsRefused(String body) throws Exception {
    Served.refused(hub.call("POST", "/v1/agent/tasks", Map.of(), body), 400);
  }

  @ParameterizedTest
  @CsvSource(delimiter = '|', textBlock = """
      title       | {"prompt": "p"}
      title       | {"title": null, "prompt": "p"}
      title       | {"title": 7, "prompt": "p"}
      prompt      | {"title": "t"}
      prompt      | {"title": "t", "prompt": ["p"]}
      prompt      | {"title": "t", "prompt": {"text": "p"}}
      priority    | {"title": "t", "prompt": "p", "priority": "high"}
      priority    | {"title": "t", "prompt": "p", "priority": 1.5}
      priority    | {"title": "t", "prompt": "p", "priority": 99999999999}
      metadata    | {"title": "t", "prompt": "p", "metadata": []}
      metadata    | {"title": "t", "prompt": "p", "metadata": "{}"}
      required_capabilities | {"title": "t", "prompt": "p", "metadata": {"required_capabilities": {"a": 1}}}
      required_capabilities | {"title": "t", "prompt": "p", "metadata": {"required_capabilities": [1]}}
      required_capabilities | {"title": "t", "prompt": "p", "metadata": {"required_capabilities": "[gpu"}}
      model       | {"title": "t", "prompt": "p", "metadata": {"model": 7}}
      agent_type  | {"title": "t", "prompt": "p", "agent_type": true}
      """)
  void aFieldOfTheWrongTypeIsNamed(String field, String body) throws Exception {
    var got = Served.refused(hub.call("POST", "/v1/agent/tasks", Map.of(), body), 422);
    var error = got.json().path("detail").path(0);
    assertThat(error.path("loc").valueStream().map(l -> l.asText())).containsExactly("body", field);
    assertThat(error.path("msg").asText()).isNotEmpty();
    assertThat(error.path("type").asText()).isNotEmpty();
    assertThat(Served.ok(hub.get("/v1/agent/tasks"))).isEmpty();
  }

  @ParameterizedTest
  @CsvSource(delimiter = '|', textBlock = """
      POST | /v1/agent/workers/register | {"worker_id": "w"}
      POST | /v1/agent/workers/register | {"worker_id": 1, "name": "n"}
      POST | /v1/agent/workers/register | {"worker_id": "", "name": "n"}
      POST | /v1/agent/workers/register | {"worker_id": "a\\u0000b", "name": "n"}
      POST | /v1/agent/workers/register | {"worker_id": "w", "name": "n", "capabilities": "docker"}
      POST | /v1/agent/workers/register | {"worker_id": "w", "name": "n", "capabilities": [1]}
      POST | /v1/agent/workers/register | {"worker_id": "w", "name": "n", "models": ["m"]}
      POST | /v1/agent/codebases        | {"name": "n"}
      POST | /v1/agent/codebases        | {"name": "n", "path": 7}
      POST | /v1/agent/codebases        | {"name": "n", "path": "/p", "agent_config": []}
      POST | /v1/worker/tasks/claim     | {"worker_id": "w"}
      POST | /v1/worker/tasks/claim     | {"worker_id": "w", "task_id": 7}
      POST | /v1/worker/tasks/release   | {"worker_id": "w", "task_id": "t", "declined": "yes"}
      POST | /v1/worker/tasks/release   | {"worker_id": "w", "task_id": "t", "attempt": "one"}
      PUT  | /v1/agent/tasks/t/status   | {"worker_id": "w"}
      PUT  | /v1/agent/tasks/t/status   | {"status": "running"}
      POST | /v1/agent/tasks/t/output   | {"worker_id": "w"}
      POST | /v1/agent/tasks/t/output   | {"worker_id": "w", "output": "x", "seq": 1.5}
      POST | /v1/agent/tasks/t/output   | {"worker_id": "w", "output": "x", "seq": -1}
      POST | /v1/agent/tasks/t/output   | {"worker_id": "w", "output": "x", "attempt": -1}
      """)
  void everyCallChecksItsFields(String method, String path, String body) throws Exception {
    Served.refused(hub.call(method, path, Map.of(), body), 422);
  }

  @Test
  void aHeartbeatWithNonsenseIsRefused() throws Exception {
    hub.worker("w");
    for (var body : new String[] {"{\"running\": 7}", "{\"running\": [\"t\"]}", "{\"running\": [{}]}",
        "{\"running\": [{\"task_id\": 7}]}"}) {
      Served.refused(hub.call("POST", "/v1/agent/workers/w/heartbeat", Map.of(), body), 422);
    }
    var got = Served.refused(hub.post("/v1/agent/workers/stranger/heartbeat", Map.of()), 404);
    assertThat(got.detail()).isEqualTo("Worker not found - please re-register");
  }

  @Test
  void aBodyOfMoreThanSixteenMebibytesIsRefusedAndOneOfNearlyAsMuchIsTaken() throws Exception {
    try (var wire = hub.wire()) {
      wire.send("POST /v1/agent/tasks HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nContent-Length: 16777217\r\n\r\n");
      assertThat(Served.refused(wire.receive(false), 413).code()).as("before it was sent").isEqualTo("too_large");
    }
    assertThat(Served.ok(hub.get("/v1/agent/tasks"))).isEmpty();
    var nearly = BIG.substring(100);
    var task = hub.task("global", Map.of("prompt", nearly));
    assertThat(hub.show(task).path("prompt").asText()).isEqualTo(nearly);
  }

  @Test
  void aBodyOfUnknownLengthIsCutOffAtTheSameSize() throws Exception {
    try (var wire = hub.wire()) {
      wire.send("POST /v1/agent/tasks HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n"
          + "Transfer-Encoding: chunked\r\n\r\n");
      var chunk = (Integer.toHexString(1 << 20) + "\r\n" + "x".repeat(1 << 20) + "\r\n").getBytes(StandardCharsets.US_ASCII);
      for (var i = 0; i < 16; i++) {
        wire.send(chunk);
      }
      wire.send("1\r\nx\r\n");
      Served.refused(wire.receive(false), 413);
    }
  }

  @Test
  void takesAndReturnsJsonUpToTheDepthLimit() throws Exception {
    hub.worker("w");
    for (var depth : new int[] {99, 100, 101, 998, 999, 1000}) {
      var deep = "[".repeat(depth - 2) + "]".repeat(depth - 2);
      var status = depth <= 100 ? 200 : 400;
      var task = "{\"title\":\"t\",\"prompt\":\"p\",\"metadata\":{\"a\":" + deep + "}}";
      assertThat(hub.call("POST", "/v1/agent/tasks", Map.of(), task).status()).as("depth %s", depth).isEqualTo(status);
      var codebase = "{\"name\":\"n\",\"path\":\"/p\",\"worker_id\":\"w\",\"agent_config\":{\"a\":" + deep + "}}";
      assertThat(hub.call("POST", "/v1/agent/codebases", Map.of(), codebase).status()).as("depth %s", depth).isEqualTo(status);
    }
    assertThat(Served.ok(hub.get("/v1/agent/tasks"))).hasSize(2);
    assertThat(Served.ok(hub.get("/v1/agent/codebases"))).hasSize(1);
  }

  @Test
  void anAnswerThatCannotBeWrittenIsAnErrorAndNoLostConnection() throws Exception {
    var task = hub.task("global");
    hub.database("UPDATE tasks SET metadata = '{\"a\":" + "[".repeat(998) + "]".repeat(998) + "}'"); // can be read, but not in a list
    assertThat(Served.refused(hub.get("/v1/agent/tasks"), 500).detail()).isEqualTo("Internal server error");
    assertThat(hub.get("/v1/agent/tasks/" + task + "/output").status()).isEqualTo(200);
  }

  @Test
  void whatIsWrongWithJsonIsSaidInOurWords() throws Exception {
    assertThat(Served.refused(hub.call("POST", "/v1/agent/tasks", Map.of(), "{\n  \"title\": x}"), 400).detail())
        .isEqualTo("the body is not JSON, see line 2, column 12");
    assertThat(Served.refused(hub.call("POST", "/v1/agent/tasks", Map.of(), "[".repeat(200)), 400).detail()).contains("nested deeper than 100");
  }

  @Test
  void moreThanAMebibyteOfAnythingButTextIsRefused() throws Exception {
    var big = Map.of("a", BIG.substring(0, 1 << 20));
    assertThat(Served.refused(hub.post("/v1/agent/tasks", Map.of("title", "t", "prompt", "p", "metadata", big)), 413).code()).isEqualTo("too_large");
    Served.refused(hub.post("/v1/agent/codebases", Map.of("name", "n", "path", "/p", "worker_id", "w", "agent_config", big)), 413);
    Served.refused(hub.post("/v1/agent/workers/register", Map.of("worker_id", "w", "name", "n", "models", List.of(big))), 413);
    var many = "{\"title\":\"t\",\"prompt\":\"p\",\"metadata\":{\"a\":[" + "[],".repeat(1 << 20) + "[]]}}";
    Served.refused(hub.call("POST", "/v1/agent/tasks", Map.of(), many), 400);
  }

  @ParameterizedTest
  @CsvSource(textBlock = """
      /v1/agent/tasks,            title
      /v1/agent/tasks,            codebase_id
      /v1/agent/tasks,            agent_type
      /v1/agent/tasks,            model
      /v1/agent/tasks,            model_ref
      /v1/agent/tasks,            target_agent_name
      /v1/agent/tasks,            target_worker_id
      /v1/agent/workers/register, name
      /v1/agent/workers/register, hostname
      /v1/agent/workers/register, global_codebase_id
      /v1/agent/codebases,        name
      /v1/agent/codebases,        path
      /v1/agent/codebases,        description
      """)
  void rejectsATextThatIsTooLongForLists(String path, String field) throws Exception {
    var body = new HashMap<>(Map.of("title", "t", "prompt", "p", "worker_id", "w", "name", "n", "path", "/p"));
    body.put(field, "x".repeat(8193));
    var error = Served.refused(hub.post(path, body), 422).json().path("detail").path(0);
    assertThat(error.path("type").asText()).isEqualTo("string_too_long");
    assertThat(error.path("loc").path(1).asText()).isEqualTo(field);
  }

  @Test
  void aHeartbeatNamesNoMoreThanAWorkerCanRun() throws Exception {
    hub.worker("w");
    Served.refused(hub.post("/v1/agent/workers/w/heartbeat", Map.of("running", Collections.nCopies(1001, Map.of("task_id", "t")))), 422);
    Served.ok(hub.post("/v1/agent/workers/w/heartbeat", Map.of("running", Collections.nCopies(1000, Map.of("task_id", "t")))));
  }

  @ParameterizedTest
  @ValueSource(strings = {"\\ud800", "a\\u0001", "\\u007f"})
  void whoSpeaksHasAPrintableName(String name) throws Exception {
    Served.refused(hub.call("POST", "/v1/agent/workers/register", Map.of(), "{\"worker_id\":\"" + name + "\",\"name\":\"n\"}"), 422);
    Served.refused(hub.call("POST", "/v1/worker/tasks/claim", Map.of(), "{\"worker_id\":\"" + name + "\",\"task_id\":\"t\"}"), 422);
    Served.refused(hub.get("/v1/agent/tasks?worker_id=a%07"), 422);
    Served.refused(hub.get("/v1/agent/tasks?status=pending&worker_id=w&agent_name=a%0a"), 422);
  }

  @Test
  void aFolderOfAnotherMachineNeedNotBeAPathHere() throws Exception {
    hub.worker("w");
    for (var path : List.of("/srv/été", "C:\\work", "/srv/a\nb", "~/x")) {
      assertThat(Served.ok(hub.post("/v1/agent/codebases", Map.of("name", "n", "path", path, "worker_id", "w")))
          .path("codebase").path("path").asText()).isEqualTo(path);
    }
    for (var path : List.of("", " ", "/srv/a\0b", "a\0b")) {
      Served.refused(hub.post("/v1/agent/codebases", Map.of("name", "n", "path", path, "worker_id", "w")), 400);
    }
    assertThat(hub.codebase("w", "/../a//./b/../c/")).isEqualTo(hub.codebase("w", "/a/c"));
  }

  @Test
  void deeplyNestedJsonIsRefused() throws Exception {
    var deep = "{\"title\":\"t\",\"prompt\":\"p\",\"metadata\":" + "{\"a\":".repeat(200_000) + "1" + "}".repeat(200_001);
    Served.refused(hub.call("POST", "/v1/agent/tasks", Map.of(), deep), 400);
    Served.refused(hub.call("POST", "/v1/agent/tasks", Map.of(), "[".repeat(1_000_000)), 400);
    Served.refused(hub.call("POST", "/v1/agent/tasks", Map.of(), "{\"priority\":" + "9".repeat(1_000_000) + "}"), 400);
  }

  @Test
  void textThatIsNoUnicodeHurtsNobody() throws Exception {
    hub.worker("w");
    for (var bad : new String[] {"\\ud800", "\\udc00\\ud800", "\\u0000", "\\uffff"}) {
      Served.ok(hub.call("POST", "/v1/agent/workers/register", Map.of(), "{\"worker_id\":\"x\",\"name\":\"" + bad + "\"}"));
      assertThat(Served.ok(hub.get("/v1/agent/workers"))).hasSize(2);
      Served.refused(hub.call("PUT", "/v1/agent/tasks/t/status", Map.of(), "{\"worker_id\":\"w\",\"status\":\"" + bad + "\"}"), 400);
      var body = "{\"title\":\"" + bad + "\",\"prompt\":\"" + bad + "\",\"metadata\":{\"a\":\"" + bad + "\"}}";
      var task = Served.ok(hub.call("POST", "/v1/agent/tasks", Map.of(), body)).path("id").asText();
      hub.claim(task, "w");
      Served.ok(hub.call("POST", "/v1/agent/tasks/" + task + "/output", Map.of(), "{\"worker_id\":\"w\",\"output\":\"" + bad + "\"}"));
      assertThat(Served.ok(hub.get("/v1/agent/tasks/" + task + "/output")).path("total").asInt()).isEqualTo(1);
      assertThat(hub.status(task)).isEqualTo("running");
    }
  }

  @Test
  void replacesZerosInTexts() throws Exception {
    var task = hub.show(hub.task("global", Map.of("title", "a\0b", "prompt", "c\0d")));
    Served.has(task, "title", "a\uFFFDb", "prompt", "c\uFFFDd");
  }
}
