package lib.worker.recovery;

import java.io.IOException;
import java.util.Set;
import lib.agent.output.OutputSource;
import lib.agent.output.Transcript;
import lib.agent.process.AttemptDirectory;
import lib.agent.process.ProcessTree;
import lib.journal.Attempt;
import lib.journal.Journal;
import lib.masking.Redaction;
import lib.outbox.Outbox;
import lib.store.StoreFailed;
import lib.worker.context.WorkerIdentity;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * What earlier processes of this worker have left, each attempt to where it is gone on with: what has ended is told, what runs is
 * watched, what may not have begun is asked about. Immutable.
 *
 * @param server whose worker this process is: our own server's id, another one's address
 * @param address the server's address in any case
 * @param outputMax how many bytes of one attempt's output are told
 */
public record Recovery(Journal journal, WorkerIdentity identity, String server, String address, long outputMax, Redaction redaction) {
  private static final Logger LOG = LoggerFactory.getLogger(Recovery.class);

  /** Takes an attempt whose agent may live. */
  public interface Reattaching {
    /** @param lives whether some process of it may be alive */
    void reattach(Attempt attempt, boolean lives);
  }

  /** Shares it out, without asking the server anything. */
  public void share(Outbox outbox, ClaimReconciler settling, Reattaching intake) throws StoreFailed, InterruptedException {
    ClaimReconciler.find(journal, identity);
    var living = living();
    for (var attempt : journal.open()) {
      if (!ours(attempt)) {
        LOG.warn("task={} an attempt of worker {} for server {} waits in the journal; only that worker delivers it, there",
            attempt.taskId(), attempt.workerId(), attempt.server());
      } else if (attempt.state() == Attempt.State.ENDED) {
        outbox.resume(attempt, spool(attempt));
      } else if (attempt.state() == Attempt.State.INTENT) {
        settling.add(attempt);
      } else {
        intake.reattach(attempt, living == null || living.contains(folder(attempt).path().toString()));
      }
    }
  }

  /** Whether we deliver it, to this server: a process that could not find out whose server it was recorded its address. */
  public boolean ours(Attempt attempt) {
    return attempt.workerId().equals(identity.workerId()) && (attempt.server().equals(server) || attempt.server().equals(address));
  }

  /** The attempts of which something lives, looked for once; null when that cannot be told. */
  private static Set<String> living() {
    try {
      return ProcessTree.attemptsAlive();
    } catch (IOException e) {
      LOG.warn("this machine's processes cannot be listed, looking for each attempt's: {}", e.getMessage());
      return null;
    }
  }

  private AttemptDirectory folder(Attempt attempt) {
    return AttemptDirectory.of(identity.stateDir(), attempt.taskId(), attempt.n());
  }

  private OutputSource spool(Attempt attempt) {
    try {
      var transcript = new Transcript(folder(attempt), attempt.sent(), outputMax, redaction);
      transcript.complete();
      return transcript;
    } catch (IOException e) {
      return OutputSource.NONE; // a task without an agent has no output
    }
  }
}
