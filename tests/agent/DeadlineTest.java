package tests.agent;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import lib.agent.AttemptFolder;
import lib.agent.Deadline;
import lib.config.Json;
import lib.config.Time;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import tests.FakeTime;

/** The total time is the worker's to measure; the supervisor's deadline is for an agent without a worker. */
class DeadlineTest {
  @TempDir
  Path state;

  private final FakeTime awake = new FakeTime();
  private Duration slept = Duration.ZERO;
  private AttemptFolder folder;

  /** A machine whose wall clock alone goes on while it sleeps. */
  private final Time time = new Time() {
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
    folder = AttemptFolder.of(state, "t", 1);
    folder.prepare("prompt", Json.object());
    folder.deadline(Duration.ofSeconds(1));
  }

  @Test
  void itIsOverWhenTheTimeAwakeIsUsedUp() throws IOException {
    var deadline = new Deadline(folder, Duration.ofMinutes(10), time);
    slept = Duration.ofHours(8);
    deadline.renew();
    awake.advance(Duration.ofSeconds(599));
    assertThat(deadline.over()).isFalse();
    awake.advance(Duration.ofSeconds(1));
    assertThat(deadline.over()).isTrue();
  }

  @Test
  void afterASleepTheSupervisorIsPutOff() throws IOException {
    var deadline = new Deadline(folder, Duration.ofMinutes(10), time);
    awake.advance(Duration.ofMinutes(4));
    deadline.renew();
    assertThat(folder.left().orElseThrow()).isLessThanOrEqualTo(Duration.ofSeconds(1));
    slept = Duration.ofHours(8);
    deadline.renew();
    assertThat(folder.left().orElseThrow()).isBetween(Duration.ofMinutes(6).plus(Deadline.LEAD).minusSeconds(5),
        Duration.ofMinutes(6).plus(Deadline.LEAD));
    Files.delete(folder.file("deadline"));
    deadline.renew();
    assertThat(folder.left()).as("once for each sleep").isEmpty();
  }
}
