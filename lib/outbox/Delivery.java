package lib.outbox;

import module java.base;
import lib.client.ApiClient;
import lib.client.ServerFeatures;
import lib.core.Clock;
import lib.journal.Journal;
import lib.redaction.Redaction;

/**
 * What every delivery goes through. Immutable.
 *
 * @param server what the server can do; null until it has answered
 * @param stateDir where the attempts' directories are
 * @param outputMax bytes of one attempt's output, for what an earlier process left unrendered
 * @param redaction masks all reports before they are recorded
 */
public record Delivery(ServerFeatures server, ApiClient client, Journal journal, Clock clock, RandomGenerator random, Path stateDir,
    long outputMax, Redaction redaction) {

  /** The same once the server has said what it is. */
  Delivery to(ServerFeatures known) {
    return new Delivery(known, client, journal, clock, random, stateDir, outputMax, redaction);
  }
}
