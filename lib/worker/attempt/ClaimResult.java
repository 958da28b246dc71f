package lib.worker.attempt;

import module java.base;
import lib.journal.Attempt;

/** What came of asking the server for a task. */
public sealed interface ClaimResult {

  /**
   * The server gave it to this worker.
   *
   * @param budget the longest that its agent may run
   * @param inputs of its agent; null for a task without one, and for a restored attempt
   */
  record Claimed(Attempt attempt, Duration budget, Claimer.Inputs inputs) implements ClaimResult {}

  /** Try again after this delay. */
  record Deferred(Duration delay) implements ClaimResult {}

  /** Ignore this queueing of it for so long. */
  record Skipped(Duration howLong) implements ClaimResult {}
}
