package tests.server;

import module java.base;
import lib.core.Clock;

/** A clock that stands until a test moves it. One thread may sleep on it: the server's pulse. Thread-safe. */
final class StillTime implements Clock {
  private static final Instant START = Instant.parse("2026-01-01T00:00:00Z");
  private long nanos;
  private boolean asleep;

  /** Moves on, and returns when the thread that this woke sleeps again. */
  synchronized void advance(Duration duration) throws InterruptedException {
    awaitSleeper();
    nanos += duration.toNanos();
    asleep = false; // until it has looked at the clock
    notifyAll();
    awaitSleeper();
  }

  private void awaitSleeper() throws InterruptedException {
    while (!asleep) {
      wait();
    }
  }

  @Override
  public synchronized Instant now() {
    return START.plusNanos(nanos);
  }

  @Override
  public synchronized long nanos() {
    return nanos;
  }

  @Override
  public synchronized void sleep(Duration duration) throws InterruptedException {
    var end = nanos + duration.toNanos();
    try {
      while (nanos < end) {
        asleep = true;
        notifyAll();
        wait();
      }
    } finally {
      asleep = false;
    }
  }
}
