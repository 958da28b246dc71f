package lib.core;

import module java.base;

/** The clock that everything waits on, so that tests prove order and budgets without waiting. */
public interface Clock {
  /** The wall clock; for people and for the server, never for measuring. */
  Instant now();

  /** Nanoseconds that only go forward; for measuring. */
  long nanos();

  /** Waits; interruptible. */
  void sleep(Duration duration) throws InterruptedException;

  /** Waits for a permit, no longer than this; returns whether it has it. */
  default boolean acquire(Semaphore permits, Duration max) throws InterruptedException {
    return permits.tryAcquire(max.toMillis(), TimeUnit.MILLISECONDS);
  }

  /** The machine's own clock. */
  Clock SYSTEM = new Clock() {
    @Override
    public Instant now() {
      return Instant.now();
    }

    @Override
    public long nanos() {
      return System.nanoTime();
    }

    @Override
    public void sleep(Duration duration) throws InterruptedException {
      Thread.sleep(duration);
    }
  };
}
