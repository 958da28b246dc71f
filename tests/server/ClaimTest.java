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
    Served.has(Served.ok(hub.tryClaim(task, "owner")), "success", true, "attempt", 1, "lease_seconds", 900);
    var now = hub.show(task);
    Served.has(now, "status", "running", "worker_id", "owner");
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
        Served.refused(got, 409, "already_claimed");
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
    assertThat(Served.refused(hub.tryClaim("no-such-task", "owner"), 404).detail()).isEqualTo("Task not found");
  }

  @Test
  void anotherWorkersCodebaseIsNotEligibleWhileThatWorkerLives() throws Exception {
    hub.worker("other");
    Served.refused(hub.tryClaim(task, "other"), 409, "not_eligible");
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
    assertThat(Served.refused(hub.post("/v1/worker/tasks/claim", Map.of("task_id", task)), 400).detail()).contains("worker_id is required");
    assertThat(hub.call("POST", "/v1/worker/tasks/claim", Map.of("X-Worker-ID", "owner"),
        "{\"task_id\":\"" + task + "\"}").status()).isEqualTo(200);
  }
}
