package tests.worker.admission;

import module java.base;
import static org.assertj.core.api.Assertions.assertThat;

import lib.core.Json;
import lib.protocol.Task;
import lib.worker.admission.UsageLimits;
import org.junit.jupiter.api.Test;
import tests.FakeTime;

/** A provider that refuses gets no task until the given time, and no loop of retries. */
class UsageLimitsTest {
  private final FakeTime time = new FakeTime();
  private final UsageLimits limits = new UsageLimits(time);

  private Duration refused(Duration given) {
    return Duration.between(time.now(), limits.refused("p", Optional.ofNullable(given)));
  }

  private static Duration minutes(int n) {
    return Duration.ofMinutes(n);
  }

  @Test
  void pausesOneProviderUntilTheGivenTime() {
    assertThat(refused(minutes(90))).isEqualTo(minutes(90));
    assertThat(limits.paused()).containsOnlyKeys("p").containsEntry("p", Instant.EPOCH.plus(minutes(90)));
    time.advance(minutes(90));
    assertThat(limits.paused()).isEmpty();
  }

  @Test
  void lengthensThePauseWhenNoTimeIsGiven() {
    for (var expected : new int[] {5, 10, 20, 40, 60, 60}) {
      assertThat(refused(null)).isEqualTo(minutes(expected));
      time.advance(minutes(expected));
    }
    limits.served("p");
    assertThat(refused(null)).isEqualTo(minutes(5));
  }

  @Test
  void countsOneRefusalWhenSeveralTasksMeetOneLimit() {
    assertThat(refused(null)).isEqualTo(minutes(5));
    time.advance(minutes(1));
    assertThat(refused(Duration.ofSeconds(2))).isEqualTo(minutes(4));
    assertThat(refused(minutes(30))).isEqualTo(minutes(30));
    time.advance(minutes(30));
    assertThat(refused(null)).isEqualTo(minutes(10));
  }

  @Test
  void distrustsAGivenTimeWhenItDidNotHold() {
    assertThat(refused(Duration.ZERO)).isEqualTo(Duration.ofSeconds(1));
    time.advance(Duration.ofSeconds(1));
    assertThat(refused(Duration.ZERO)).isEqualTo(minutes(5));
    time.advance(minutes(5));
    assertThat(refused(minutes(-3))).isEqualTo(minutes(10));
  }

  @Test
  void cutsAnUnreasonableTime() {
    assertThat(refused(Duration.ofDays(4000))).isEqualTo(Duration.ofDays(8));
  }

  @Test
  void keepsThePauseWhenATaskWasServed() {
    limits.refused("p", Optional.of(minutes(10)));
    limits.served("p");
    assertThat(limits.paused()).containsKey("p");
  }

  @Test
  void takesTheProviderFromTheModel() {
    assertThat(UsageLimits.provider(task("anthropic/claude-x"))).isEqualTo("anthropic");
    assertThat(UsageLimits.provider(task("openai:gpt-x"))).isEqualTo("openai");
    assertThat(UsageLimits.provider(task(null))).isEqualTo(UsageLimits.provider(task(null)));
  }

  private static Task task(String model) {
    return Task.read(Json.object().put("id", "t").put("model", model)).orElseThrow();
  }
}
