package lib.worker.context;

import module java.base;
import lib.agent.process.AttemptDirectory;
import lib.client.ApiClient;
import lib.config.ReloadableSettings;
import lib.core.Clock;
import lib.journal.Attempt;
import lib.journal.Journal;
import lib.redaction.Redaction;

/**
 * What every part of a worker shares.
 *
 * @param redaction masks all that leaves the machine
 * @param random spreads retries
 */
public record WorkerContext(WorkerIdentity identity, ReloadableSettings settings, ServerLink server, Journal journal, Redaction redaction,
    EventBus events, Clock clock, RandomGenerator random) {

  /** Calls the server. */
  public ApiClient client() {
    return server.client();
  }

  /** The directory of an attempt. */
  public AttemptDirectory directory(Attempt attempt) {
    return AttemptDirectory.of(identity.stateDir(), attempt.taskId(), attempt.n());
  }

  /** The server's id of this worker. */
  public String workerId() {
    return identity.workerId();
  }
}
