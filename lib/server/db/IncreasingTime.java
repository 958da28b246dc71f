package lib.server.db;

import module java.base;
import lib.core.Clock;
import lib.protocol.Timestamps;

/**
 * The server's clock: each time is later than the one before, so that two tasks never tie in the queue. Thread-safe.
 */
public final class IncreasingTime {
  private final Clock time;
  private Instant last = Instant.EPOCH;

  public IncreasingTime(Clock time) {
    this.time = time;
  }

  /** Now, and later than every stamp before: two tasks never tie in the queue. */
  public synchronized String next() {
    var now = time.now().truncatedTo(ChronoUnit.MICROS);
    last = now.isAfter(last) ? now : last.plus(1, ChronoUnit.MICROS);
    return Timestamps.format(last);
  }
}
