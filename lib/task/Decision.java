package lib.task;

import java.util.ArrayList;
import java.util.List;

/**
 * What admission says of a task: every rule's answer, so that "why" and "why not" can be told.
 *
 * @param answers in the order of the rules
 */
public record Decision(List<Answer> answers) {

  /** What one rule says. */
  public enum Say {
    /** Nothing against it. */
    YES,
    /** Not now; it may change by itself. */
    WAIT,
    /** Not here. */
    NO
  }

  /** A rule's answer and its reason. */
  public record Answer(String rule, Say say, String reason) {}

  /** The strongest answer: one NO is a no, else one WAIT is a wait. */
  public Say say() {
    return answers.stream().map(Answer::say).max(Enum::compareTo).orElse(Say.YES);
  }

  /** The first reason of the deciding answer; empty for a yes. */
  public String reason() {
    return say() == Say.YES ? "" : answers.stream().filter(a -> a.say == say()).findFirst().map(a -> a.rule + ": " + a.reason).orElse("");
  }

  /** With a further rule's answer. */
  Decision and(Answer answer) {
    var all = new ArrayList<>(answers);
    all.add(answer);
    return new Decision(List.copyOf(all));
  }
}
