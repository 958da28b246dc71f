package tests.server;

import module java.base;
import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

/** Streams come and go; the newest of a worker counts, and what is shown as connected is. */
class ReconnectTest {
  @RegisterExtension
  final Served hub = new Served();

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
  void announcesPendingTasksToEachNewStream() throws Exception {
    var task = hub.task("global");
    for (var i = 0; i < 3; i++) {
      try (var events = hub.stream("w", Map.of())) {
        assertThat(events.next("task_available").data().path("id").asText()).isEqualTo(task);
      }
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
      assertThat(worker.path("agent_name").asText()).isEqualTo("w");
      assertThat(worker.path("is_busy").asBoolean()).isTrue();
      assertThat(worker.path("current_task_id").asText()).isEqualTo(task);
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
    hub.stream("w", Map.of()).close();
    var beats = 0;
    while (hub.get("/v1/worker/connected/w").status() == 200 && beats++ < 100) {
      hub.time.advance(Duration.ofSeconds(15));
    }
    assertThat(hub.get("/v1/worker/connected/w").status()).isEqualTo(404);
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
}
