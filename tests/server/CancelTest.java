package tests.server;

import module java.base;
import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

/** A cancelled task ends: at once while it waits, through its worker while it runs. Requeueing is the way back. */
class CancelTest {
  @RegisterExtension
  final Served hub = new Served();
  private String task;

  @BeforeEach
  void aTask() throws Exception {
    hub.worker("w");
    task = hub.task("global");
  }

  @Test
  void aWaitingTaskIsCancelledAtOnce() throws Exception {
    var answer = Served.ok(hub.post("/v1/agent/tasks/" + task + "/cancel", Map.of("reason", "changed my mind")));
    Served.has(answer, "success", true, "status", "cancelled");
    assertThat(hub.status(task)).isEqualTo("cancelled");
    assertThat(hub.show(task).path("error").asText()).isEqualTo("changed my mind");
    assertThat(hub.tryClaim(task, "w").code()).isEqualTo("not_pending");
  }

  @Test
  void asksTheWorkerOfARunningTaskToStopByStreamAndHeartbeat() throws Exception {
    try (var events = hub.stream("w", Map.of())) {
      hub.claim(task, "w");
      var answer = Served.ok(hub.call("POST", "/v1/agent/tasks/" + task + "/cancel", Map.of(), null));
      assertThat(answer.path("status").asText()).isEqualTo("cancelling");
      var cancelled = events.next("task_cancelled").data();
      Served.has(cancelled, "task_id", task, "id", task);
      assertThat(cancelled.path("reason").asText()).isNotEmpty();
    }
    assertThat(hub.status(task)).isEqualTo("running");
    assertThat(hub.show(task).path("cancel_requested").asBoolean()).isTrue();
    assertThat(heartbeat().path(0).path("task_id").asText()).isEqualTo(task);
    Served.ok(hub.report(task, "w", "cancelled", Map.of("attempt", 1)));
    assertThat(hub.status(task)).isEqualTo("cancelled");
  }

  @Test
  void aHeartbeatHearsThatTheTaskIsSomebodyElsesByNow() throws Exception {
    hub.claim(task, "w");
    assertThat(heartbeat()).isEmpty();
    Served.ok(hub.post("/v1/agent/tasks/" + task + "/requeue", Map.of()));
    hub.time.advance(Duration.ofSeconds(31)); // after that its runner has no precedence
    hub.claim(task, "other");
    assertThat(heartbeat().path(0).path("reason").asText()).startsWith("lost");
  }

  @Test
  void whatHasEndedOrNeverWasCannotBeCancelled() throws Exception {
    hub.claim(task, "w");
    Served.ok(hub.report(task, "w", "completed", Map.of("result", "done")));
    assertThat(Served.refused(hub.post("/v1/agent/tasks/" + task + "/cancel", Map.of()), 400).detail()).contains("completed");
    assertThat(hub.status(task)).isEqualTo("completed");
    assertThat(hub.post("/v1/agent/tasks/nope/cancel", Map.of()).status()).isEqualTo(404);
  }

  @Test
  void aFollowerOfTheOutputHearsOfTheCancellation() throws Exception {
    try (var events = hub.events("/v1/agent/tasks/" + task + "/output/stream", Map.of())) {
      Served.ok(hub.post("/v1/agent/tasks/" + task + "/cancel", Map.of()));
      assertThat(events.next("done").data().path("status").asText()).isEqualTo("cancelled");
    }
  }

  @Test
  void aRequeuedTaskWaitsAgainAsIfNew() throws Exception {
    hub.claim(task, "w");
    Served.ok(hub.report(task, "w", "failed", Map.of("error", "boom")));
    var answer = Served.ok(hub.post("/v1/agent/tasks/" + task + "/requeue", Map.of()));
    assertThat(answer.path("message").asText()).contains("attempt 2");
    var now = hub.show(task);
    assertThat(now.path("status").asText()).isEqualTo("pending");
    for (var cleared : List.of("worker_id", "started_at", "completed_at", "error", "result")) {
      assertThat(now.path(cleared).isNull()).as(cleared).isTrue();
    }
    assertThat(now.path("metadata").path("attempts").asInt()).isEqualTo(2);
    assertThat(hub.claim(task, "w")).isEqualTo(2);
  }

  @Test
  void onlyWhatRunsOrEndedBadlyIsRequeued() throws Exception {
    assertThat(hub.post("/v1/agent/tasks/" + task + "/requeue", Map.of()).status()).isEqualTo(400);
    hub.claim(task, "w");
    Served.ok(hub.report(task, "w", "completed", Map.of()));
    assertThat(Served.refused(hub.post("/v1/agent/tasks/" + task + "/requeue", Map.of()), 400).detail()).contains("completed");
    assertThat(hub.post("/v1/agent/tasks/nope/requeue", Map.of()).status()).isEqualTo(404);
  }

  @Test
  void deletingACodebaseCancelsWhatWaitsForIt() throws Exception {
    var codebase = hub.codebase("w", "/srv/app");
    var waiting = hub.task(codebase);
    var running = hub.task(codebase);
    hub.claim(running, "w");
    Served.ok(hub.call("DELETE", "/v1/agent/codebases/" + codebase, Map.of(), null));
    assertThat(hub.status(waiting)).isEqualTo("cancelled");
    assertThat(hub.status(running)).isEqualTo("running");
    assertThat(hub.status(task)).isEqualTo("pending");
    assertThat(hub.call("DELETE", "/v1/agent/codebases/" + codebase, Map.of(), null).status()).isEqualTo(404);
  }

  /** What a heartbeat that names the task is asked to stop. */
  private JsonNode heartbeat() throws Exception {
    return Served.ok(hub.post("/v1/agent/workers/w/heartbeat",
        Map.of("running", List.of(Map.of("task_id", task, "attempt", 1))))).path("stop");
  }
}
