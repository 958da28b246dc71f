package lib.agent.process;

import module java.base;
import lib.core.Clock;

/**
 * Says when one agent has been silent for too long. Only time between looks counts: a machine that slept, or a worker that was
 * stopped, has seen no silence. Not thread-safe.
 */
public final class SilenceDetector {
  /** Looks are 25 ms apart; of a longer gap only so much counts, more than a busy machine lets pass. */
  private static final Duration MOST = Duration.ofSeconds(1);
  /** A look at the processes reads some files of each process of the machine, so they are seldom. */
  private static final Duration EVERY = Duration.ofSeconds(5);
  /** So many looks at the processes, at the least, before they are called dead. */
  private static final int LOOKS = 8;

  private final Map<String, Duration> budgets;
  private final Supplier<ProcessActivity> processes;
  private final Clock time;
  private final long every;
  private long heard = -1;
  private long lookedAt;
  private long quiet;
  private long still;
  private long unseen; // since the last look at the processes
  private ProcessActivity before; // null until they were looked at in this silence

  /**
   * Begins to listen.
   *
   * @param budgets the setting {@code silence}
   * @param processes looks at what the agent's processes have used up to now
   */
  public SilenceDetector(Map<String, Duration> budgets, Supplier<ProcessActivity> processes, Clock time) {
    this.budgets = budgets;
    this.processes = processes;
    this.time = time;
    this.every = Math.min(EVERY.toNanos(), budgets.get(Silence.DEAD.word()).toNanos() / LOOKS);
    this.lookedAt = time.nanos();
  }

  /**
   * One look; call it every some ten milliseconds.
   *
   * @param lines how much the agent has said
   * @param last what it said last
   * @param limit how long its provider wants it to wait; zero when it does not say
   * @return the silence that has lasted too long
   */
  public Optional<Silence> observe(long lines, Silence.LastEvent last, Duration limit) {
    var now = time.nanos();
    var passed = Math.min(now - lookedAt, MOST.toNanos());
    lookedAt = now;
    quiet += passed;
    still += passed;
    unseen += passed;
    if (lines != heard) {
      heard = lines;
      quiet = 0;
      still = 0;
      unseen = 0;
      before = null;
    } else if (last == Silence.LastEvent.OTHER && unseen >= every) {
      var seen = processes.get();
      if (before != null && seen.differs(before, Duration.ofNanos(unseen))) {
        still = 0;
      }
      before = seen;
      unseen = 0;
    }
    return Silence.over(new Silence.Observation(last, Duration.ofNanos(quiet), Duration.ofNanos(still), limit), budgets);
  }
}
