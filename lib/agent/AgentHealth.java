package lib.agent;

import module java.base;

/**
 * The circuit breaker of one agent program, which keeps a broken one from failing the whole queue. Three tasks in a row at which
 * it fails at once, without a session or text, open it. It stays open until a probe of the program works; then a single such failure opens it
 * again, for twice as long. Immutable.
 */
public sealed interface AgentHealth {
  /** One fast failure is a bad task, two are bad luck. */
  int MAX_FAILURES = 3;
  /** A real agent takes 1 to 9 s to start; one that has worked takes longer or has said something. */
  Duration FAST = Duration.ofSeconds(10);
  /** A person who repairs it does not wait for long. */
  Duration MIN_WAIT = Duration.ofMinutes(1);
  Duration MAX_WAIT = Duration.ofMinutes(30);
  /** Reasons that tell of the program, and not of a person or a provider. */
  Set<String> REASONS = Set.of("agent-error", "empty-result");
  AgentHealth UNTESTED = new Closed(0);

  /**
   * How an agent's task ended.
   *
   * @param reason the verdict's reason; null for a success
   * @param hasSpoken whether the agent named a session or said anything: then it works, and a person or a provider made it fail
   * @param error the verdict's error; null for a success
   */
  record Ended(Duration took, String reason, boolean hasSpoken, String error) {}

  /** The program gets tasks. @param failures fast failures in a row */
  record Closed(int failures) implements AgentHealth {}

  /**
   * The program gets no task.
   *
   * @param why for people
   * @param until when it is probed, in {@link lib.core.Clock#nanos}
   * @param pause how long it waits after the next failure
   */
  record Open(String why, long until, Duration pause) implements AgentHealth {}

  /** A probe worked; the next task decides. @param pause how long it is open if that fails */
  record HalfOpen(Duration pause) implements AgentHealth {}

  /** The state after a task. */
  default AgentHealth after(Ended ended, long now) {
    if (this instanceof Open || ended.reason != null && !REASONS.contains(ended.reason)) {
      return this;
    }
    if (ended.reason == null || ended.hasSpoken || ended.took.compareTo(FAST) >= 0) {
      return UNTESTED;
    }
    var last = ", the last time with: " + (ended.error == null ? "" : ended.error.lines().findFirst().orElse(""));
    return switch (this) {
      case Closed closed when closed.failures + 1 < MAX_FAILURES -> new Closed(closed.failures + 1);
      case HalfOpen half -> open("failed at once at the first task after its probe" + last, now, half.pause);
      default -> open("failed at once at " + MAX_FAILURES + " tasks in a row" + last, now, MIN_WAIT);
    };
  }

  /** The state of an open one after a probe. @param failure why the probe failed; null when it worked */
  static AgentHealth afterProbe(Open open, String failure, long now) {
    return failure == null ? new HalfOpen(open.pause) : open("does not work: " + failure, now, open.pause);
  }

  private static Open open(String why, long now, Duration pause) {
    return new Open(why, now + pause.toNanos(), longer(pause));
  }

  /** Twice as long, up to {@link #MAX_WAIT}. */
  static Duration longer(Duration pause) {
    return pause.compareTo(MAX_WAIT.dividedBy(2)) > 0 ? MAX_WAIT : pause.multipliedBy(2);
  }
}
