package tests.server;

import module java.base;
import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

/** A task that a worker cannot do goes to the others; when none is left it fails and says why, instead of waiting for ever. */
class DeclineTest {
  @RegisterExtension
  final Served hub = new Served();

  @Test
  void aTaskThatEveryLivingWorkerDeclinedFailsWithTheirReasons() throws Exception {
    hub.worker("a");
    hub.worker("b");
    var task = hub.task("global");
    decline(task, "a", "no gpu here");
    assertThat(hub.status(task)).isEqualTo("pending");
    decline(task, "b", "no disk left");
    assertThat(hub.status(task)).isEqualTo("failed");
    assertThat(hub.show(task).path("error").asText()).contains("a: no gpu here").contains("b: no disk left");
  }

  @Test
  void whoDeclinedIsNotOfferedTheTaskAgainButOthersAre() throws Exception {
    hub.worker("a");
    hub.worker("b");
    var task = hub.task("global");
    decline(task, "a", "no");
    assertThat(hub.tryClaim(task, "a").code()).isEqualTo("not_eligible");
    assertThat(Served.ok(hub.get("/v1/agent/tasks?status=pending&worker_id=a"))).isEmpty();
    assertThat(Served.ok(hub.get("/v1/agent/tasks?status=pending&worker_id=b"))).hasSize(1);
    assertThat(hub.claim(task, "b")).isEqualTo(1);
  }

  @Test
  void aTaskWhoseLastWillingWorkerVanishesFails() throws Exception {
    hub.worker("a");
    hub.worker("b");
    var task = hub.task("global");
    decline(task, "a", "no");
    hub.time.advance(Duration.ofSeconds(200));
    Served.ok(hub.post("/v1/agent/workers/a/heartbeat", Map.of()));
    assertThat(hub.status(task)).isEqualTo("pending");
    hub.time.advance(Duration.ofSeconds(101));
    hub.hub().sweep();
    assertThat(hub.status(task)).isEqualTo("failed");
    assertThat(hub.show(task).path("error").asText()).contains("a: no");
  }

  @Test
  void aRegistrationThatAWorkerGivesBackIsDeclinedByIt() throws Exception {
    hub.worker("a");
    var wish = Served.ok(hub.post("/v1/agent/codebases", Map.of("name", "app", "path", "/nowhere"))).path("task_id").asText();
    hub.claim(wish, "a");
    Served.ok(hub.release(wish, "a", Map.of("status", "pending", "error", "/nowhere is not on this machine", "attempt", 1)));
    assertThat(hub.status(wish)).isEqualTo("failed");
    assertThat(hub.show(wish).path("error").asText()).contains("/nowhere is not on this machine");
  }

  @Test
  void aWorkerDeclinesOnceInSoManyWordsAndAStrangerNotAtAll() throws Exception {
    hub.worker("a");
    hub.worker("b");
    var task = hub.task("global");
    decline(task, "a", "\uD83D\uDE00".repeat(2000));
    decline(task, "a", "again");
    decline(task, "stranger", "nobody asked");
    var declined = hub.show(task).path("declined");
    assertThat(declined).hasSize(1);
    assertThat(declined.path(0).path("reason").asText()).isEqualTo("\uD83D\uDE00".repeat(1000));
  }

  @Test
  void asksEveryWorkerAgainAfterARequeue() throws Exception {
    hub.worker("a");
    var task = hub.task("global");
    decline(task, "a", "no");
    assertThat(hub.status(task)).isEqualTo("failed");
    Served.ok(hub.post("/v1/agent/tasks/" + task + "/requeue", Map.of()));
    assertThat(hub.claim(task, "a")).isEqualTo(1);
  }

  private void decline(String task, String worker, String why) throws Exception {
    Served.ok(hub.release(task, worker, Map.of("status", "pending", "declined", true, "error", why)));
  }
}
