package tests.program;

import module java.base;
import tests.fake.Cut;
import tests.fake.Step;

/**
 * The faults of one worker, one after the other, each at a named step. The seed and the worker's number decide all of them, so the
 * same seed places the same faults at the same steps. For one thread.
 */
final class Schedule {
  /** The kinds of faults. */
  enum Harm {
    KILL_WORKER("kill the worker"),
    /** The worker, its supervisors and its agents at one instant, as a loss of power or the end of a container does. */
    KILL_GROUP("kill the worker with all its agents"),
    /** The next start finds no journal. */
    LOSE_JOURNAL("kill the worker and delete its journal"),
    /** The next start finds the journal as it was before an earlier start. */
    OLD_JOURNAL("kill the worker and put an older journal in its place"),
    KILL_SERVER("kill the server"), SLEEP("put the worker to sleep"), CUT("cut");

    private final String text;

    Harm(String text) {
      this.text = text;
    }

    /** Whether the worker must be started after it. */
    boolean killsWorker() {
      return compareTo(KILL_SERVER) < 0;
    }

    @Override
    public String toString() {
      return text;
    }
  }

  /**
   * One fault.
   *
   * @param nth counts such steps since the fault before it
   * @param cut what happens to the call
   */
  record Fault(Harm harm, Cut cut, Step step, int nth) {
    @Override
    public String toString() {
      return (harm == Harm.CUT ? cut.toString() : harm.toString()) + " at '" + step + "', no. " + nth;
    }
  }

  /** The steps that every start brings. */
  private static final List<Step> STARTS = steps("REGISTER", "POLL", "HEARTBEAT", "STREAM_A");
  private static final List<Step> WORK = steps("STREAM_E", "CLAIM", "RUNNING", "OUTPUT", "STATUS", "RELEASE");
  private static final List<Step> AGENTS = steps("AGENT");
  private static final int MOST = 4; // steps between two faults: more would give few faults, fewer would give no work

  private final Random random;
  private final boolean patient;
  private boolean starting; // whether the fault before this one leads to a start of the worker

  /** @param patient whether calls may also hang until the worker times out, which takes half a minute each */
  Schedule(long seed, int worker, boolean patient) {
    this.random = new Random(seed * 1009 + worker); // a prime: neighbouring seeds share no worker's schedule
    this.patient = patient;
  }

  /** The next fault. */
  Fault next() {
    var steps = starting && random.nextInt(3) == 0 ? STARTS : WORK;
    var harm = harm(random.nextInt(100));
    if (harm.killsWorker() && steps == WORK) {
      steps = Stream.concat(WORK.stream(), AGENTS.stream()).toList();
    }
    var step = steps.get(random.nextInt(steps.size()));
    var cut = step.name().endsWith("_RECEIVED") ? pick(Cut.DROP, Cut.RESET)
        : step == Step.STREAM_EVENT || patient && random.nextInt(8) == 0 ? pick(Cut.values())
        : pick(Cut.DROP, Cut.RESET, Cut.DELAY, Cut.DUPLICATE, Cut.TRUNCATE);
    starting = harm.killsWorker();
    return new Fault(harm, harm == Harm.CUT ? cut : harm == Harm.SLEEP ? Cut.NONE : Cut.DROP, step,
        WORK.contains(step) ? 1 + random.nextInt(MOST) : 1);
  }

  private static Harm harm(int percent) {
    return percent < 27 ? Harm.KILL_WORKER : percent < 33 ? Harm.KILL_GROUP : percent < 37 ? Harm.LOSE_JOURNAL
        : percent < 41 ? Harm.OLD_JOURNAL : percent < 46 ? Harm.KILL_SERVER : percent < 49 ? Harm.SLEEP : Harm.CUT;
  }

  private Cut pick(Cut... cuts) {
    return cuts[random.nextInt(cuts.length)];
  }

  private static List<Step> steps(String... beginnings) {
    var found = new ArrayList<Step>();
    for (var step : Step.values()) {
      if (Stream.of(beginnings).anyMatch(step.name()::startsWith)) {
        found.add(step);
      }
    }
    return List.copyOf(found);
  }
}
