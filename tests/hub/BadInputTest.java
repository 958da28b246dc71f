package tests.hub;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.charset.StandardCharsets;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import tests.hub.Wire.Got;

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
    refused(hub.call("POST", "/v1/agent/tasks", Map.of(), body), 400);
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
      model       | {"title": "t", "prompt": "p", "metadata": {"model": 7}}
      agent_type  | {"title": "t", "prompt": "p", "agent_type": true}
      """)
  void aFieldOfTheWrongTypeIsNamed(String field, String body) throws Exception {
    var got = refused(hub.call("POST", "/v1/agent/tasks", Map.of(), body), 422);
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
      """)
  void everyCallChecksItsFields(String method, String path, String body) throws Exception {
    refused(hub.call(method, path, Map.of(), body), 422);
  }

  @Test
  void aHeartbeatWithNonsenseIsRefused() throws Exception {
    hub.worker("w");
    for (var body : new String[] {"{\"running\": 7}", "{\"running\": [\"t\"]}", "{\"running\": [{}]}",
        "{\"running\": [{\"task_id\": 7}]}"}) {
      refused(hub.call("POST", "/v1/agent/workers/w/heartbeat", Map.of(), body), 422);
    }
    var got = refused(hub.post("/v1/agent/workers/stranger/heartbeat", Map.of()), 404);
    assertThat(got.detail()).isEqualTo("Worker not found - please re-register");
  }

  @Test
  void aBodyOfMoreThanSixteenMebibytesIsRefusedAndOneOfNearlyAsMuchIsTaken() throws Exception {
    var got = refused(hub.call("POST", "/v1/agent/tasks", Map.of(), "{\"title\":\"t\",\"prompt\":\"" + BIG + "\"}"), 413);
    assertThat(got.code()).isEqualTo("too_large");
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
      for (var i = 0; i < 17; i++) {
        wire.send(chunk);
      }
      refused(wire.send("0\r\n\r\n").receive(false), 413);
    }
  }

  @Test
  void deeplyNestedJsonIsRefused() throws Exception {
    var deep = "{\"title\":\"t\",\"prompt\":\"p\",\"metadata\":" + "{\"a\":".repeat(200_000) + "1" + "}".repeat(200_001);
    refused(hub.call("POST", "/v1/agent/tasks", Map.of(), deep), 400);
    refused(hub.call("POST", "/v1/agent/tasks", Map.of(), "[".repeat(1_000_000)), 400);
    refused(hub.call("POST", "/v1/agent/tasks", Map.of(), "{\"priority\":" + "9".repeat(1_000_000) + "}"), 400);
  }

  @Test
  void textThatIsNoUnicodeHurtsNobody() throws Exception {
    hub.worker("w");
    for (var bad : new String[] {"\\ud800", "\\udc00\\ud800", "\\u0000", "\\uffff"}) {
      Served.ok(hub.call("POST", "/v1/agent/workers/register", Map.of(), "{\"worker_id\":\"x\",\"name\":\"" + bad + "\"}"));
      assertThat(Served.ok(hub.get("/v1/agent/workers"))).hasSize(2);
      refused(hub.call("PUT", "/v1/agent/tasks/t/status", Map.of(), "{\"worker_id\":\"w\",\"status\":\"" + bad + "\"}"), 400);
      var body = "{\"title\":\"" + bad + "\",\"prompt\":\"" + bad + "\",\"metadata\":{\"a\":\"" + bad + "\"}}";
      var task = Served.ok(hub.call("POST", "/v1/agent/tasks", Map.of(), body)).path("id").asText();
      hub.claim(task, "w");
      Served.ok(hub.call("POST", "/v1/agent/tasks/" + task + "/output", Map.of(), "{\"worker_id\":\"w\",\"output\":\"" + bad + "\"}"));
      assertThat(Served.ok(hub.get("/v1/agent/tasks/" + task + "/output")).path("total").asInt()).isEqualTo(1);
      assertThat(hub.status(task)).isEqualTo("running");
    }
  }

  private static Got refused(Got got, int status) {
    assertThat(got.status()).as(got.text()).isEqualTo(status);
    assertThat(got.headers().get("content-type")).startsWith("application/json");
    assertThat(got.json().has("detail")).isTrue();
    assertThat(got.text()).doesNotContain("Exception", "lib.hub", "at java.", "<html");
    return got;
  }
}
