package tests.server;

import module java.base;
import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import tests.server.Wire.Got;

/** Who gets a task: one worker, which may, and only while the task waits. */
class ClaimTest {
  @RegisterExtension
  final Served hub = new Served();
  private String codebase;
  private String task;

  @BeforeEach
  void aTaskOfOneWorkersCodebase() throws Exception {
    hub.worker("owner");
    codebase = hub.codebase("owner", "/srv/app");
    task = hub.task(codebase);
  }

  @Test
  void aClaimedTaskRunsForItsWorkerFromThatMoment() throws Exception {
    var answer = Served.ok(hub.tryClaim(task, "owner"));
    assertThat(answer.path("success").asBoolean()).isTrue();
    assertThat(answer.path("attempt").asInt()).isEqualTo(1);
    assertThat(answer.path("lease_seconds").asInt()).isEqualTo(900);
    var now = hub.show(task);
    assertThat(now.path("status").asText()).isEqualTo("running");
    assertThat(now.path("worker_id").asText()).isEqualTo("owner");
    assertThat(now.path("started_at").asText()).isNotEmpty();
  }

  @Test
  void aTaskIsClaimedByExactlyOneOfManyWorkers() throws Exception {
    var open = hub.task("global");
    var answers = new ArrayList<Future<Got>>();
    try (var threads = Executors.newVirtualThreadPerTaskExecutor()) {
      for (var i = 0; i < 40; i++) {
        var worker = "w" + i;
        answers.add(threads.submit((Callable<Got>) () -> hub.tryClaim(open, worker)));
      }
    }
    var winners = new ArrayList<String>();
    for (var answer : answers) {
      var got = answer.get();
      if (got.status() == 200) {
        winners.add(got.json().path("worker_id").asText());
      } else {
        assertThat(got.status()).isEqualTo(409);
        assertThat(got.code()).isEqualTo("already_claimed");
      }
    }
    assertThat(winners).containsExactly(hub.show(open).path("worker_id").asText());
  }

  @Test
  void theOwnerMayClaimAgainAndHasTheSameAttempt() throws Exception {
    assertThat(hub.claim(task, "owner")).isEqualTo(hub.claim(task, "owner"));
  }

  @Test
  void anUnknownTaskIsNotThere() throws Exception {
    var got = hub.tryClaim("no-such-task", "owner");
    assertThat(got.status()).isEqualTo(404);
    assertThat(got.detail()).isEqualTo("Task not found");
  }

  @Test
  void aTaskThatEndedIsNotClaimedAgain() throws Exception {
    hub.claim(task, "owner");
    Served.ok(hub.report(task, "owner", "completed", Map.of("result", "done")));
    var got = hub.tryClaim(task, "owner");
    assertThat(got.status()).isEqualTo(409);
    assertThat(got.code()).isEqualTo("not_pending");
    assertThat(hub.status(task)).isEqualTo("completed");
  }

  @Test
  void anotherWorkersCodebaseIsNotEligibleWhileThatWorkerLives() throws Exception {
    hub.worker("other");
    var got = hub.tryClaim(task, "other");
    assertThat(got.status()).isEqualTo(409);
    assertThat(got.code()).isEqualTo("not_eligible");
    assertThat(hub.status(task)).isEqualTo("pending");
  }

  @Test
  void theCodebaseOfAWorkerThatIsGoneIsAnybodys() throws Exception {
    hub.time.advance(Duration.ofSeconds(301));
    assertThat(hub.claim(task, "other")).isEqualTo(1);
  }

  @Test
  void targetsAndCapabilitiesAreEnforcedAtTheClaimToo() throws Exception {
    for (var wanted : List.of(Map.of("target_worker_id", "other"), Map.of("target_agent_name", "reviewer"),
        Map.of("required_capabilities", List.of("gpu")))) {
      var picky = hub.task("global", Map.of("metadata", wanted));
      assertThat(hub.tryClaim(picky, "owner").code()).as("%s", wanted).isEqualTo("not_eligible");
    }
  }

  @Test
  void aWorkerOfTheTimeBeforeClaimsTakesATaskBySayingRunning() throws Exception {
    Served.ok(hub.report(task, "owner", "running", Map.of()));
    assertThat(hub.show(task).path("worker_id").asText()).isEqualTo("owner");
    assertThat(hub.report(task, "other", "running", Map.of()).status()).isEqualTo(409);
  }

  @Test
  void whoClaimsMustSayWhoItIs() throws Exception {
    var got = hub.post("/v1/worker/tasks/claim", Map.of("task_id", task));
    assertThat(got.status()).isEqualTo(400);
    assertThat(got.detail()).contains("worker_id is required");
    assertThat(hub.call("POST", "/v1/worker/tasks/claim", Map.of("X-Worker-ID", "owner"),
        "{\"task_id\":\"" + task + "\"}").status()).isEqualTo(200);
  }
}
