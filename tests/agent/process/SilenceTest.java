package tests.agent.process;

import module java.base;
import static org.assertj.core.api.Assertions.assertThat;

import lib.agent.process.Silence.LastEvent;
import lib.agent.process.Silence.Observation;
import lib.agent.process.Silence;
import lib.config.SettingsTable;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;

/** P8: each kind of silence ends after its own budget, and no other's. */
class SilenceTest {
  private static final Map<String, Duration> USUAL = SettingsTable.SILENCE.fallback().value().apply(null);

  @ParameterizedTest
  @CsvSource(textBlock = """
      # last,    quiet, still, limit, what is over
      RESULT,        9,     9,     0,
      RESULT,       10,     0,     0, LINGERING
      QUESTION,      0,     0,     0, ASKING
      LIMIT,       119,   119,     0,
      LIMIT,       120,     0,     0, LIMITED
      LIMIT,         1,     1,    30,
      LIMIT,         0,     0,   121, LIMITED
      OTHER,       899,   899,     0,
      OTHER,       900,   900,     0, DEAD
      OTHER,      3599,     5,     0,
      OTHER,      3600,     5,     0, THINKING
      OTHER,      3600,   900,     0, DEAD
      OTHER,         0,     0,  9999,
      """)
  void eachKindHasItsBudget(LastEvent last, int quiet, int still, int limit, Silence over) {
    assertThat(Silence.over(new Observation(last, Duration.ofSeconds(quiet), Duration.ofSeconds(still), Duration.ofSeconds(limit)), USUAL))
        .isEqualTo(Optional.ofNullable(over));
  }

  @ParameterizedTest
  @EnumSource
  void everyKindIsInTheTable(Silence kind) {
    assertThat(USUAL).containsKey(kind.word()).hasSize(Silence.values().length);
  }
}
