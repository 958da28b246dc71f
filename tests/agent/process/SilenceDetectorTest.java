package tests.agent.process;

import module java.base;
import static org.assertj.core.api.Assertions.assertThat;

import lib.agent.process.ProcessActivity.Used;
import lib.agent.process.ProcessActivity;
import lib.agent.process.Silence.LastEvent;
import lib.agent.process.Silence;
import lib.agent.process.SilenceDetector;
import org.junit.jupiter.api.Test;
import tests.FakeTime;

/** Silence is measured from the last word or the last work on, and only while somebody listens. */
class SilenceDetectorTest {
  private static final Map<String, Duration> BUDGETS = Map.of("lingering", Duration.ofSeconds(10), "asking", Duration.ZERO,
      "limited", Duration.ofSeconds(120), "thinking", Duration.ofSeconds(3600), "dead", Duration.ofSeconds(900));
  private static final Duration TICK = Duration.ofMillis(500);

  private final FakeTime time = new FakeTime();
  private Used used = new Used(0, 0);
  private boolean connected;
  private int looks;
  private Runnable work = () -> { };
  private final SilenceDetector listening = new SilenceDetector(BUDGETS, () -> {
    looks++;
    work.run();
    return new ProcessActivity(Map.of(7L, used), connected);
  }, time);

  private Optional<Silence> listen(Duration howLong, long lines, LastEvent last) {
    var over = Optional.<Silence>empty();
    for (var passed = Duration.ZERO; passed.compareTo(howLong) < 0 && over.isEmpty(); passed = passed.plus(TICK)) {
      time.advance(TICK);
      over = listening.observe(lines, last, Duration.ZERO);
    }
    return over;
  }

  @Test
  void anAgentThatDoesNothingIsDeadAfterItsBudget() {
    assertThat(listen(Duration.ofSeconds(899), 1, LastEvent.OTHER)).isEmpty();
    assertThat(listen(Duration.ofSeconds(2), 1, LastEvent.OTHER)).contains(Silence.DEAD);
  }

  @Test
  void startsOverAtEveryEvent() {
    assertThat(listen(Duration.ofSeconds(899), 1, LastEvent.OTHER)).isEmpty();
    assertThat(listen(Duration.ofSeconds(899), 2, LastEvent.OTHER)).isEmpty();
    assertThat(listen(Duration.ofSeconds(9), 3, LastEvent.RESULT)).isEmpty();
    assertThat(listen(Duration.ofSeconds(2), 3, LastEvent.RESULT)).contains(Silence.LINGERING);
  }

  @Test
  void workIsThinkingAndHasTheLongBudget() {
    work = () -> used = new Used(used.ticks() + 100, 0); // a second of CPU in each five
    assertThat(listen(Duration.ofSeconds(3599), 1, LastEvent.OTHER)).isEmpty();
    assertThat(listen(Duration.ofSeconds(2), 1, LastEvent.OTHER)).contains(Silence.THINKING);
  }

  @Test
  void anOpenConnectionIsThinking() {
    connected = true;
    assertThat(listen(Duration.ofSeconds(3599), 1, LastEvent.OTHER)).isEmpty();
    connected = false;
    assertThat(listen(Duration.ofSeconds(2), 1, LastEvent.OTHER)).contains(Silence.THINKING);
  }

  @Test
  void readingAndWritingIsThinking() {
    work = () -> used = new Used(0, used.bytes() + (5 << 20));
    assertThat(listen(Duration.ofSeconds(1800), 1, LastEvent.OTHER)).isEmpty();
  }

  @Test
  void aLoopThatOnlyWaitsIsDead() {
    work = () -> used = new Used(used.ticks() + 11, used.bytes() + 677_000); // measured: twenty sleeps a second, in five seconds
    assertThat(listen(Duration.ofSeconds(901), 1, LastEvent.OTHER)).contains(Silence.DEAD);
  }

  @Test
  void onceTheWorkEndsTheShortBudgetBegins() {
    connected = true;
    assertThat(listen(Duration.ofSeconds(600), 1, LastEvent.OTHER)).isEmpty();
    connected = false;
    assertThat(listen(Duration.ofSeconds(890), 1, LastEvent.OTHER)).isEmpty();
    assertThat(listen(Duration.ofSeconds(20), 1, LastEvent.OTHER)).contains(Silence.DEAD);
  }

  @Test
  void timeInWhichNobodyLookedIsNoSilence() {
    assertThat(listen(Duration.ofSeconds(600), 1, LastEvent.OTHER)).isEmpty();
    time.advance(Duration.ofHours(10)); // the lid was closed
    assertThat(listen(Duration.ofSeconds(290), 1, LastEvent.OTHER)).isEmpty();
    assertThat(listen(Duration.ofSeconds(20), 1, LastEvent.OTHER)).contains(Silence.DEAD);
  }

  @Test
  void processesAreLookedAtSeldomAndOnlyWhenWordsDoNotTell() {
    listen(Duration.ofSeconds(4), 1, LastEvent.OTHER);
    assertThat(looks).isZero();
    listen(Duration.ofSeconds(60), 1, LastEvent.OTHER);
    assertThat(looks).isBetween(11, 13);
    listen(Duration.ofSeconds(60), 2, LastEvent.LIMIT);
    assertThat(looks).isLessThan(14);
  }
}
