package tests.program;

import module java.base;
import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

/** {@code tests/chaos.java} can repeat a run. */
class ChaosTest {
  @Test
  void placesTheSameFaultsWhenTheSeedIsTheSame() {
    assertThat(faults(7, 1)).isEqualTo(faults(7, 1)).isNotEqualTo(faults(8, 1)).isNotEqualTo(faults(7, 2));
  }

  private static List<String> faults(long seed, int worker) {
    var schedule = new Schedule(seed, worker, true);
    return Stream.generate(schedule::next).limit(100).map(Schedule.Fault::toString).toList();
  }
}
