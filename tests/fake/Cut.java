package tests.fake;

import module java.base;

/** What a {@link FaultProxy} does to a call at a step instead of passing it on. */
public enum Cut {
  /** Nothing; for an act that does its harm elsewhere. */
  NONE,
  /** Closes both sides in good order. */
  DROP,
  /** Closes both sides with a reset. */
  RESET,
  /** Waits a while first. */
  DELAY,
  /** Passes on nothing any more and lets the worker's side stand, until the worker gives up. */
  HALF_OPEN,
  /** Passes the request on twice and drops one answer; an event on the stream comes twice. */
  DUPLICATE,
  /** Passes on half of the request, of the answer or of the event, and closes. */
  TRUNCATE;

  @Override
  public String toString() {
    return name().toLowerCase(Locale.ROOT).replace('_', '-');
  }
}
