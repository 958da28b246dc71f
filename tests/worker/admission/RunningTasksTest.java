package tests.worker.admission;

import module java.base;
import static org.assertj.core.api.Assertions.assertThat;

import lib.core.Json;
import lib.worker.admission.RunningTasks;
import lib.worker.admission.StopRequest.Cause;
import lib.worker.admission.StopRequest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import tests.FakeTime;
import tests.worker.MadeWorker;

/** Each running task has one place, and the strongest request ends it. */
class RunningTasksTest {
  @TempDir
  private Path folder;

  private static StopRequest request(Cause cause) {
    return new StopRequest(cause, "somebody", cause.name());
  }

  private RunningTasks tasks() {
    var time = new FakeTime();
    return new RunningTasks(MadeWorker.alone(folder, time).settings(), time);
  }

  @Test
  void givesATaskOnePlaceAndNamesTheHolderOfADirectory() {
    var tasks = tasks();
    var place = tasks.add(MadeWorker.task("a"), Path.of("/code"));
    assertThat(tasks.add(MadeWorker.task("a"), Path.of("/other"))).isNull();
    assertThat(tasks.holders()).containsOnlyKeys(Path.of("/code")).containsValue("task a");
    tasks.remove(place);
    assertThat(tasks.holders()).isEmpty();
  }

  @Test
  void countsFreeSlotsFromTheSettingUntilAPersonSaysOtherwise() {
    var tasks = tasks();
    tasks.add(MadeWorker.task("a"), null);
    assertThat(tasks.free()).isEqualTo(tasks.slots() - 1);
    tasks.slots(1);
    assertThat(tasks.free()).isZero();
    tasks.add(MadeWorker.task("b"), null);
    assertThat(tasks.free()).isEqualTo(-1);
  }

  @Test
  void namesClaimedTasksOnly() {
    var tasks = tasks();
    tasks.add(MadeWorker.task("waits"), null);
    tasks.add(MadeWorker.task("runs"), null).claimed(MadeWorker.attempt("runs", 3, 900, Instant.EPOCH));
    assertThat(tasks.attemptNumbers()).containsOnlyKeys("runs").containsValue(3);
    var json = Json.object();
    tasks.status(json);
    assertThat(json.path("slots").path("taken").asInt()).isEqualTo(2);
    assertThat(json.path("running").findValuesAsText("step")).containsExactlyInAnyOrder("claiming", "running");
  }

  @Test
  void letsTheStrongestRequestWinInWhateverOrderTheyCome() {
    for (var first : Cause.values()) {
      for (var second : Cause.values()) {
        var place = tasks().add(MadeWorker.task("a"), null);
        assertThat(place.stop(request(first))).isTrue();
        var stronger = second.ordinal() < first.ordinal();
        assertThat(place.stop(request(second))).as("%s after %s", second, first).isEqualTo(stronger);
        assertThat(place.stopRequest()).map(StopRequest::cause).contains(stronger ? second : first);
      }
    }
  }

  @Test
  void refusesAStopOfATaskThatDoesNotRunHere() {
    assertThat(tasks().stop("nowhere", request(Cause.CANCELLED))).isFalse();
  }
}
