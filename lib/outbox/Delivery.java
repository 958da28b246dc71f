package lib.outbox;

import java.util.random.RandomGenerator;
import lib.core.Clock;
import lib.journal.Journal;
import lib.wire.Client;
import lib.wire.ServerFeatures;

/** What every delivery goes through: the server and what it can do, the journal, time and chance. Immutable. */
public record Delivery(ServerFeatures server, Client client, Journal journal, Clock clock, RandomGenerator random) {

  /** The same, to a server that has said what it can do. */
  Delivery to(ServerFeatures known) {
    return new Delivery(known, client, journal, clock, random);
  }
}
