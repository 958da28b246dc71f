package tests.journal;

import module java.base;
import static org.assertj.core.api.Assertions.assertThat;

import java.sql.DriverManager;
import lib.config.Codebase;
import lib.journal.Attempt.State;
import lib.journal.Attempt;
import lib.journal.Journal;
import lib.protocol.CodebaseInfo;
import lib.protocol.TaskReport;
import lib.protocol.TaskStatus;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import tests.worker.MadeWorker;

/** The next process knows what was intended, what was done and what waits. */
class JournalTest {
  private static final Instant NOW = Instant.parse("2026-01-01T00:00:00Z");

  @TempDir
  Path temp;

  @Test
  void knowsAnAttemptWithItsReportsAcrossStarts() throws Exception {
    try (var journal = open()) {
      var intent = journal.insertIntent(draft(journal, "t1"));
      assertThat(intent.n()).isEqualTo(1);
      var claimed = journal.claimed(intent, 3, 900, TaskReport.running("t1", "w", null, 3), NOW);
      assertThat(claimed.fence()).isEqualTo(3);
      journal.session(claimed, "ses_1");
      journal.ended(claimed, "{}", new TaskReport("t1", "w", TaskStatus.FAILED, "ses_1", "text", "why", 3), false, NOW);
    }
    try (var journal = open()) {
      assertThat(journal.open()).singleElement().satisfies(attempt -> {
        assertThat(attempt.state()).isEqualTo(State.ENDED);
        assertThat(attempt.sessionId()).isEqualTo("ses_1");
        assertThat(attempt.codebase()).isEqualTo(Path.of("/c"));
        assertThat(attempt.fence()).isEqualTo(3);
      });
      assertThat(journal.latest("t1")).map(Attempt::marker).contains(MadeWorker.task("t1").marker());
    }
  }

  @Test
  void sumsWhatEarlierAttemptsTookOfASession() throws Exception {
    try (var journal = open()) {
      for (var task : List.of("t1", "t2", "t3")) {
        var attempt = journal.claimed(journal.insertIntent(draft(journal, task)), 0, 0, null, NOW);
        journal.session(attempt, task.equals("t3") ? "ses_2" : "ses_1");
        journal.ended(attempt, "{\"tokens_in\":10,\"tokens_out\":2,\"cost\":0.25}", new TaskReport(task, "w", TaskStatus.COMPLETED, null, "", null, 0), false, NOW);
      }
      assertThat(journal.spent("ses_1", journal.latest("t1").orElseThrow())).isEqualTo(new Journal.Spent(0, 0, 0));
      assertThat(journal.spent("ses_1", journal.latest("t3").orElseThrow())).isEqualTo(new Journal.Spent(20, 4, 0.5));
    }
  }

  @Test
  void anIntentAloneIsNoAttemptAndLeavesNothingBehindWhenItsClaimIsLost() throws Exception {
    try (var journal = open()) {
      var intent = journal.insertIntent(draft(journal, "t1"));
      assertThat(journal.latest("t1")).isEmpty();
      assertThat(journal.open()).hasSize(1);
      assertThat(journal.next("t1")).isEqualTo(2);
      assertThat(journal.next("t2")).isEqualTo(1);
      journal.deleteIntent(intent);
      assertThat(journal.open()).isEmpty();
    }
  }

  @Test
  void dropsWaitingReportsWhenTheAttemptIsOver() throws Exception {
    try (var journal = open()) {
      var claimed = journal.claimed(journal.insertIntent(draft(journal, "t1")), 0, 0, TaskReport.running("t1", "w", null, 0), NOW);
      journal.over(claimed, "{}", NOW);
    }
    try (var database = DriverManager.getConnection("jdbc:sqlite:" + temp.resolve("journal.db")); var select = database.createStatement();
        var states = select.executeQuery("SELECT state FROM outgoing")) {
      assertThat(states.next()).isTrue();
      assertThat(states.getString(1)).isEqualTo("DROPPED");
    }
  }

  @Test
  void foldersRegisteredAtRunTimeAreKeptForTheirServer() throws Exception {
    try (var journal = open()) {
      journal.saveCodebase("s1", new CodebaseInfo("cb1", "name", "/p", "w"), "about", NOW);
      journal.saveCodebase("s1", new CodebaseInfo("cb2", "renamed", "/p", "w"), "about", NOW);
    }
    try (var journal = open()) {
      assertThat(journal.savedCodebases("s1")).containsExactly(new Codebase("renamed", Path.of("/p"), "about"));
      assertThat(journal.savedCodebases("s2")).isEmpty();
    }
  }

  private Journal open() {
    return Journal.open(temp.resolve("journal.db"));
  }

  private static Attempt draft(Journal journal, String taskId) throws Exception {
    return Attempt.draft("s1", "w", MadeWorker.task(taskId), journal.next(taskId), Path.of("/c"), NOW);
  }
}
