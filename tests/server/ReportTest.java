package tests.server;

import module java.base;
import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

/** A task ends once, as its owner says, and nobody changes that afterwards. */
class ReportTest extends RunningTaskFixture {
  @Test
  void anEndIsKeptWithItsResultSessionAndTime() throws Exception {
    Served.ok(hub.report(task, "w", "running", Map.of("session_id", "ses_1", "attempt", attempt)));
    assertThat(hub.show(task).path("session_id").asText()).isEqualTo("ses_1");
    var answer = Served.ok(hub.report(task, "w", "completed", Map.of("result", "grün", "attempt", attempt)));
    assertThat(answer.path("success").asBoolean()).isTrue();
    assertThat(answer.path("task")).isEqualTo(hub.show(task));
    var now = hub.show(task);
    Served.has(now, "result", "grün", "session_id", "ses_1");
    assertThat(now.path("completed_at").asText()).isNotEmpty();
  }

  @Test
  void aFailedTaskNeverTurnsIntoACompletedOne() throws Exception {
    Served.ok(hub.report(task, "w", "failed", Map.of("error", "boom")));
    var before = hub.show(task);
    Served.refused(hub.report(task, "w", "completed", Map.of("result", "after all")), 409, "terminal");
    Served.ok(hub.release(task, "w", Map.of()));
    assertThat(hub.release(task, "w", Map.of("status", "completed")).code()).isEqualTo("terminal");
    assertThat(hub.report(task, "w", "running", Map.of()).code()).isEqualTo("terminal");
    assertThat(hub.show(task)).isEqualTo(before);
  }

  @Test
  void sayingTheSameEndAgainIsFineAndChangesNothing() throws Exception {
    Served.ok(hub.report(task, "w", "failed", Map.of("error", "boom", "attempt", attempt)));
    var before = hub.show(task);
    hub.time.advance(Duration.ofSeconds(5));
    Served.ok(hub.report(task, "w", "failed", Map.of("error", "boom", "attempt", attempt)));
    var released = Served.ok(hub.release(task, "w", Map.of("status", "failed", "error", "boom", "attempt", attempt)));
    assertThat(released.path("status").asText()).isEqualTo("failed");
    assertThat(hub.show(task)).isEqualTo(before);
  }

  @Test
  void aBareReleaseOfARunningTaskCompletesItAsOnOtherServers() throws Exception {
    assertThat(Served.ok(hub.release(task, "w", Map.of())).path("status").asText()).isEqualTo("completed");
    assertThat(hub.status(task)).isEqualTo("completed");
  }

  @Test
  void anAttemptThatIsOverReportsNothing() throws Exception {
    Served.ok(hub.post("/v1/agent/tasks/" + task + "/requeue", Map.of()));
    hub.time.advance(Duration.ofSeconds(31)); // after that its runner has no precedence
    assertThat(hub.claim(task, "w")).isEqualTo(attempt + 1);
    for (var late : List.of(hub.report(task, "w", "completed", Map.of("attempt", attempt)),
        hub.report(task, "w", "running", Map.of("attempt", attempt)),
        hub.release(task, "w", Map.of("attempt", attempt, "status", "failed")),
        hub.output(task, "w", "late", Map.of("attempt", attempt, "seq", 1)))) {
      Served.refused(late, 409, "stale_attempt");
    }
    assertThat(hub.status(task)).isEqualTo("running");
    assertThat(Served.ok(hub.get("/v1/agent/tasks/" + task + "/output")).path("total").asInt()).isZero();
  }

  @Test
  void nobodyElseReportsForATask() throws Exception {
    Served.refused(hub.report(task, "thief", "completed", Map.of()), 409, "not_owner");
    assertThat(hub.release(task, "thief", Map.of("status", "completed")).status()).isEqualTo(404);
    assertThat(hub.output(task, "thief", "mine now", Map.of()).code()).isEqualTo("not_owner");
    assertThat(hub.status(task)).isEqualTo("running");
  }

  @Test
  void aStatusThatDoesNotExistIsRefused() throws Exception {
    assertThat(Served.refused(hub.report(task, "w", "weird", Map.of()), 400).detail()).isEqualTo("Invalid status: weird");
    assertThat(hub.release(task, "w", Map.of("status", "weird")).status()).isEqualTo(400);
    assertThat(hub.get("/v1/agent/tasks?status=weird").status()).isEqualTo(400);
    assertThat(hub.report("no-such-task", "w", "completed", Map.of()).status()).isEqualTo(404);
    assertThat(hub.status(task)).isEqualTo("running");
  }
}
