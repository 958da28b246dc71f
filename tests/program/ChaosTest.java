package tests.program;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** The short form of {@code tests/chaos.java}: under any mixture of kills and cuts, every task ends once and arrives whole. */
class ChaosTest {
  @TempDir
  private Path home;

  @Test
  @Timeout(240) // it settles long before; a task that does not appears in the message
  void completesEachTaskOnceAndWholeUnderKillsAndCuts() throws Exception {
    var said = new ByteArrayOutputStream();
    try (var chaos = new Chaos(new Chaos.Plan(7, Duration.ofSeconds(40), 60, 2, false), home, new PrintStream(said, true))) {
      var wrong = chaos.run();
      assertThat(wrong).as(said.toString()).isEmpty();
      assertThat(chaos.made()).as("tasks, else nothing was tried").isGreaterThan(30);
    }
  }

  @Test
  void placesTheSameFaultsWhenTheSeedIsTheSame() {
    assertThat(faults(7, 1)).isEqualTo(faults(7, 1)).isNotEqualTo(faults(8, 1)).isNotEqualTo(faults(7, 2));
  }

  private static List<String> faults(long seed, int worker) {
    var schedule = new Schedule(seed, worker, true);
    return Stream.generate(schedule::next).limit(100).map(Schedule.Fault::toString).toList();
  }
}
