package tests.worker.admission;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import lib.agent.AgentProbe;
import lib.wire.TaskStatus;
import lib.worker.admission.AgentBreaker;
import lib.worker.attempt.Verdict;
import org.junit.jupiter.api.Test;
import tests.FakeTime;

/** A broken agent does not burn the queue, and comes back by itself once it works. */
class AgentBreakerTest {
  private static final Path AGENT = Path.of("/bin/agent");
  private final FakeTime time = new FakeTime();
  private final List<AgentProbe> probes = new ArrayList<>();
  private final AtomicInteger lifted = new AtomicInteger();
  private final AgentBreaker quarantine = new AgentBreaker(path -> probes.removeFirst(), this::freed, time);

  private AgentBreaker replaced;

  /** Ends the loop at the end of its first turn that lifts it. */
  private void freed() {
    lifted.incrementAndGet();
    Thread.currentThread().interrupt();
  }

  private static AgentBreaker.Ended failed(String reason, Duration took, String said) {
    return new Verdict(TaskStatus.FAILED, reason, said, "no such model", null, new Verdict.Facts(took, 0, 0, 0, List.of()), null)
        .forBreaker();
  }

  private void fail() {
    quarantine.ended(AGENT, failed("agent-error", Duration.ofSeconds(1), null));
  }

  private void succeed() {
    quarantine.ended(AGENT, new Verdict(TaskStatus.COMPLETED, null, "done", null, null,
        new Verdict.Facts(Duration.ofSeconds(5), 0, 0, 0, List.of()), null).forBreaker());
  }

  @Test
  void threeFastFailuresInARowShutItIn() {
    fail();
    fail();
    assertThat(quarantine.why(AGENT)).isNull();
    fail();
    assertThat(quarantine.why(AGENT)).contains("/bin/agent", "3 tasks in a row", "no such model");
    assertThat(quarantine.why(Path.of("/bin/other"))).isNull();
  }

  @Test
  void aSuccessBetweenThemCountsAnew() {
    fail();
    fail();
    succeed();
    fail();
    fail();
    assertThat(quarantine.why(AGENT)).isNull();
  }

  @Test
  void aFailureThatCameLaterBetweenThemCountsAnew() {
    fail();
    fail();
    quarantine.ended(AGENT, failed("agent-error", Duration.ofMinutes(1), "half of it"));
    fail();
    assertThat(quarantine.why(AGENT)).isNull();
  }

  @Test
  void theProbeOfAnAgentThatWasReplacedMeanwhileTellsNothingOfTheNewOne() {
    var other = Path.of("/bin/other");
    replaced = new AgentBreaker(path -> {
      replaced.ended(other, failed("agent-error", Duration.ofSeconds(1), null));
      Thread.currentThread().interrupt();
      return new AgentProbe(false, "it is gone");
    }, this::freed, time);
    for (var i = 0; i < 3; i++) {
      replaced.ended(AGENT, failed("agent-error", Duration.ofSeconds(1), null));
    }
    replaced.run();
    assertThat(replaced.why(other)).isNull();
    assertThat(lifted).hasValue(0);
  }

  @Test
  void whatAPersonDidOrWhatTookItsTimeDoesNotCount() {
    for (var verdict : List.of(failed("cancelled", Duration.ofSeconds(1), null), failed("limit", Duration.ofSeconds(1), null),
        failed("agent-error", Duration.ofMinutes(1), null), failed("agent-error", Duration.ofSeconds(1), "I have done half of it"))) {
      for (var i = 0; i < 5; i++) {
        quarantine.ended(AGENT, verdict);
      }
    }
    assertThat(quarantine.why(AGENT)).isNull();
  }

  @Test
  void aProbeThatWorksLiftsItAndOneMoreFailureBringsItBackForTwiceAsLong() {
    fail();
    fail();
    fail();
    probes.add(new AgentProbe(false, "--version ends with exit code 1"));
    probes.add(new AgentProbe(true, "1.2.3"));
    quarantine.run();
    assertThat(Thread.interrupted()).isFalse();
    assertThat(lifted).hasValue(1);
    assertThat(quarantine.why(AGENT)).isNull();
    assertThat(time.nanos()).isEqualTo(Duration.ofMinutes(3).toNanos()); // one, then two more
    fail();
    assertThat(quarantine.why(AGENT)).contains("the first task after its probe");
    assertThat(quarantine.retryIn()).isEqualTo(Duration.ofMinutes(4));
  }

  @Test
  void anotherAgentBeginsWithACleanSheet() {
    fail();
    fail();
    quarantine.ended(Path.of("/bin/other"), failed("agent-error", Duration.ofSeconds(1), null));
    assertThat(quarantine.why(Path.of("/bin/other"))).isNull();
    fail();
    assertThat(quarantine.why(AGENT)).isNull();
  }
}
