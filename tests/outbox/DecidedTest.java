package tests.outbox;

import module java.base;
import static org.assertj.core.api.Assertions.assertThat;

import lib.journal.OutboxEntry;
import lib.protocol.TaskStatus;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import tests.Program;
import tests.fake.FakeServer.Version;
import tests.fake.FakeServer;

/** People see what has not reached its server, and decide about it while the worker runs. */
class DecidedTest {
  @TempDir
  Path temp;
  private FakeServer server;
  private Delivery delivery;

  @BeforeEach
  void open() throws Exception {
    server = FakeServer.start(Version.V13);
    delivery = new Delivery(server, temp);
    delivery.open();
  }

  @AfterEach
  void close() throws Exception {
    delivery.close();
    server.close();
  }

  private OutboxEntry outcome() throws Exception {
    return delivery.entries().stream().filter(e -> e.kind().equals("status") && e.status().equals("completed")).findFirst().orElseThrow();
  }

  @Test
  void aRefusedOutcomeIsDeliveredAlsoWhenItIsTriedAgainInTheInstantAfterItsAttemptSettled() throws Exception {
    server.on("PUT", "/v1/*/tasks/*/status").answer(422, "no").after(1).times(1);
    delivery.finish(TaskStatus.COMPLETED, "done", null);
    Program.await("its settling", delivery::settled);
    assertThat(delivery.outbox().retry(outcome().id())).isTrue();
    delivery.awaitDelivered();
    assertThat(delivery.entries()).isEmpty();
    assertThat(delivery.settled()).isTrue();
  }

  @Test
  void aRefusedOutcomeIsListedAndDeliveredWhenItIsTriedAgain() throws Exception {
    server.on("PUT", "/v1/*/tasks/*/status").answer(422, "no").after(1);
    delivery.finish(TaskStatus.COMPLETED, "done", null);
    delivery.awaitDelivered();
    var refused = outcome();
    assertThat(refused).satisfies(entry -> {
      assertThat(entry.state()).isEqualTo("refused");
      assertThat(entry.tries()).isEqualTo(1);
      assertThat(entry.error()).contains("no");
      assertThat(entry.server()).isEqualTo(server.url().toString());
    });
    server.heal();
    assertThat(delivery.outbox().retry(refused.id())).isTrue();
    delivery.awaitDelivered();
    assertThat(server.status(delivery.task)).isEqualTo("completed");
    assertThat(delivery.entries()).isEmpty();
    assertThat(delivery.settled()).isTrue();
    assertThat(delivery.outbox().retry(refused.id())).as("what was accepted").isFalse();
  }

  @Test
  void anOutcomeThatFailsIsListedWithItsTriesAndNotSentOnceItIsDropped() throws Exception {
    server.on("PUT", "/v1/*/tasks/*/status").answer(500, "broken");
    delivery.finish(TaskStatus.COMPLETED, "done", null);
    Program.await("a failed try", () -> delivery.entries().stream().anyMatch(e -> e.status().equals("completed") && e.tries() > 0));
    assertThat(outcome()).extracting(OutboxEntry::state).isEqualTo("waiting");
    assertThat(outcome().error()).contains("broken");
    for (var id : List.copyOf(delivery.entries().stream().map(OutboxEntry::id).toList())) {
      delivery.outbox().drop(id);
    }
    delivery.awaitDelivered();
    server.heal();
    delivery.restart();
    delivery.awaitDelivered();
    assertThat(server.status(delivery.task)).isNotEqualTo("completed");
    assertThat(delivery.entries()).isEmpty();
    assertThat(delivery.settled()).isTrue();
  }

  @Test
  void whatIsTriedAgainSurvivesARestart() throws Exception {
    server.on("PUT", "/v1/*/tasks/*/status").answer(422, "no").after(1);
    delivery.finish(TaskStatus.COMPLETED, "done", null);
    delivery.awaitDelivered();
    delivery.journal().reports().retry(outcome().id());
    server.heal();
    delivery.restart();
    delivery.awaitDelivered();
    assertThat(server.status(delivery.task)).isEqualTo("completed");
  }
}
