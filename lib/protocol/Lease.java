package lib.protocol;

import module java.base;

/** The time for which the embedded server keeps a claimed task for a worker that gives no sign of life. */
public final class Lease {
  /** What each claim promises; the server frees the task no earlier. */
  public static final Duration LENGTH = Duration.ofSeconds(900);
  /** A worker ends its agent this long before the end of the lease: ending takes 11 s, and clocks drift. */
  private static final Duration MARGIN = Duration.ofSeconds(30);

  private Lease() {}

  /** How long a worker may be without contact before it must end the agent. @param promised the lease that the claim gave */
  public static Duration usable(Duration promised) {
    return promised.compareTo(MARGIN) > 0 ? promised.minus(MARGIN) : promised.dividedBy(2);
  }
}
