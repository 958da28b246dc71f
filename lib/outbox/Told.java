package lib.outbox;

import java.time.Instant;

/**
 * The end of a report's way.
 *
 * @param tries how often it was tried in vain
 * @param error why the server did not take it; null when it did
 */
record Told(Outgoing outgoing, How how, int tries, String error, Instant at) {

  /** Whether the server took it, refused it for good, or something newer made it needless. */
  enum How { ACCEPTED, REFUSED, REPLACED }
}
