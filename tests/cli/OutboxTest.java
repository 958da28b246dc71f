package tests.cli;

import module java.base;
import static org.assertj.core.api.Assertions.assertThat;

import lib.journal.Attempt;
import lib.journal.Journal;
import lib.protocol.TaskReport;
import lib.protocol.TaskStatus;
import lib.store.LockFile;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import tests.worker.MadeWorker;

/** What has not reached its server can be seen and decided about without a worker. */
class OutboxTest extends DeskTestBase {
  private Path file;

  @BeforeEach
  void open() throws Exception {
    file = state("w").resolve("journal.db");
  }

  private void pending(String server, String task) throws Exception {
    try (var journal = Journal.open(file)) {
      var claimed = journal.claimed(journal.insertIntent(Attempt.draft(server, "w", MadeWorker.task(task), journal.next(task), null, Instant.now())), 1, 0, null,
          Instant.now());
      journal.ended(claimed, "{}", new TaskReport(task, "w", TaskStatus.FAILED, null, null, "why", 1), false, Instant.now());
    }
  }

  @Test
  void theListSaysWhatWaitsAndForWhichServer() throws Exception {
    pending(client.info().serverId(), "here");
    pending("http://elsewhere.example", "there");
    var list = ran("outbox", "list", "--name", "w", "--json");
    assertThat(list.exit()).as(list.err()).isZero();
    var rows = list.json();
    assertThat(rows).hasSize(4);
    var row = rows.get(0);
    assertThat(row.path("task_id").asText()).isEqualTo("here");
    assertThat(row.path("kind").asText()).isEqualTo("status");
    assertThat(row.path("status").asText()).isEqualTo("failed");
    assertThat(row.path("state").asText()).isEqualTo("waiting");
    assertThat(row.path("elsewhere").asBoolean()).isFalse();
    assertThat(rows.get(3).path("elsewhere").asBoolean()).isTrue();
    assertThat(at(200).ran("outbox", "list", "--name", "w").out()).contains("http://elsewhere.example (another)");
  }

  @Test
  void aReportIsGivenUp() throws Exception {
    pending("http://elsewhere.example", "there");
    assertThat(alone("outbox", "drop", "1", "--name", "w").exit()).isZero();
    assertThat(Journal.entries(file)).extracting(e -> e.id()).containsExactly(2L);
    alone("outbox", "drop", "1", "--name", "w").fails(1, "report 1 is not there");
  }

  @Test
  void whatWaitsNeedsNoRetryAndANumberMustBeOne() throws Exception {
    pending("http://elsewhere.example", "there");
    assertThat(alone("outbox", "retry", "1", "--name", "w").err()).contains("it waits already");
    assertThat(alone("outbox", "retry", "x", "--name", "w").exit()).isEqualTo(2);
    assertThat(alone("outbox", "retry", "--name", "w").exit()).isEqualTo(2);
    assertThat(alone("outbox", "retry", "--all", "--name", "w").exit()).isZero();
  }

  @Test
  void aWorkersJournalIsShownButNotChangedBehindItsBack() throws Exception {
    pending("http://elsewhere.example", "there");
    try (var lock = LockFile.take(file.resolveSibling("lock"), "a worker", "wait"); var journal = Journal.open(file)) {
      assertThat(alone("outbox", "list", "--name", "w").out()).contains("there\tstatus\tfailed\twaiting");
      assertThat(alone("outbox", "drop", "1", "--name", "w").err()).contains("no worker answers in");
    }
    assertThat(Journal.entries(file)).hasSize(2);
  }

  @Test
  void withoutAJournalThereIsNothing() {
    assertThat(alone("outbox", "list", "--name", "none", "--json").out().strip()).isEqualTo("[ ]");
  }
}
