package lib.agent.process;

import module java.base;
import lib.core.Clock;
import lib.core.MachineFailure;
import lib.core.os.ProcFs;
import lib.store.DurableFiles;

/**
 * The end of an agent's total time, as the worker that watches it sees it: time in which the machine slept does not count. The
 * supervisor has a deadline in the file {@code deadline}, by which it ends an agent that no worker watches; time asleep counts
 * there, so the worker extends it. Not thread-safe.
 */
public final class RunBudget {
  /** The worker's lead: the supervisor ends the agent by itself only when no worker has done so. */
  public static final Duration LEAD = Duration.ofSeconds(60);
  /** Clocks that are set are put right by less; a sleep that is shorter uses up little of the lead. */
  private static final Duration SLEPT = Duration.ofSeconds(5);

  private static final long FOREVER = Long.MAX_VALUE / 4; // where the system does not say how long it is up
  private static final String DEADLINE = "deadline";

  private final AttemptDirectory attempt;
  private final Clock time;
  private long end;
  private Instant zero; // when the measuring clock stood at 0; it moves when only the wall clock goes on

  /** @param left how long the agent may still run */
  public RunBudget(AttemptDirectory attempt, Duration left, Clock time) {
    this.attempt = attempt;
    this.time = time;
    this.end = time.nanos() + left.toNanos();
    this.zero = zero();
  }

  /**
   * Starts again: the agent was let go only now, and waiting for its directory is not its time.
   *
   * @throws MachineFailure when the supervisor's deadline cannot be written; it may then end the agent too early
   */
  public void restart(Duration left) throws MachineFailure {
    var now = time.nanos() + left.toNanos();
    if (now - end > SLEPT.toNanos()) {
      write(attempt, left);
    }
    end = now;
  }

  /** Whether the time is used up. */
  public boolean isExceeded() {
    return time.nanos() >= end;
  }

  /**
   * Puts the supervisor's deadline off when the machine has slept; call it often.
   *
   * @throws MachineFailure when it cannot be written; the supervisor may then end the agent too early
   */
  public void extendAfterSleep() throws MachineFailure {
    var now = zero();
    var slept = Duration.between(zero, now);
    zero = slept.isNegative() || slept.compareTo(SLEPT) > 0 ? now : zero;
    if (slept.compareTo(SLEPT) > 0) {
      write(attempt, Duration.ofNanos(Math.max(0, end - time.nanos())));
    }
  }

  /**
   * Records how long the agent may run; the supervisor allows {@link #LEAD} more.
   *
   * @throws MachineFailure when it cannot be written
   */
  public static void write(AttemptDirectory attempt, Duration left) throws MachineFailure {
    try { // a loss of power takes the agent along, so it need not survive one
      DurableFiles.replace(attempt.file(DEADLINE), (ProcFs.uptime().orElse(FOREVER) + left.plus(LEAD).toSeconds() + "\n")
          .getBytes(StandardCharsets.US_ASCII));
    } catch (IOException e) {
      throw MachineFailure.writing(attempt.path(), e);
    }
  }

  /** How long the agent may still run, as recorded; empty when nothing is recorded, or no number. */
  public static Optional<Duration> read(AttemptDirectory attempt) {
    var end = ProcFs.read(attempt.file(DEADLINE)).strip();
    return end.matches(AttemptDirectory.NUMBER) ? Optional.of(Duration.ofSeconds(Long.parseLong(end) - ProcFs.uptime().orElse(FOREVER))
        .minus(LEAD)) : Optional.empty();
  }

  private Instant zero() {
    return time.now().minusNanos(time.nanos());
  }
}
