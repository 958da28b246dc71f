package lib.worker.admission;

import java.util.ArrayList;
import java.util.List;

/**
 * What admission says of a task: every rule's answer, so that "why" and "why not" can be told.
 *
 * @param answers in the order of the rules
 */
public record Decision(List<RuleResult> answers) {

  /** What one rule says. */
  public enum Outcome {
    /** Nothing against it. */
    ADMIT,
    /** Not now; it may change by itself. */
    WAIT,
    /** Not here. */
    REJECT
  }

  /** A rule's answer and its reason. */
  public record RuleResult(String rule, Outcome say, String reason) {}

  /** The strongest answer: one NO is a no, else one WAIT is a wait. */
  public Outcome say() {
    return answers.stream().map(RuleResult::say).max(Enum::compareTo).orElse(Outcome.ADMIT);
  }

  /** The first reason of the deciding answer; empty for a yes. */
  public String reason() {
    return say() == Outcome.ADMIT ? "" : answers.stream().filter(a -> a.say == say()).findFirst().map(a -> a.rule + ": " + a.reason).orElse("");
  }

  /** With a further rule's answer. */
  public Decision and(RuleResult answer) {
    var all = new ArrayList<>(answers);
    all.add(answer);
    return new Decision(List.copyOf(all));
  }
}
