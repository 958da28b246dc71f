package tests.server;

import module java.base;
import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import lib.protocol.Task;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

/**
 * The server announces a pending task at once to each worker that may take it, and to no other. The newest stream of a worker
 * counts, and what is shown as connected is.
 */
class WorkerStreamTest {
  @RegisterExtension
  final Served hub = new Served();

  @BeforeEach
  void aWorker() throws Exception {
    hub.worker("w");
  }

  @Test
  void beginsWithConnectedThenPendingTasksInQueueOrder() throws Exception {
    var first = hub.task("global");
    var second = hub.task("global");
    var urgent = hub.task("global", Map.of("priority", 5));
    try (var events = hub.events("/v1/worker/tasks/stream", Map.of("X-Worker-ID", "w", "X-Agent-Name", "builder"))) {
      var connected = events.next();
      assertThat(connected.name()).isEqualTo("connected");
      assertThat(connected.data().path("worker_id").asText()).isEqualTo("w");
      assertThat(connected.data().path("agent_name").asText()).isEqualTo("builder");
      assertThat(List.of(announced(events), announced(events), announced(events))).containsExactly(urgent, first, second);
    }
  }

  @Test
  void announcesWithEveryNameThatAnyWorkerReads() throws Exception {
    try (var events = hub.stream("w", Map.of())) {
      var task = hub.task("global", Map.of("model", "anthropic/some-model", "priority", 3, "agent_type", "plan",
          "metadata", Map.of("resume_session_id", "ses_1")));
      var data = events.next("task_available").data();
      for (var same : List.of("id", "task_id")) {
        assertThat(data.path(same).asText()).isEqualTo(task);
      }
      for (var same : List.of("prompt", "description")) {
        assertThat(data.path(same).asText()).isEqualTo("do it");
      }
      for (var same : List.of("codebase_id", "workspace_id")) {
        assertThat(data.path(same).asText()).isEqualTo("global");
      }
      Served.has(data, "title", "a title", "agent_type", "plan", "priority", 3, "status", "pending", "model", "anthropic/some-model",
          "model_ref", "anthropic:some-model");
      assertThat(data.path("metadata").path("resume_session_id").asText()).isEqualTo("ses_1");
      assertThat(data.has("target_agent_name")).isTrue();
      assertThat(data.path("created_at").asText()).isEqualTo(hub.show(task).path("created_at").asText());
    }
  }

  @Test
  void announcesTasksOfTheWorkersOwnCodebasesOnly() throws Exception {
    hub.worker("other");
    var mine = hub.codebase("w", "/srv/mine");
    var foreign = hub.codebase("other", "/srv/foreign");
    try (var events = hub.stream("w", Map.of())) {
      hub.task(foreign);
      var task = hub.task(mine);
      assertThat(announced(events)).isEqualTo(task);
    }
    try (var events = hub.stream("third", Map.of("X-Codebases", "some, " + foreign))) {
      var anybodys = hub.task("global");
      assertThat(announced(events)).as("a claim would be refused while its worker lives").isEqualTo(anybodys);
    }
    Served.ok(hub.post("/v1/agent/workers/other/unregister", Map.of()));
    try (var events = hub.stream("third", Map.of("X-Codebases", "some, " + foreign))) {
      assertThat(hub.show(announced(events)).path("codebase_id").asText()).isEqualTo(foreign);
    }
  }

  @Test
  void announcesByTargetAndCapability() throws Exception {
    try (var plain = hub.stream("w", Map.of());
        var reviewer = hub.events("/v1/worker/tasks/stream?worker_id=r&agent_name=reviewer", Map.of("X-Capabilities", "gpu, docker"))) {
      reviewer.next("connected");
      var forGpu = hub.task("global", Map.of("metadata", Map.of("required_capabilities", List.of("gpu", "docker"))));
      var forRole = hub.task("global", Map.of("target_agent_name", "reviewer"));
      var forWorker = hub.task("global", Map.of("metadata", Map.of("target_worker_id", "r")));
      var forOther = hub.task("global", Map.of("target_worker_id", "w"));
      var forAll = hub.task("global");
      assertThat(List.of(announced(reviewer), announced(reviewer), announced(reviewer), announced(reviewer)))
          .containsExactly(forGpu, forRole, forWorker, forAll);
      assertThat(List.of(announced(plain), announced(plain))).containsExactly(forOther, forAll);
    }
  }

  @Test
  void announcesTheFirstHundredPendingTasksOnConnect() throws Exception {
    var waiting = new ArrayList<String>();
    for (var i = 0; i < 101; i++) {
      waiting.add(hub.task("global"));
    }
    try (var events = hub.stream("w", Map.of())) {
      for (var task : waiting.subList(0, 100)) {
        assertThat(announced(events)).isEqualTo(task);
      }
      var next = hub.task("global");
      assertThat(announced(events)).as("the poll brings what is between").isEqualTo(next);
    }
  }

  @Test
  void pollsATenthOfTheLimitOfEachCodebaseBeforeMoreOfAny() throws Exception {
    var busy = hub.codebase("w", "/srv/busy");
    for (var i = 0; i < 110; i++) {
      hub.task(busy, Map.of("priority", 1));
    }
    var task = hub.task(hub.codebase("w", "/srv/other"));
    assertThat(Served.ok(hub.get("/v1/agent/tasks?status=pending&worker_id=w")).valueStream().map(t -> t.path("id").asText()))
        .hasSize(100).last().isEqualTo(task);
    assertThat(Served.ok(hub.get("/v1/agent/tasks?status=pending&worker_id=w&codebase_id=" + busy))).hasSize(100);
  }

  @Test
  void announcesAReturnedTaskToEveryWorkerButTheOneThatReturnedIt() throws Exception {
    try (var events = hub.stream("w", Map.of()); var elsewhere = hub.stream("elsewhere", Map.of())) {
      var task = hub.task("global");
      assertThat(announced(events)).isEqualTo(task);
      assertThat(announced(elsewhere)).isEqualTo(task);
      hub.claim(task, "elsewhere");
      Served.ok(hub.release(task, "elsewhere", Map.of("status", "pending")));
      assertThat(announced(events)).isEqualTo(task);
      var next = hub.task("global");
      assertThat(announced(elsewhere)).isEqualTo(next);
    }
  }

  @Test
  void announcesALongTaskWithoutItsTexts() throws Exception {
    var big = "x".repeat(70_000);
    try (var events = hub.stream("w", Map.of())) {
      var routed = Map.of("target_worker_id", "w", "attempts", 3);
      for (var fields : List.of(Map.of("prompt", big, "metadata", routed),
          Map.of("metadata", Map.of("target_worker_id", "w", "attempts", 3, "context", big)))) {
        var id = hub.task("global", fields);
        var data = events.next("task_available").data();
        var event = Task.read(data).orElseThrow();
        var whole = Task.read(hub.show(id)).orElseThrow();
        assertThat(data.toString()).hasSizeLessThan(2000);
        assertThat(event.whole()).isFalse();
        assertThat(whole.whole()).isTrue();
        assertThat(event.targetWorker()).isEqualTo("w");
        assertThat(event.marker()).isEqualTo(whole.marker());
      }
      hub.task("global", Map.of("prompt", "x".repeat(60_000)));
      assertThat(Task.read(events.next("task_available").data()).orElseThrow().whole()).isTrue();
    }
  }

  @Test
  void announcesPendingTasksWhenCodebasesAreAdded() throws Exception {
    hub.worker("other");
    var codebase = hub.codebase("other", "/srv/late");
    Served.ok(hub.post("/v1/agent/workers/other/unregister", Map.of()));
    var task = hub.task(codebase);
    try (var events = hub.stream("w", Map.of())) {
      var answer = Served.ok(hub.put("/v1/worker/codebases", Map.of("worker_id", "w", "codebases", List.of(codebase))));
      assertThat(answer.path("codebases").path(0).asText()).isEqualTo(codebase);
      assertThat(announced(events)).isEqualTo(task);
    }
    var got = hub.put("/v1/worker/codebases", Map.of("worker_id", "nobody", "codebases", List.of()));
    assertThat(Served.refused(got, 404).detail()).contains("not connected");
  }

  @Test
  void rejectsAStreamWithoutARoleAndGivesAnIdToOneWithoutId() throws Exception {
    assertThat(Served.refused(hub.get("/v1/worker/tasks/stream?worker_id=w"), 400).detail()).contains("agent_name is required");
    try (var events = hub.events("/v1/worker/tasks/stream?agent_name=a", Map.of())) {
      assertThat(events.next().data().path("worker_id").asText()).hasSize(12);
    }
  }

  // --- streams that come and go

  @Test
  void theEndOfAnOldStreamDoesNotDropTheNewOne() throws Exception {
    try (var old = hub.stream("w", Map.of()); var young = hub.stream("w", Map.of())) {
      assertThat(old.next()).as("the server ends the old one").isNull();
      assertThat(Served.ok(hub.get("/v1/worker/connected/w")).path("worker_id").asText()).isEqualTo("w");
      var task = hub.task("global");
      assertThat(young.next("task_available").data().path("id").asText()).isEqualTo(task);
    }
  }

  @Test
  void aConnectedWorkerIsShownWithWhatItDoes() throws Exception {
    assertThat(hub.get("/v1/worker/connected/w").status()).isEqualTo(404);
    var task = hub.task("global");
    try (var events = hub.stream("w", Map.of("X-Capabilities", "docker", "X-Codebases", "c1"))) {
      events.next("task_available");
      hub.claim(task, "w");
      var worker = Served.ok(hub.get("/v1/worker/connected/w"));
      Served.has(worker, "agent_name", "w", "is_busy", true, "current_task_id", task);
      assertThat(worker.path("capabilities").path(0).asText()).isEqualTo("docker");
      assertThat(worker.path("codebases").path(0).asText()).isEqualTo("c1");
    }
  }

  @Test
  void everyThirtySecondsAHeartbeatShowsThatTheServerLives() throws Exception {
    try (var events = hub.stream("w", Map.of())) {
      hub.time.advance(Duration.ofSeconds(15));
      hub.time.advance(Duration.ofSeconds(15));
      var beat = events.next();
      assertThat(beat.name()).isEqualTo("heartbeat");
      assertThat(beat.data().path("worker_id").asText()).isEqualTo("w");
      assertThat(beat.data().path("timestamp").asText()).isNotEmpty();
    }
  }

  @Test
  void aStreamWhoseClientIsGoneIsForgottenAfterSomeBeats() throws Exception {
    hub.stream("unregistered", Map.of()).close();
    var beats = 0;
    while (hub.get("/v1/worker/connected/unregistered").status() == 200 && beats++ < 100) {
      hub.time.advance(Duration.ofSeconds(15));
    }
    assertThat(hub.get("/v1/worker/connected/unregistered").status()).isEqualTo(404);
  }

  @Test
  void unregisteringEndsTheStreamAndFreesTheCodebases() throws Exception {
    hub.worker("w");
    var codebase = hub.codebase("w", "/srv/app");
    try (var events = hub.stream("w", Map.of())) {
      assertThat(Served.ok(hub.post("/v1/agent/workers/w/unregister", Map.of())).path("success").asBoolean()).isTrue();
      assertThat(events.next()).isNull();
    }
    assertThat(Served.ok(hub.get("/v1/agent/workers"))).isEmpty();
    assertThat(Served.ok(hub.post("/v1/agent/workers/w/unregister", Map.of())).path("success").asBoolean()).isFalse();
    hub.worker("heir");
    assertThat(hub.codebase("heir", "/srv/app")).isEqualTo(codebase);
  }

  @Test
  void closingTheServerEndsEveryStream() throws Exception {
    var task = hub.task("global");
    try (var events = hub.stream("w", Map.of());
        var follower = hub.events("/v1/agent/tasks/" + task + "/output/stream", Map.of())) {
      events.next("task_available");
      hub.restart();
      assertThat(events.next()).isNull();
      assertThat(follower.next()).isNull();
    }
  }

  /** The id in the next announcement; it skips heartbeats. */
  private static String announced(Events events) throws IOException {
    JsonNode data = events.next("task_available").data();
    return data.path("id").asText();
  }
}
