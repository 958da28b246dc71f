package lib.worker.admission;

import module java.base;

/**
 * The answer of admission to one task.
 *
 * @param results one of each rule, in the order of the rules
 * @param directory where the agent works, links resolved; null when the task may not run or needs no directory
 */
public record Decision(List<RuleResult> results, Path directory) {

  /** What a rule decides, the weakest first. */
  public enum Outcome {
    /** The rule has nothing against the task. */
    ADMIT("yes"),
    /** Not now; the reason passes by itself. */
    WAIT("wait"),
    /** Not at this worker. */
    REJECT("no");

    private final String word;

    Outcome(String word) {
      this.word = word;
    }

    /** The word in the status and in {@code tasks why}. */
    public String word() {
      return word;
    }
  }

  /** One rule's outcome and its reason, for people. */
  public record RuleResult(String rule, Outcome outcome, String reason) {}

  /** The strongest outcome of all rules. */
  public Outcome outcome() {
    return results.stream().map(RuleResult::outcome).max(Enum::compareTo).orElse(Outcome.ADMIT);
  }

  /** The first rule with that outcome and its reason; empty when the task may run. */
  public String reason() {
    var outcome = outcome();
    return outcome == Outcome.ADMIT ? "" : results.stream().filter(r -> r.outcome == outcome).findFirst().map(r -> r.rule + ": " + r.reason)
        .orElse("");
  }
}
