package tests.server;

import module java.base;
import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import lib.server.task.LeaseReaper;
import lib.server.task.Retention;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The server deletes what ended long ago, or is too much, and nothing that waits or runs. */
class RetentionTest {
  private static final int DAYS = 90;

  @RegisterExtension
  final Served hub = new Served().keeping(new Retention.Limits(DAYS, 1 << 20));
  private String codebase;

  @BeforeEach
  void aWorker() throws Exception {
    hub.worker("w");
    codebase = hub.codebase("w", "/srv/app");
    hub.time.advance(LeaseReaper.INTERVAL); // the look after the start is over
  }

  private String ended(String output) throws IOException {
    var task = hub.task(codebase);
    hub.claim(task, "w");
    Served.ok(hub.post("/v1/agent/tasks/" + task + "/output", Map.of("worker_id", "w", "output", output)));
    Served.ok(hub.report(task, "w", "completed", Map.of("result", "done")));
    return task;
  }

  private JsonNode prune(boolean dryRun) throws IOException {
    return Served.ok(hub.post("/v1/server/prune", Map.of("dry_run", dryRun)));
  }

  private boolean exists(String task) throws IOException {
    return hub.get("/v1/agent/tasks/" + task).status() == 200;
  }

  @Test
  void deletesWhatEndedLongAgoAndKeepsWhatWaitsOrRuns() throws Exception {
    var old = ended("said\n");
    var pending = hub.task(codebase);
    var running = hub.task(codebase);
    hub.claim(running, "w");
    hub.time.advance(Duration.ofDays(DAYS).plusHours(1));
    var recent = ended("said\n");
    var wouldBe = prune(true);
    Served.has(wouldBe, "tasks", 1, "dry_run", true);
    assertThat(wouldBe.path("bytes").asInt()).isGreaterThan("said\n".length());
    assertThat(exists(old)).as("a dry run deletes nothing").isTrue();
    assertThat(prune(false).path("tasks").asInt()).isEqualTo(1);
    assertThat(exists(old)).isFalse();
    assertThat(hub.get("/v1/agent/tasks/" + old + "/output").status()).isEqualTo(404);
    assertThat(hub.database("SELECT COUNT(*) FROM output WHERE task_id = '" + old + "'")).isEqualTo("0");
    for (var kept : List.of(pending, running, recent)) {
      assertThat(exists(kept)).isTrue();
    }
  }

  @Test
  void deletesTheOldestPastTheSize() throws Exception {
    var oldest = ended("a".repeat(600 << 10));
    var middle = ended("b".repeat(300 << 10));
    var newest = ended("c".repeat(300 << 10));
    assertThat(prune(false).path("tasks").asInt()).isEqualTo(1);
    assertThat(exists(oldest)).isFalse();
    assertThat(exists(middle) && exists(newest)).isTrue();
    assertThat(prune(false).path("tasks").asInt()).isZero();
  }

  @Test
  void deletesTheSessionsOfWorkersThatAreGone() throws Exception {
    hub.worker("gone");
    var theirs = hub.codebase("gone", "/srv/theirs");
    for (var sync : Map.of("w", codebase, "gone", theirs).entrySet()) {
      Served.ok(hub.post("/v1/agent/codebases/" + sync.getValue() + "/sessions/sync", Map.of("worker_id", sync.getKey(), "sessions",
          List.of(Map.of("id", "ses_" + sync.getKey(), "title", "t")))));
    }
    hub.time.advance(Duration.ofDays(DAYS).plusHours(1));
    Served.ok(hub.post("/v1/agent/workers/w/heartbeat", Map.of()));
    assertThat(prune(true).path("sessions").asInt()).isEqualTo(1);
    assertThat(prune(false).path("sessions").asInt()).isEqualTo(1);
    assertThat(hub.database("SELECT group_concat(id) FROM sessions")).isEqualTo("ses_w");
  }

  @Test
  void prunesByItselfAfterTheStartAndOnceAnHour() throws Exception {
    var old = ended("said\n");
    hub.time.advance(Duration.ofDays(DAYS).plusHours(1));
    var recent = ended("said\n");
    hub.restart();
    hub.time.advance(LeaseReaper.INTERVAL);
    assertThat(exists(old)).isFalse();
    hub.time.advance(Duration.ofDays(DAYS).plusHours(1));
    for (var beat = 0; beat < 240; beat++) {
      hub.time.advance(LeaseReaper.INTERVAL);
    }
    assertThat(exists(recent)).isFalse();
  }

  @Test
  void deletesOneEndedTask() throws Exception {
    var task = ended("said\n");
    assertThat(Served.ok(hub.call("DELETE", "/v1/agent/tasks/" + task, Map.of(), null)).path("task_id").asText()).isEqualTo(task);
    assertThat(exists(task)).isFalse();
    assertThat(hub.call("DELETE", "/v1/agent/tasks/" + task, Map.of(), null).status()).isEqualTo(404);
  }

  @ParameterizedTest
  @ValueSource(booleans = {false, true})
  void refusesToDeleteATaskThatHasNotEnded(boolean running) throws Exception {
    var task = hub.task(codebase);
    if (running) {
      hub.claim(task, "w");
    }
    assertThat(Served.refused(hub.call("DELETE", "/v1/agent/tasks/" + task, Map.of(), null), 409).detail())
        .contains(running ? "it is running" : "it is pending", "cancel it first");
    assertThat(exists(task)).isTrue();
  }
}
