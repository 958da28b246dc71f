package tests.worker.recovery;

import module java.base;
import static org.assertj.core.api.Assertions.assertThat;

import lib.agent.process.AttemptDirectory;
import lib.core.Json;
import lib.journal.Attempt;
import lib.protocol.TaskReport;
import lib.protocol.TaskStatus;
import lib.worker.recovery.Retention;
import org.junit.jupiter.api.Test;
import tests.FakeTime;
import tests.worker.MadeWorker;

/** Finished attempts are kept for a while and then removed; unfinished ones are kept. */
class RetentionTest extends MadeWorker {
  private static final Duration KEEP = Duration.ofDays(14);
  private final FakeTime time = new FakeTime();

  private Attempt attempt(String task, int bytes) throws Exception {
    var draft = Attempt.draft("s", "w", task(task), journal.next(task), Path.of("/c"), time.now());
    folder(task).writeInputs("", Json.object(), draft.toJson());
    Files.write(folder(task).file("out"), new byte[bytes]);
    return journal.claimed(journal.insertIntent(draft), 1, 0, null, time.now());
  }

  private void ended(Attempt attempt, boolean pending) throws Exception {
    if (pending) {
      journal.ended(attempt, "{}", new TaskReport(attempt.taskId(), "w", TaskStatus.COMPLETED, null, null, null, 1), false, time.now());
    } else {
      journal.over(attempt, "{}", time.now());
    }
  }

  private AttemptDirectory folder(String task) {
    return AttemptDirectory.of(folder, task, 1);
  }

  private void sweep(String most) throws Exception {
    new Retention(of(null, null, folder, journal, time, Map.of("A2A_KEEP_BYTES", most))).sweep();
  }

  @Test
  void removesFilesAndRecordAfterKeepDays() throws Exception {
    ended(attempt("t", 10), false);
    time.advance(KEEP);
    sweep("1024GiB");
    assertThat(folder("t").path()).exists();
    assertThat(journal.latest("t")).isPresent();
    time.advance(Duration.ofSeconds(1));
    sweep("1024GiB");
    assertThat(folder("t").path().getParent()).doesNotExist();
    assertThat(journal.latest("t")).isEmpty();
  }

  @Test
  void keepsUndeliveredAndUnfinishedAttempts() throws Exception {
    ended(attempt("pending", 2_000_000), true);
    attempt("runs", 2_000_000);
    time.advance(KEEP.multipliedBy(10));
    sweep("1MiB");
    for (var task : List.of("pending", "runs")) {
      assertThat(folder(task).path()).exists();
      assertThat(journal.latest(task)).isPresent();
    }
  }

  @Test
  void removesTheOldestFilesButNoRecordWhenAllAreTooLarge() throws Exception {
    for (var task : List.of("first", "second", "third")) {
      ended(attempt(task, 1_000_000), false);
      time.advance(Duration.ofMinutes(1));
    }
    sweep("2500KiB");
    assertThat(folder("first").path()).doesNotExist();
    assertThat(folder("second").path()).exists();
    assertThat(folder("third").path()).exists();
    assertThat(journal.latest("first")).as("a repeated announcement is still recognised").isPresent();
  }
}
