package lib.agent.process;

import module java.base;

/**
 * What a quiet agent seems to do, by its last event and by its processes. Each kind has its own outcome, and
 * its own budget in the setting {@code silence}.
 */
public enum Silence {
  /** It has said its result and does not exit: the result counts. */
  LINGERING,
  /** It waits for a person to approve something. */
  ASKING,
  /** Its provider's usage limit is reached, and it tries on. */
  LIMITED,
  /** Its processes work, or wait for somebody at the other end of a connection. */
  THINKING,
  /** None of these. */
  DEAD;

  /** What an agent's last words were. */
  public enum LastEvent { RESULT, QUESTION, LIMIT, OTHER }

  /**
   * One look at a quiet agent.
   *
   * @param last what it said last
   * @param quiet how long it has said nothing
   * @param still how long its processes have done nothing either
   * @param limit how long its provider wants it to wait; zero when it does not say
   */
  public record Observation(LastEvent last, Duration quiet, Duration still, Duration limit) {}

  /**
   * The silence whose budget is used up, if one is: a pure judgement. A limit that lasts longer than its budget is not waited
   * for at all.
   */
  public static Optional<Silence> over(Observation look, Map<String, Duration> budgets) {
    return switch (look.last) {
      case RESULT -> LINGERING.after(look.quiet, budgets);
      case QUESTION -> ASKING.after(look.quiet, budgets);
      case LIMIT -> LIMITED.after(look.limit.compareTo(look.quiet) > 0 ? look.limit : look.quiet, budgets);
      case OTHER -> DEAD.after(look.still, budgets).or(() -> THINKING.after(look.quiet, budgets));
    };
  }

  private Optional<Silence> after(Duration time, Map<String, Duration> budgets) {
    return time.compareTo(budgets.get(word())) >= 0 ? Optional.of(this) : Optional.empty();
  }

  /** Its name in the setting. */
  public String word() {
    return name().toLowerCase(Locale.ROOT);
  }
}
