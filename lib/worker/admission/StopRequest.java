package lib.worker.admission;

/**
 * Why a running agent must end.
 *
 * @param by who wants it, for people
 * @param why the reason given, for people; may be empty
 */
public record StopRequest(Cause cause, String by, String why) {

  /** Who or what ends an agent, the strongest first. Each cause has its own verdict. */
  public enum Cause {
    /** The task belongs to another worker now: nothing that this agent does counts. */
    SUPERSEDED,
    /** A person wants it. */
    CANCELLED,
    /** The server may give the task to another worker soon. */
    LEASE_EXPIRED,
    /** The drain deadline is over. */
    DRAINED,
    /** The task has used up its time. */
    TIMEOUT,
    /** The provider refuses the agent. */
    RATE_LIMITED,
    /** The agent asks a question that nobody answers. */
    NEEDS_APPROVAL,
    /** The agent does nothing. */
    UNRESPONSIVE,
    /** The agent has its result and does not end. */
    LINGERED
  }

  /** Whether this one replaces the other. */
  boolean isStrongerThan(StopRequest other) {
    return cause.compareTo(other.cause) < 0;
  }

  @Override
  public String toString() {
    return by + (why == null || why.isEmpty() ? "" : ": " + why);
  }
}
