package tests.worker.context;

import module java.base;
import static org.assertj.core.api.Assertions.assertThat;

import lib.worker.context.RestartingLoop;
import org.junit.jupiter.api.Test;
import tests.FakeTime;

/** One bad turn ends no background loop of the worker. */
class RestartingLoopTest {
  private final FakeTime time = new FakeTime();
  private final AtomicInteger turns = new AtomicInteger();

  @Test
  void restartsTheLoopAfterABug() {
    new RestartingLoop("loop", () -> {
      switch (turns.incrementAndGet()) {
        case 1 -> throw new IllegalStateException("a bug");
        case 2 -> throw new OutOfMemoryError("a moment without memory");
        default -> { }
      }
    }, time).run();
    assertThat(turns).hasValue(3);
    assertThat(time.nanos()).isEqualTo(10_000_000_000L);
  }

  @Test
  void endsWhenInterrupted() {
    Thread.currentThread().interrupt();
    new RestartingLoop("loop", () -> {
      turns.incrementAndGet();
      throw new IllegalStateException("a bug");
    }, time).run();
    assertThat(turns).hasValue(1);
    assertThat(Thread.interrupted()).isFalse();
  }
}
