package tests.worker.admission;

import module java.base;
import static org.assertj.core.api.Assertions.assertThat;

import lib.core.Json;
import lib.journal.Attempt;
import lib.protocol.Task;
import lib.worker.Explanation;
import lib.worker.admission.Decision.Outcome;
import lib.worker.admission.Decision.RuleResult;
import lib.worker.admission.Decision;
import lib.worker.admission.DecisionLog;
import lib.worker.admission.RunningTasks;
import lib.worker.admission.StopRequest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import tests.FakeTime;
import tests.worker.MadeWorker;

/** A person who asks why gets one answer, and it is true. */
class ExplanationTest {
  private static final Attempt ATTEMPT = MadeWorker.attempt("t", 1, 0, Instant.EPOCH);

  @TempDir
  private Path folder;

  private static Explanation of(String status, Attempt attempt, Outcome outcome, String reason) {
    var task = Task.read(Json.object().put("id", "t").put("status", status).put("worker_id", "other")).orElseThrow();
    return new Explanation("t", null, null, attempt, task, null,
        new Decision(List.of(new RuleResult("rule", outcome, reason)), null));
  }

  @Test
  void saysWhereTheTaskIs() {
    assertThat(of("completed", ATTEMPT, Outcome.REJECT, "x").verdict()).isEqualTo("it has ended: completed, after attempt 1 here");
    assertThat(of("cancelled", null, Outcome.REJECT, "x").verdict()).isEqualTo("it has ended: cancelled");
    assertThat(of("running", null, Outcome.REJECT, "x").verdict()).isEqualTo("it runs at worker other");
    assertThat(of("pending", null, Outcome.ADMIT, "").verdict()).isEqualTo("it may run here and is next");
    assertThat(of("pending", null, Outcome.WAIT, "full").verdict()).isEqualTo("it waits: rule: full");
    assertThat(of("pending", null, Outcome.REJECT, "not ours").verdict()).isEqualTo("this worker does not take it: rule: not ours");
    var unknown = new Explanation("t", null, null, null, null, "the server knows no such task", null);
    assertThat(unknown.verdict()).isEqualTo("the server knows no such task");
    assertThat(unknown.toJson().path("problem").asText()).isEqualTo(unknown.verdict());
  }

  @Test
  void saysOfARunningTaskThatItRunsWhateverTheServerSays() {
    var time = new FakeTime();
    var place = new RunningTasks(MadeWorker.alone(folder, time).settings(), time).add(MadeWorker.task("t"), Path.of("/code"));
    var asked = new Explanation("t", place, null, null, null, "no answer", null);
    assertThat(asked.verdict()).isEqualTo("this worker is claiming it, in /code");
    place.claimed(ATTEMPT);
    assertThat(asked.verdict()).isEqualTo("it runs here, attempt 1, in /code");
    place.stop(new StopRequest(StopRequest.Cause.CANCELLED, "Ann", "enough"));
    assertThat(asked.verdict()).isEqualTo("it runs here, attempt 1, in /code, and is being ended by Ann: enough");
  }

  @Test
  void tellsEachRuleInTheDocumentedWords() {
    var json = of("pending", ATTEMPT, Outcome.REJECT, "no").toJson();
    assertThat(json.path("now").path("say").asText()).isEqualTo("no");
    assertThat(json.path("now").path("rules").path(0).path("say").asText()).isEqualTo("no");
    assertThat(json.path("attempt").path("n").asInt()).isEqualTo(1);
    assertThat(json.path("running").asBoolean()).isFalse();
    assertThat(of("pending", null, Outcome.ADMIT, "").toJson().path("now").path("say").asText()).isEqualTo("yes");
    assertThat(of("pending", null, Outcome.WAIT, "").toJson().path("now").path("say").asText()).isEqualTo("wait");
  }

  @Test
  void keepsTheLast500DecisionsAndSinceWhenEachHolds() {
    var log = new DecisionLog();
    var waits = new Decision(List.of(new RuleResult("slot", Outcome.WAIT, "full")), null);
    for (var i = 0; i <= 500; i++) {
      log.note(MadeWorker.task("t" + i), waits, Instant.ofEpochSecond(i));
    }
    assertThat(log.find("t0")).isEmpty();
    log.note(MadeWorker.task("t1"), waits, Instant.ofEpochSecond(9999));
    assertThat(log.find("t1")).map(DecisionLog.Made::since).contains(Instant.ofEpochSecond(1));
    log.note(MadeWorker.task("t1"), new Decision(List.of(), null), Instant.ofEpochSecond(9999));
    assertThat(log.find("t1")).map(DecisionLog.Made::since).contains(Instant.ofEpochSecond(9999));
  }
}
