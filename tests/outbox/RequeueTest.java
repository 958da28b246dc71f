package tests.outbox;

import module java.base;
import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import tests.Program;
import tests.fake.FakeServer.Version;
import tests.fake.FakeServer;

/** A task to be done again is reported as failed, released and queued again once, and never while a worker has it. */
class RequeueTest {
  private static final String REQUEUE = "/v1/agent/tasks/*/requeue";

  @TempDir
  Path temp;
  private FakeServer server;
  private Delivery delivery;

  @BeforeEach
  void start() throws Exception {
    server = FakeServer.start(Version.V16);
    delivery = new Delivery(server, temp);
    delivery.open();
  }

  @AfterEach
  void stop() throws Exception {
    delivery.close();
    server.close();
  }

  private void requeue() throws Exception {
    delivery.failAndRequeue();
    delivery.awaitDelivered();
  }

  private long requeues() {
    return server.requests().stream().filter(r -> r.path().endsWith("/requeue")).count();
  }

  @Test
  void itFollowsTheOutcomeAndTheRelease() throws Exception {
    requeue();
    assertThat(delivery.reported()).endsWith("status failed", "release failed");
    assertThat(server.status(delivery.task)).isEqualTo("pending");
    assertThat(server.requests().getLast().path()).endsWith("/requeue");
    assertThat(delivery.settled()).isTrue();
  }

  @Test
  void anAnswerThatWasLostIsNoReasonToAskAgain() throws Exception {
    server.on("POST", REQUEUE).answerLost().times(1);
    requeue();
    assertThat(server.status(delivery.task)).isEqualTo("pending");
    assertThat(requeues()).isEqualTo(1);
  }

  @Test
  void aTaskThatSomebodyRunsAgainAlreadyIsLeftAlone() throws Exception {
    server.on("POST", REQUEUE).answer(502, "a proxy").times(1);
    server.on("GET", "/v1/agent/tasks/*").answer(200, "{\"id\":\"" + delivery.task + "\",\"status\":\"running\"}").after(1);
    requeue();
    assertThat(requeues()).isEqualTo(1);
    assertThat(server.status(delivery.task)).isEqualTo("failed");
  }

  @Test
  void aServerThatCannotLeavesItFailed() throws Exception {
    server.become(Version.V13);
    requeue();
    assertThat(server.status(delivery.task)).isEqualTo("failed");
    assertThat(delivery.settled()).isTrue();
  }

  @Test
  void aServerThatSaysLaterForEverIsNotAskedForEver() throws Exception {
    server.on("POST", REQUEUE).answer(503, "Database not available");
    requeue();
    assertThat(requeues()).isEqualTo(10);
    assertThat(server.status(delivery.task)).isEqualTo("failed");
  }

  @Test
  void itSurvivesARestart() throws Exception {
    server.on("POST", REQUEUE).hang();
    delivery.failAndRequeue();
    Program.await("the first try", () -> requeues() == 1);
    server.heal();
    delivery.restart();
    delivery.awaitDelivered();
    assertThat(server.status(delivery.task)).isEqualTo("pending");
  }
}
