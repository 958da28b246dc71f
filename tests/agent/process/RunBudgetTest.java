package tests.agent.process;

import module java.base;
import static org.assertj.core.api.Assertions.assertThat;

import lib.agent.process.AttemptDirectory;
import lib.agent.process.RunBudget;
import lib.core.Clock;
import lib.core.Json;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import tests.FakeTime;

/** The total time is the worker's to measure; the supervisor's deadline is for an agent without a worker. */
class RunBudgetTest {
  @TempDir
  Path state;

  private final FakeTime awake = new FakeTime();
  private Duration slept = Duration.ZERO;
  private AttemptDirectory folder;

  /** A machine whose wall clock alone goes on while it sleeps. */
  private final Clock time = new Clock() {
    @Override
    public Instant now() {
      return awake.now().plus(slept);
    }

    @Override
    public long nanos() {
      return awake.nanos();
    }

    @Override
    public void sleep(Duration duration) throws InterruptedException {
      awake.sleep(duration);
    }
  };

  @BeforeEach
  void prepare() throws IOException {
    folder = AttemptDirectory.of(state, "t", 1);
    folder.writeInputs("prompt", Json.object(), Json.object());
    RunBudget.write(folder, Duration.ofSeconds(1));
  }

  @Test
  void isExceededWhenTheTimeAwakeIsUsedUp() throws IOException {
    var deadline = new RunBudget(folder, Duration.ofMinutes(10), time);
    slept = Duration.ofHours(8);
    deadline.extendAfterSleep();
    awake.advance(Duration.ofSeconds(599));
    assertThat(deadline.isExceeded()).isFalse();
    awake.advance(Duration.ofSeconds(1));
    assertThat(deadline.isExceeded()).isTrue();
  }

  @Test
  void extendsTheSupervisorsDeadlineOnceForEachSleep() throws IOException {
    var deadline = new RunBudget(folder, Duration.ofMinutes(10), time);
    awake.advance(Duration.ofMinutes(4));
    deadline.extendAfterSleep();
    assertThat(RunBudget.read(folder).orElseThrow()).isLessThanOrEqualTo(Duration.ofSeconds(1));
    slept = Duration.ofHours(8);
    deadline.extendAfterSleep();
    assertThat(RunBudget.read(folder).orElseThrow()).isBetween(Duration.ofMinutes(6).minusSeconds(5), Duration.ofMinutes(6));
    Files.delete(folder.file("deadline"));
    deadline.extendAfterSleep();
    assertThat(RunBudget.read(folder)).as("once for each sleep").isEmpty();
  }

  @Test
  void doesNotCountTheWaitForADirectory() throws IOException {
    var deadline = new RunBudget(folder, Duration.ofMinutes(10), time);
    awake.advance(Duration.ofMinutes(9));
    deadline.restart(Duration.ofMinutes(10));
    awake.advance(Duration.ofSeconds(599));
    assertThat(deadline.isExceeded()).isFalse();
    assertThat(RunBudget.read(folder).orElseThrow()).as("the supervisor's").isBetween(Duration.ofMinutes(10).minusSeconds(5), Duration.ofMinutes(10));
    awake.advance(Duration.ofSeconds(1));
    assertThat(deadline.isExceeded()).isTrue();
  }
}
