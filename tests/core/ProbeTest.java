package tests.core;

import module java.base;
import static org.assertj.core.api.Assertions.*;

import lib.worker.context.Probe;
import org.junit.jupiter.api.Test;
import tests.Program;

/** A call that hangs costs its caller a limited time, once. */
class ProbeTest {
  private static final Duration LONG = Duration.ofDays(1);

  @Test
  void givesTheAnswerOfEachCall() throws Exception {
    var calls = new AtomicInteger();
    var probe = new Probe<>("count", calls::incrementAndGet);
    assertThat(probe.ask(LONG)).contains(1);
    assertThat(probe.ask(LONG)).contains(2);
  }

  @Test
  void waitsForNoCallThatHangsAlreadyAndAnswersAgainWhenItIsOver() throws Exception {
    var gate = new CountDownLatch(1);
    var calls = new AtomicInteger();
    var probe = new Probe<>("hang", () -> {
      var call = calls.incrementAndGet();
      gate.await();
      return call;
    });
    assertThat(probe.ask(Duration.ofMillis(1))).isEmpty();
    assertThat(probe.ask(LONG)).as("at once, although it may wait for a day").isEmpty();
    Program.await("the first call", () -> calls.get() > 0);
    assertThat(calls).hasValue(1);
    gate.countDown();
    Program.await("the next call", () -> probe.ask(LONG).isPresent());
  }

  @Test
  void namesTheCauseWhenTheCallFails() {
    var probe = new Probe<>("look at the disk", () -> {
      throw new IllegalArgumentException("bad disk");
    });
    assertThatThrownBy(() -> probe.ask(LONG)).isInstanceOf(IllegalStateException.class).hasMessageContaining("look at the disk")
        .hasRootCauseMessage("bad disk");
  }
}
