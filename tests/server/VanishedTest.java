package tests.server;

import module java.base;
import static org.assertj.core.api.Assertions.assertThat;

import lib.protocol.Lease;
import lib.server.task.LeaseReaper;
import org.junit.jupiter.api.Test;

/** The tasks of a worker that vanished are freed, those of one that lives are not. */
class VanishedTest extends RunningTaskFixture {
  private static final Duration LIMIT = Lease.LENGTH;

  @Test
  void freesATaskWhenItsLeaseIsOverAndNotBefore() throws Exception {
    hub.time.advance(LIMIT.minusNanos(1));
    hub.hub().sweep();
    assertThat(hub.status(task)).isEqualTo("running");
    hub.time.advance(LeaseReaper.INTERVAL); // it looks by itself
    var now = hub.show(task);
    assertThat(now.path("status").asText()).isEqualTo("pending");
    assertThat(now.path("worker_id").isNull()).isTrue();
    assertThat(now.path("metadata").path("stuck_reason").asText()).contains("worker w").contains("900 s");
    assertThat(hub.claim(task, "other")).isEqualTo(2);
  }

  @Test
  void whatAWorkerDidThatCameBackCountsWhileNobodyElseHasTakenIt() throws Exception {
    vanish();
    Served.ok(hub.report(task, "w", "completed", Map.of("attempt", 1, "result", "done meanwhile")));
    Served.ok(hub.release(task, "w", Map.of("attempt", 1, "status", "completed")));
    assertThat(hub.show(task).path("result").asText()).isEqualTo("done meanwhile");
    assertThat(hub.show(task).path("worker_id").asText()).isEqualTo("w");
    assertThat(hub.tryClaim(task, "other").status()).isEqualTo(409);
  }

  @Test
  void aWorkerThatCameBackAndStillRunsItHasItAgain() throws Exception {
    vanish();
    heartbeat(Map.of("running", List.of(Map.of("task_id", task, "attempt", 1))));
    assertThat(hub.status(task)).isEqualTo("running");
    assertThat(hub.tryClaim(task, "other").status()).isEqualTo(409);
    hub.time.advance(LIMIT.minusSeconds(1));
    hub.hub().sweep();
    assertThat(hub.status(task)).isEqualTo("running");
  }

  @Test
  void rejectsAWorkerThatComesBackTooLate() throws Exception {
    vanish();
    hub.worker("other");
    assertThat(hub.claim(task, "other")).isEqualTo(2);
    assertThat(hub.report(task, "w", "completed", Map.of("attempt", 1)).status()).isEqualTo(409);
    heartbeat(Map.of("running", List.of(Map.of("task_id", task, "attempt", 1))));
    assertThat(hub.show(task).path("worker_id").asText()).isEqualTo("other");
  }

  @Test
  void aTaskThatWasQueuedAgainByHandHearsNoLateReportOfItsLastAttempt() throws Exception {
    Served.ok(hub.report(task, "w", "failed", Map.of("attempt", 1)));
    Served.ok(hub.post("/v1/agent/tasks/" + task + "/requeue", Map.of()));
    assertThat(hub.release(task, "w", Map.of("attempt", 1, "status", "failed")).status()).isNotEqualTo(200);
    assertThat(hub.status(task)).isEqualTo("pending");
  }

  @Test
  void keepsATaskThatWasQueuedAgainForTheWorkerThatRunsIt() throws Exception {
    Served.ok(hub.post("/v1/agent/tasks/" + task + "/requeue", Map.of()));
    assertThat(hub.status(task)).isEqualTo("pending");
    assertThat(hub.tryClaim(task, "other").code()).isEqualTo("not_eligible");
    var again = hub.post("/v1/worker/tasks/claim", Map.of("task_id", task, "worker_id", "w", "attempt", 1));
    assertThat(Served.ok(again).path("attempt").asInt()).isEqualTo(1);
    Served.ok(hub.report(task, "w", "completed", Map.of("attempt", 1, "result", "done once")));
    assertThat(hub.show(task).path("result").asText()).isEqualTo("done once");
  }

  @Test
  void freesATaskThatWasQueuedAgainWhenItsWorkerDoesNotComeBack() throws Exception {
    Served.ok(hub.post("/v1/agent/tasks/" + task + "/requeue", Map.of()));
    hub.time.advance(Duration.ofSeconds(31));
    assertThat(hub.claim(task, "other")).isEqualTo(2);
    var late = hub.post("/v1/worker/tasks/claim", Map.of("task_id", task, "worker_id", "w", "attempt", 1));
    assertThat(late.code()).isEqualTo("already_claimed");
  }

  @Test
  void aTaskNamedInAHeartbeatIsKeptAndOneThatIsNotNamedIsFreed() throws Exception {
    var forgotten = hub.task("global");
    hub.claim(forgotten, "w");
    hub.time.advance(LIMIT.minusSeconds(1));
    heartbeat(Map.of("running", List.of(Map.of("task_id", task, "attempt", 1))));
    hub.time.advance(Duration.ofSeconds(2));
    hub.hub().sweep();
    assertThat(hub.status(task)).isEqualTo("running");
    assertThat(hub.status(forgotten)).isEqualTo("pending");
  }

  @Test
  void aHeartbeatWithoutABodyKeepsAllOfAnOldWorkersTasks() throws Exception {
    hub.time.advance(LIMIT.minusSeconds(1));
    Served.ok(hub.call("POST", "/v1/agent/workers/w/heartbeat", Map.of(), null));
    hub.time.advance(Duration.ofSeconds(2));
    hub.hub().sweep();
    assertThat(hub.status(task)).isEqualTo("running");
  }

  @Test
  void outputAndAStatusKeepATaskToo() throws Exception {
    hub.time.advance(LIMIT.minusSeconds(1));
    Served.ok(hub.output(task, "w", "still here", Map.of()));
    hub.time.advance(LIMIT.minusSeconds(1));
    Served.ok(hub.report(task, "w", "running", Map.of("attempt", 1)));
    hub.time.advance(LIMIT.minusSeconds(1));
    hub.hub().sweep();
    assertThat(hub.status(task)).isEqualTo("running");
    hub.time.advance(Duration.ofSeconds(1));
    hub.hub().sweep();
    assertThat(hub.status(task)).isEqualTo("pending");
  }

  @Test
  void anEarlierAttemptsHeartbeatKeepsNothing() throws Exception {
    Served.ok(hub.post("/v1/agent/tasks/" + task + "/requeue", Map.of()));
    hub.time.advance(Duration.ofSeconds(31));
    hub.claim(task, "w");
    hub.time.advance(LIMIT.minusSeconds(1));
    heartbeat(Map.of("running", List.of(Map.of("task_id", task, "attempt", 1))));
    hub.time.advance(Duration.ofSeconds(2));
    hub.hub().sweep();
    assertThat(hub.status(task)).isEqualTo("pending");
  }

  @Test
  void aWorkerWhoseTaskEndedIsNotBusyWhateverItNamesLater() throws Exception {
    try (var events = hub.stream("w", Map.of())) {
      Served.ok(hub.release(task, "w", Map.of("status", "completed", "attempt", 1)));
      heartbeat(Map.of("running", List.of(Map.of("task_id", task, "attempt", 1))));
      Served.ok(hub.output(task, "w", "bye", Map.of()));
      hub.hub().sweep();
      assertThat(Served.ok(hub.get("/v1/worker/connected/w")).path("is_busy").asBoolean()).isFalse();
      var next = hub.task("global");
      assertThat(events.next("task_available").data().path("id").asText()).isEqualTo(next);
    }
  }

  @Test
  void aSilentWorkerIsGoneAlsoWhenItsConnectionIsStillOpen() throws Exception {
    var codebase = hub.codebase("w", "/srv/app");
    var waiting = hub.task(codebase);
    try (var events = hub.stream("w", Map.of())) {
      hub.time.advance(LIMIT);
      while (events.next() != null) {
        continue; // until the server ends the stream
      }
    }
    assertThat(Served.ok(hub.get("/v1/agent/workers/w")).path("status").asText()).isEqualTo("offline");
    assertThat(hub.claim(waiting, "other")).isEqualTo(1);
  }

  @Test
  void aHeartbeatKeepsItsTasksAlsoWhenTheDiskTakesNothing() throws Exception {
    hub.database("DROP TABLE workers"); // as good a reason as a full disk for the write to fail
    hub.time.advance(LIMIT.minusSeconds(1));
    heartbeat(Map.of("running", List.of(Map.of("task_id", task, "attempt", 1))));
    hub.time.advance(Duration.ofSeconds(2));
    hub.hub().sweep();
    assertThat(hub.status(task)).isEqualTo("running");
  }

  @Test
  void freesATaskTakenWithoutAClaimSooner() throws Exception {
    var taken = hub.task("global");
    Served.ok(hub.report(taken, "w", "running", Map.of()));
    hub.time.advance(Duration.ofSeconds(299));
    assertThat(hub.status(taken)).isEqualTo("running");
    hub.time.advance(LeaseReaper.INTERVAL);
    assertThat(List.of(hub.status(taken), hub.status(task))).containsExactly("pending", "running");
  }

  @Test
  void afterThreeVanishedWorkersATaskFailsAndSaysWhy() throws Exception {
    vanish();
    hub.claim(task, "w2");
    vanish();
    assertThat(hub.status(task)).isEqualTo("pending");
    assertThat(hub.claim(task, "w3")).isEqualTo(3);
    vanish();
    var now = hub.show(task);
    assertThat(now.path("status").asText()).isEqualTo("failed");
    assertThat(now.path("error").asText()).contains("3 attempts").contains("worker w3");
    assertThat(now.path("metadata").path("failure_reason").asText()).contains("worker w3");
  }

  @Test
  void aTaskWhoseCancellationWasAskedForIsCancelledWithItsWorkerGone() throws Exception {
    Served.ok(hub.post("/v1/agent/tasks/" + task + "/cancel", Map.of("reason", "enough")));
    vanish();
    assertThat(hub.status(task)).isEqualTo("cancelled");
    assertThat(hub.show(task).path("error").asText()).startsWith("enough");
  }

  private void vanish() throws Exception {
    hub.time.advance(LIMIT);
    hub.hub().sweep();
  }

  private void heartbeat(Map<String, ?> body) throws Exception {
    Served.ok(hub.post("/v1/agent/workers/w/heartbeat", body));
  }
}
