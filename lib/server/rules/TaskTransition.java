package lib.server.rules;

import module java.base;
import lib.protocol.TaskReport;
import lib.protocol.TaskStatus;

/**
 * What a worker's word does to a task: a pure function of the task's state and what is said. Terminal is final, only the
 * owner speaks for a running task, and an attempt that is no longer the current one changes nothing.
 */
public sealed interface TaskTransition {
  /** The task goes to this state. */
  public record Change(TaskStatus to) implements TaskTransition {}

  /** The task becomes the speaker's, if it may have it. */
  public record Claim() implements TaskTransition {}

  /**
   * The task belongs again to the worker that still runs it, since no other has claimed it; it goes to this state. The work of
   * its agent counts, so that no second agent does the same.
   */
  public record Reclaim(TaskStatus to) implements TaskTransition {}

  /** Nothing changes and nothing is wrong: it is as said. */
  public record Unchanged() implements TaskTransition {}

  public record Refuse(String code, String why) implements TaskTransition {}

  /**
   * A task's state as far as these rules look at it.
   *
   * @param worker the one that runs it, ran it to its end, or may still run it; else null
   * @param attempt the number of the last claim; 0 when it was never claimed
   * @param cancelling whether its cancellation was asked for while it runs
   * @param reclaimable whether it waits although the worker of the last claim may still run it
   */
  public record State(TaskStatus status, String worker, int attempt, boolean cancelling, boolean reclaimable) {}

  /** A worker wants the task. @param running the number of its claim when it runs the task already, else 0 */
  public static TaskTransition claim(State now, String worker, int running) {
    return switch (now.status) {
      case PENDING -> isReclaim(now, worker, running) ? new Reclaim(TaskStatus.RUNNING)
          : running > 0 ? new Refuse("stale_attempt", "attempt " + running + " is over") : new Claim();
      case RUNNING -> worker.equals(now.worker) && (running == 0 || running == now.attempt) ? new Unchanged()
          : new Refuse("already_claimed", "already claimed by another worker");
      default -> new Refuse("not_pending", "is " + now.status.word());
    };
  }

  /**
   * A worker says how the task is; a null status is a bare release, which other servers take for completed.
   *
   * @param decline whether giving the task back means that this worker shall not get it; it need not have had it
   */
  public static TaskTransition report(State now, TaskReport said, boolean decline) {
    var to = said.status();
    if (said.attempt() > 0 && said.attempt() != now.attempt) {
      return new Refuse("stale_attempt", "attempt " + said.attempt() + " is over, the current one is " + now.attempt);
    }
    var owner = said.workerId().equals(now.worker);
    if (now.status.terminal()) {
      return to != null && to != now.status ? new Refuse("terminal", "is " + now.status.word() + " for good")
          : owner ? new Unchanged() : notOwner(said);
    }
    if (isReclaim(now, said.workerId(), said.attempt()) && (to == TaskStatus.RUNNING || to != null && to.terminal())) {
      return new Reclaim(to);
    }
    if (now.status == TaskStatus.PENDING) {
      // a worker of the time before claims says running, and that is its claim; ours have claimed before they say it
      return to == TaskStatus.RUNNING && said.attempt() == 0 ? new Claim()
          : to != TaskStatus.PENDING ? notOwner(said) : decline ? new Change(TaskStatus.PENDING) : new Unchanged();
    }
    if (!owner) {
      return notOwner(said);
    }
    return to == TaskStatus.RUNNING ? new Unchanged()
        : to == null ? new Change(TaskStatus.COMPLETED)
        : to == TaskStatus.PENDING && now.cancelling ? new Change(TaskStatus.CANCELLED) : new Change(to);
  }

  /** Whether the worker's attempt still runs, of a task that was queued again and that no other worker has claimed. */
  public static boolean isReclaim(State now, String worker, int attempt) {
    return now.reclaimable && attempt > 0 && attempt == now.attempt && worker.equals(now.worker);
  }

  /**
   * Whether a worker that says it runs the task must stop, and why; {@code lost} begins the reason when somebody else has
   * the task. A task that is pending again or ended otherwise than
   * by a cancellation is no reason: the worker claims it again, or its own report decides. Neither is an older attempt of
   * its own: the word may have crossed with its new claim.
   */
  public static Optional<String> stop(State now, String worker) {
    return switch (now.status) {
      case CANCELLED -> Optional.of("cancelled");
      case RUNNING -> !worker.equals(now.worker) ? Optional.of("lost: the task belongs to another worker now")
          : now.cancelling ? Optional.of("cancelled") : Optional.empty();
      default -> Optional.empty();
    };
  }

  private static Refuse notOwner(TaskReport said) {
    return new Refuse("not_owner", "not claimed by worker " + said.workerId());
  }
}
