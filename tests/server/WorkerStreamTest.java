package tests.server;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import lib.protocol.Task;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

/** Each worker is told at once of what is for it, of nothing else, and once for each time that it becomes available. */
class WorkerStreamTest {
  @RegisterExtension
  final Served hub = new Served();

  @BeforeEach
  void aWorker() throws Exception {
    hub.worker("w");
  }

  @Test
  void theStreamBeginsWithConnectedThenWhatWaitsMostUrgentFirst() throws Exception {
    var first = hub.task("global");
    var second = hub.task("global");
    var urgent = hub.task("global", Map.of("priority", 5));
    try (var events = hub.events("/v1/worker/tasks/stream", Map.of("X-Worker-ID", "w", "X-Agent-Name", "builder"))) {
      var connected = events.next();
      assertThat(connected.name()).isEqualTo("connected");
      assertThat(connected.data().path("worker_id").asText()).isEqualTo("w");
      assertThat(connected.data().path("agent_name").asText()).isEqualTo("builder");
      assertThat(List.of(told(events), told(events), told(events))).containsExactly(urgent, first, second);
    }
  }

  @Test
  void anAnnouncementHasEveryNameThatAnyWorkerLooksFor() throws Exception {
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
      assertThat(data.path("title").asText()).isEqualTo("a title");
      assertThat(data.path("agent_type").asText()).isEqualTo("plan");
      assertThat(data.path("priority").asInt()).isEqualTo(3);
      assertThat(data.path("status").asText()).isEqualTo("pending");
      assertThat(data.path("model").asText()).isEqualTo("anthropic/some-model");
      assertThat(data.path("model_ref").asText()).isEqualTo("anthropic:some-model");
      assertThat(data.path("metadata").path("resume_session_id").asText()).isEqualTo("ses_1");
      assertThat(data.has("target_agent_name")).isTrue();
      assertThat(data.path("created_at").asText()).isEqualTo(hub.show(task).path("created_at").asText());
    }
  }

  @Test
  void aWorkerIsToldOfItsOwnCodebasesAndNotOfOthers() throws Exception {
    hub.worker("other");
    var mine = hub.codebase("w", "/srv/mine");
    var foreign = hub.codebase("other", "/srv/foreign");
    try (var events = hub.stream("w", Map.of())) {
      hub.task(foreign);
      var task = hub.task(mine);
      assertThat(told(events)).isEqualTo(task);
    }
    try (var events = hub.stream("third", Map.of("X-Codebases", "some, " + foreign))) {
      var anybodys = hub.task("global");
      assertThat(told(events)).as("a claim would be refused while its worker lives").isEqualTo(anybodys);
    }
    Served.ok(hub.post("/v1/agent/workers/other/unregister", Map.of()));
    try (var events = hub.stream("third", Map.of("X-Codebases", "some, " + foreign))) {
      assertThat(hub.show(told(events)).path("codebase_id").asText()).isEqualTo(foreign);
    }
  }

  @Test
  void targetsAndCapabilitiesChooseWhoIsTold() throws Exception {
    try (var plain = hub.stream("w", Map.of());
        var reviewer = hub.events("/v1/worker/tasks/stream?worker_id=r&agent_name=reviewer", Map.of("X-Capabilities", "gpu, docker"))) {
      reviewer.next("connected");
      var forGpu = hub.task("global", Map.of("metadata", Map.of("required_capabilities", List.of("gpu", "docker"))));
      var forRole = hub.task("global", Map.of("target_agent_name", "reviewer"));
      var forWorker = hub.task("global", Map.of("metadata", Map.of("target_worker_id", "r")));
      var forOther = hub.task("global", Map.of("target_worker_id", "w"));
      var forAll = hub.task("global");
      assertThat(List.of(told(reviewer), told(reviewer), told(reviewer), told(reviewer)))
          .containsExactly(forGpu, forRole, forWorker, forAll);
      assertThat(List.of(told(plain), told(plain))).containsExactly(forOther, forAll);
    }
  }

  @Test
  void aBusyWorkerIsToldOfMoreOnceItHasASlotAgain() throws Exception {
    try (var events = hub.stream("w", Map.of())) {
      var first = hub.task("global");
      assertThat(told(events)).isEqualTo(first);
      hub.claim(first, "w");
      var second = hub.task("global");
      Served.ok(hub.post("/v1/agent/tasks/" + first + "/cancel", Map.of()));
      assertThat(events.next().name()).as("what comes before the slot is free").isEqualTo("task_cancelled");
      Served.ok(hub.report(first, "w", "cancelled", Map.of()));
      assertThat(told(events)).isEqualTo(second);
    }
  }

  @Test
  void aWorkerWithMoreSlotsIsToldUntilAllAreTaken() throws Exception {
    try (var events = hub.stream("w", Map.of("X-Max-Concurrency", "2"))) {
      hub.claim(hub.task("global"), "w");
      told(events);
      var second = hub.task("global");
      assertThat(told(events)).isEqualTo(second);
      hub.claim(second, "w");
      var third = hub.task("global");
      Served.ok(hub.release(second, "w", Map.of("status", "completed")));
      assertThat(told(events)).isEqualTo(third);
    }
  }

  @Test
  void aWorkerIsToldOfNoMoreThanItCanKeepAndOfTheRestAsItTakesThem() throws Exception {
    var waiting = new ArrayList<String>();
    for (var i = 0; i < 250; i++) {
      waiting.add(hub.task("global"));
    }
    var heard = new ArrayList<String>();
    try (var events = hub.stream("w", Map.of("X-Max-Concurrency", "200"))) {
      while (heard.size() < 200) {
        heard.add(told(events));
      }
      Served.ok(hub.post("/v1/agent/workers/w/heartbeat", Map.of()));
      for (var task : waiting.subList(0, 100)) {
        hub.claim(task, "w");
      }
      Served.ok(hub.release(waiting.getFirst(), "w", Map.of("status", "completed")));
      while (heard.size() < 250) {
        heard.add(told(events));
      }
    }
    assertThat(heard).containsExactlyElementsOf(waiting);
  }

  @Test
  void theBacklogOfOneCodebaseHidesNoOther() throws Exception {
    var busy = hub.codebase("w", "/srv/busy");
    var other = hub.codebase("w", "/srv/other");
    for (var i = 0; i < 210; i++) {
      hub.task(busy, Map.of("priority", 1));
    }
    var task = hub.task(other);
    try (var events = hub.stream("w", Map.of("X-Max-Concurrency", "4"))) {
      for (var i = 0; i < 20; i++) {
        assertThat(hub.show(told(events)).path("codebase_id").asText()).isEqualTo(busy);
      }
      assertThat(told(events)).isEqualTo(task);
    }
    assertThat(Served.ok(hub.get("/v1/agent/tasks?status=pending&worker_id=w")).valueStream().map(t -> t.path("id").asText()))
        .contains(task).hasSize(11);
    assertThat(Served.ok(hub.get("/v1/agent/tasks?status=pending&worker_id=w&codebase_id=" + busy))).hasSize(100);
  }

  @Test
  void whatWasToldAndIsNoLongerPendingMakesRoomHoweverItWent() throws Exception {
    var waiting = new ArrayList<String>();
    for (var i = 0; i < 40; i++) {
      waiting.add(hub.task("global"));
    }
    try (var events = hub.stream("w", Map.of())) {
      for (var i = 0; i < 20; i++) {
        assertThat(told(events)).isEqualTo(waiting.get(i));
      }
      hub.database("UPDATE tasks SET status = 'cancelled' WHERE id IN ('" + String.join("','", waiting.subList(0, 20)) + "')");
      hub.hub().sweep();
      Served.ok(hub.post("/v1/agent/workers/w/heartbeat", Map.of()));
      for (var i = 20; i < 40; i++) {
        assertThat(told(events)).isEqualTo(waiting.get(i));
      }
    }
  }

  @Test
  void aTaskTooLongForAnEventIsToldWithoutWhatIsLongSoThatItIsAskedFor() throws Exception {
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
  void nonsenseAboutSlotsIsRefused() throws Exception {
    for (var slots : List.of("0", "-1", "many", "99999999999999999999")) {
      var path = "/v1/worker/tasks/stream?worker_id=w&agent_name=a";
      assertThat(hub.call("GET", path, Map.of("X-Max-Concurrency", slots), null).status()).as(slots).isEqualTo(400);
    }
  }

  @Test
  void aTaskIsAnnouncedAnewWhenItWaitsAgainButNotWithEachHeartbeat() throws Exception {
    try (var events = hub.stream("w", Map.of())) {
      var task = hub.task("global");
      assertThat(told(events)).isEqualTo(task);
      Served.ok(hub.post("/v1/agent/workers/w/heartbeat", Map.of()));
      hub.claim(task, "elsewhere");
      Served.ok(hub.release(task, "elsewhere", Map.of("status", "pending")));
      assertThat(told(events)).isEqualTo(task);
      var marker = hub.task("global");
      assertThat(told(events)).as("heard once each").isEqualTo(marker);
    }
  }

  @Test
  void aHeartbeatBringsWhatTheStreamWasNotToldOf() throws Exception {
    try (var events = hub.stream("w", Map.of())) {
      var busyWith = hub.task("global");
      hub.claim(busyWith, "w");
      told(events);
      var missed = hub.task("global");
      for (var beat = 0; beat < 4; beat++) {
        hub.time.advance(Duration.ofSeconds(200));
        Served.ok(hub.post("/v1/agent/workers/w/heartbeat", Map.of("running", List.of())));
      }
      hub.time.advance(Duration.ofSeconds(101)); // frees the slot without the worker's doing
      assertThat(told(events)).isEqualTo(busyWith);
      Served.ok(hub.post("/v1/agent/workers/w/heartbeat", Map.of()));
      assertThat(told(events)).isEqualTo(missed);
    }
  }

  @Test
  void anOpenStreamHearsOfCodebasesAddedLater() throws Exception {
    hub.worker("other");
    var codebase = hub.codebase("other", "/srv/late");
    Served.ok(hub.post("/v1/agent/workers/other/unregister", Map.of()));
    var task = hub.task(codebase);
    try (var events = hub.stream("w", Map.of())) {
      var answer = Served.ok(hub.put("/v1/worker/codebases", Map.of("worker_id", "w", "codebases", List.of(codebase))));
      assertThat(answer.path("codebases").path(0).asText()).isEqualTo(codebase);
      assertThat(told(events)).isEqualTo(task);
    }
    var got = hub.put("/v1/worker/codebases", Map.of("worker_id", "nobody", "codebases", List.of()));
    assertThat(got.status()).isEqualTo(404);
    assertThat(got.detail()).contains("not connected");
  }

  @Test
  void aStreamWithoutARoleIsRefusedAndOneWithoutAnIdGetsOne() throws Exception {
    var got = hub.get("/v1/worker/tasks/stream?worker_id=w");
    assertThat(got.status()).isEqualTo(400);
    assertThat(got.detail()).contains("agent_name is required");
    try (var events = hub.events("/v1/worker/tasks/stream?agent_name=a", Map.of())) {
      assertThat(events.next().data().path("worker_id").asText()).hasSize(12);
    }
  }

  /** The id in the next announcement; heartbeats and the like are passed over. */
  private static String told(Events events) throws IOException {
    JsonNode data = events.next("task_available").data();
    return data.path("id").asText();
  }
}
