package lib.worker.recovery;

import module java.base;
import lib.agent.process.AttemptDirectory;
import lib.journal.Attempt;
import lib.outbox.Outbox;
import lib.store.DatabaseException;
import lib.worker.context.WorkerContext;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Restores unfinished attempts after a restart: hands ended ones to the outbox, unclear ones to the reconciler, and returns
 * those whose agents may run. It asks the server nothing. Immutable.
 */
public record Recovery(WorkerContext context, Outbox outbox, ClaimReconciler reconciler) {
  private static final Logger LOG = LoggerFactory.getLogger(Recovery.class);

  /** Restores every attempt in the journal and in the attempts' directories; returns those that an agent may still work at. */
  public List<Attempt> restore() throws DatabaseException, InterruptedException {
    recordUnknown();
    var running = new ArrayList<Attempt>();
    for (var attempt : context.journal().open()) {
      if (!attempt.workerId().equals(context.workerId())) {
        LOG.warn("attempt of another worker stays in the journal task={} worker={}: only that worker delivers it", attempt.taskId(),
            attempt.workerId());
        continue;
      }
      switch (attempt.state()) {
        case INTENT -> reconciler.add(attempt);
        case ENDED -> outbox.resume(attempt);
        default -> running.add(attempt);
      }
    }
    return running;
  }

  /**
   * Records attempts that only their directories know: the journal is new, or is an older copy of itself. A directory
   * does not know the claim's number, so its attempt is reconciled with the server like an intent.
   */
  private void recordUnknown() throws DatabaseException, InterruptedException {
    var stateDir = context.identity().stateDir();
    var recorded = 0;
    try {
      var known = context.journal().retentionRows().stream().map(row -> AttemptDirectory.of(stateDir, row.taskId(), row.n()))
          .collect(Collectors.toSet());
      for (var directory : AttemptDirectory.all(stateDir)) {
        var attempt = known.contains(directory) ? Optional.<Attempt>empty() : read(directory);
        if (attempt.isPresent() && directory.equals(AttemptDirectory.of(stateDir, attempt.get().taskId(), attempt.get().n()))
            && context.journal().insertRecovered(attempt.get())) {
          recorded++;
        }
      }
    } catch (IOException e) {
      LOG.error("cannot list all attempts' directories, some attempts may be unknown: {}", e.getMessage());
    }
    if (recorded > 0) {
      LOG.warn("{} attempts that the journal does not know were found in their directories", recorded);
    }
  }

  private static Optional<Attempt> read(AttemptDirectory directory) {
    try {
      return directory.attempt().flatMap(Attempt::read);
    } catch (IOException e) {
      LOG.error("cannot read the attempt in {}: {}", directory.path(), e.getMessage());
      return Optional.empty();
    }
  }
}
