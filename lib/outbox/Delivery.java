package lib.outbox;

import module java.base;
import lib.client.ApiClient;
import lib.client.ServerFeatures;
import lib.core.Clock;
import lib.journal.Journal;

/** What every delivery goes through: the server and what it can do, the journal, time and chance. Immutable. */
public record Delivery(ServerFeatures server, ApiClient client, Journal journal, Clock clock, RandomGenerator random) {}
