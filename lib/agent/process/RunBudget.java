package lib.agent.process;

import java.io.IOException;
import java.time.Duration;
import java.time.Instant;
import lib.core.Clock;

/**
 * The end of an agent's total time, as the worker that watches it sees it: time in which the machine slept does not count.
 * The supervisor's own deadline goes on in that time, so it is put off; it is there for an agent that no worker watches.
 * Not thread-safe.
 */
public final class RunBudget {
  /** The supervisor ends the agent by itself only when no worker has done so; this is the worker's lead. */
  public static final Duration LEAD = Duration.ofSeconds(60);
  /** Clocks that are set are put right by less; a sleep that is shorter uses up little of the lead. */
  private static final Duration SLEPT = Duration.ofSeconds(5);

  private final AttemptDirectory folder;
  private final Clock time;
  private final long end;
  private Instant zero; // when the measuring clock stood at 0; it moves when only the wall clock goes on

  /** @param left how long the agent may still run */
  public RunBudget(AttemptDirectory folder, Duration left, Clock time) {
    this.folder = folder;
    this.time = time;
    this.end = time.nanos() + left.toNanos();
    this.zero = zero();
  }

  /** Whether the time is used up. */
  public boolean isExceeded() {
    return time.nanos() >= end;
  }

  /**
   * Puts the supervisor's deadline off when the machine has slept; call it often.
   *
   * @throws IOException when it cannot be written; the supervisor may then end the agent too early
   */
  public void extendAfterSleep() throws IOException {
    var now = zero();
    var slept = Duration.between(zero, now);
    zero = slept.isNegative() || slept.compareTo(SLEPT) > 0 ? now : zero;
    if (slept.compareTo(SLEPT) > 0) {
      folder.deadline(Duration.ofNanos(Math.max(0, end - time.nanos())).plus(LEAD));
    }
  }

  private Instant zero() {
    return time.now().minusNanos(time.nanos());
  }
}
