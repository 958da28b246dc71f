package tests.protocol;

import module java.base;
import static org.assertj.core.api.Assertions.assertThat;

import lib.protocol.Timestamps;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.NullAndEmptySource;
import org.junit.jupiter.params.provider.ValueSource;

/** A time means the same instant however a server spells it; one that cannot be read is none. */
class TimestampsTest {

  @ParameterizedTest
  @CsvSource({
      "2026-11-23T23:17:31.902008, 2026-11-23T23:17:31.902008Z",
      "2026-11-23T23:17:31, 2026-11-23T23:17:31Z",
      "2026-11-23T23:17:31.902008+00:00, 2026-11-23T23:17:31.902008Z",
      "2026-11-23T23:17:31Z, 2026-11-23T23:17:31Z",
      "2026-11-23T23:17:31.902008Z, 2026-11-23T23:17:31.902008Z",
      "2026-11-23T23:17:31+02:00, 2026-11-23T21:17:31Z",
      "2026-11-23T23:17:31-0530, 2026-11-24T04:47:31Z",
      "2026-11-23 23:17:31.902008+00:00, 2026-11-23T23:17:31.902008Z",
      "2026-11-23 23:17:31, 2026-11-23T23:17:31Z",
      "' 2026-11-23T23:17:31Z ', 2026-11-23T23:17:31Z"})
  void everySpellingIsTheSameInstant(String text, Instant instant) {
    assertThat(Timestamps.parse(text)).isEqualTo(instant);
  }

  @ParameterizedTest
  @NullAndEmptySource
  @ValueSource(strings = {"yesterday", "2026-13-01T00:00:00", "2026-11-23", "1764000000", "2026-11-23T23:17:31+99:00"})
  void whatIsNoTimeIsNone(String text) {
    assertThat(Timestamps.parse(text)).isNull();
  }
}
