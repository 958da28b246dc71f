package lib.worker.admission;

/**
 * Why a running agent must end.
 *
 * @param by who wants it, for people
 * @param why the reason given, for people; may be empty
 */
public record StopRequest(Cause cause, String by, String why) {

  /**
   * The kinds of stop; each has its own verdict. {@code STUCK} is an agent that
   * will not end by itself; the last four are kinds of {@link lib.agent.Silence}.
   */
  public enum Cause { CANCELLED, TIMEOUT, DRAINED, SUPERSEDED, LEASE_EXPIRED, HUNG, LINGERED, NEEDS_APPROVAL, RATE_LIMITED, UNRESPONSIVE }

  @Override
  public String toString() {
    return by + (why == null || why.isEmpty() ? "" : ": " + why);
  }
}
