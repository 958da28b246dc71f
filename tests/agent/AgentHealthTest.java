package tests.agent;

import module java.base;
import static org.assertj.core.api.Assertions.assertThat;

import lib.agent.AgentHealth.Closed;
import lib.agent.AgentHealth.Ended;
import lib.agent.AgentHealth.HalfOpen;
import lib.agent.AgentHealth.Open;
import lib.agent.AgentHealth;
import org.junit.jupiter.api.Test;

/** A broken agent does not fail the whole queue; nothing that a person or a provider did counts against it. */
class AgentHealthTest {
  private static final Ended FAST = new Ended(Duration.ofSeconds(1), "agent-error", false, "no such model\nand more");
  private static final Ended GOOD = new Ended(Duration.ofSeconds(5), null, true, null);
  private static final long NOW = 7;

  private static AgentHealth after(AgentHealth health, Ended... ends) {
    for (var end : ends) {
      health = health.after(end, NOW);
    }
    return health;
  }

  @Test
  void opensAfterThreeFastFailuresInARow() {
    assertThat(after(AgentHealth.UNTESTED, FAST, FAST)).isEqualTo(new Closed(2));
    assertThat(after(AgentHealth.UNTESTED, FAST, FAST, FAST)).isInstanceOfSatisfying(Open.class, open -> {
      assertThat(open.why()).contains("3 tasks in a row").endsWith("no such model");
      assertThat(open.until()).isEqualTo(NOW + Duration.ofMinutes(1).toNanos());
    });
  }

  @Test
  void countsFromZeroAgainAfterASuccessOrASlowFailure() {
    var slow = new Ended(Duration.ofMinutes(1), "agent-error", false, "late");
    var talking = new Ended(Duration.ofSeconds(1), "agent-error", true, "half of it");
    for (var end : List.of(GOOD, slow, talking)) {
      assertThat(after(AgentHealth.UNTESTED, FAST, FAST, end)).isEqualTo(AgentHealth.UNTESTED);
    }
  }

  @Test
  void ignoresWhatAPersonOrAProviderDid() {
    for (var reason : List.of("cancelled", "limit", "drained", "needs-approval")) {
      var end = new Ended(Duration.ofSeconds(1), reason, false, "");
      assertThat(after(AgentHealth.UNTESTED, FAST, end)).as(reason).isEqualTo(new Closed(1));
    }
  }

  @Test
  void opensForTwiceAsLongWhenTheFirstTaskAfterAProbeFails() {
    var open = (Open) after(AgentHealth.UNTESTED, FAST, FAST, FAST);
    var worse = (Open) AgentHealth.afterProbe(open, "exit code 1", NOW);
    assertThat(worse.why()).contains("does not work: exit code 1");
    assertThat(Duration.ofNanos(worse.until() - NOW)).isEqualTo(Duration.ofMinutes(2));
    var half = AgentHealth.afterProbe(worse, null, NOW);
    assertThat(half).isInstanceOf(HalfOpen.class);
    assertThat(after(half, GOOD)).isEqualTo(AgentHealth.UNTESTED);
    assertThat(after(half, FAST)).isInstanceOfSatisfying(Open.class, again -> {
      assertThat(again.why()).contains("the first task after its probe");
      assertThat(Duration.ofNanos(again.until() - NOW)).isEqualTo(Duration.ofMinutes(4));
    });
  }

  @Test
  void isNeverOpenForMoreThanHalfAnHour() {
    AgentHealth health = after(AgentHealth.UNTESTED, FAST, FAST, FAST);
    for (var i = 0; i < 10; i++) {
      health = AgentHealth.afterProbe((Open) health, "no", NOW);
    }
    assertThat(Duration.ofNanos(((Open) health).until() - NOW)).isEqualTo(Duration.ofMinutes(30));
  }

  @Test
  void staysOpenWhateverTasksThatRanBeforeEndLike() {
    var open = after(AgentHealth.UNTESTED, FAST, FAST, FAST);
    assertThat(after(open, GOOD, FAST)).isEqualTo(open);
  }
}
