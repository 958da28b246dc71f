package lib.journal;

import java.time.Instant;

/**
 * The end of a report's way.
 *
 * @param tries how often it was tried in vain
 * @param error why the server did not take it; null when it did
 */
public record DeliveryResult(PendingReport outgoing, Outcome how, int tries, String error, Instant at) {

  /** Whether the server took it, refused it for good, or something newer made it needless. */
  public enum Outcome { ACCEPTED, REFUSED, REPLACED }
}
