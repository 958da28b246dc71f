package tests.hub;

import java.time.Duration;
import java.time.Instant;
import lib.config.Time;

/** A clock that stands until a test moves it; whoever sleeps wakes once it has moved far enough. Thread-safe. */
final class StillTime implements Time {
  private static final Instant START = Instant.parse("2026-01-01T00:00:00Z");
  private long nanos;

  synchronized void advance(Duration duration) {
    nanos += duration.toNanos();
    notifyAll();
  }

  @Override
  public Instant now() {
    return START.plusNanos(nanos());
  }

  @Override
  public synchronized long nanos() {
    return nanos;
  }

  @Override
  public synchronized void sleep(Duration duration) throws InterruptedException {
    var end = nanos + duration.toNanos();
    while (nanos < end) {
      wait();
    }
  }
}
