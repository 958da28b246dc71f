package lib.worker.attempt;

import java.time.Duration;
import java.util.List;
import java.util.function.BiFunction;
import java.util.function.BooleanSupplier;
import java.util.function.Function;
import java.util.function.Supplier;
import java.util.random.RandomGenerator;
import lib.config.Codebase;
import lib.core.Clock;
import lib.journal.Attempt;
import lib.journal.Journal;
import lib.masking.Redaction;
import lib.store.StoreFailed;
import lib.wire.CallFailed;
import lib.wire.Claim;
import lib.wire.Client;
import lib.wire.Report;
import lib.wire.Retry;
import lib.wire.Task;
import lib.wire.TaskStatus;
import lib.worker.admission.Codebases;
import lib.worker.admission.Decision;
import lib.worker.context.WorkerIdentity;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * From an announcement to a claim: the whole task is fetched, looked at again, our intent goes to the disk, and only then
 * is the server asked for it.
 */
public final class Claimer {
  private static final Logger LOG = LoggerFactory.getLogger(Claimer.class);
  private static final Duration TAKEN = Duration.ofSeconds(60); // a 409 may be a server's mistake: look again after a while
  private static final Duration SOON = Duration.ofSeconds(1);
  private static final Duration STREAMLESS = Duration.ofSeconds(2); // most streams are back within that
  private static final Duration DONE = Duration.ofHours(24);

  /** How it went. */
  sealed interface Result {

    /** The task is ours. */
    record Claimed(Task task, Journal.Claimed claimed, Duration budget, AgentPreparation readying) implements Result {}

    /** Look again after a while, at the task as it is known by now. */
    record Deferred(Task task, Duration howLong) implements Result {}

    /** Forget this queueing of it for so long. */
    record Skipped(Duration howLong) implements Result {}
  }

  private final Client client;
  private final Journal journal;
  private final WorkerIdentity identity;
  private final Codebases codebases;
  private final String server;
  private final boolean ours;
  private final BooleanSupplier streamUp;
  private final Supplier<Duration> longest;
  private final Redaction redaction;
  private final Clock time;
  private final RandomGenerator random;

  /**
   * Takes tasks of one server.
   *
   * @param server its id or address, under which the journal keeps attempts
   * @param ours whether it is our own server, which counts who declines
   * @param streamUp whether the server has our stream
   * @param longest the longest that an agent may run here; a server can only shorten it
   */
  public Claimer(Client client, Journal journal, WorkerIdentity identity, Codebases codebases, String server, boolean ours,
      BooleanSupplier streamUp, Supplier<Duration> longest, Redaction redaction, Clock time, RandomGenerator random) {
    this.client = client;
    this.journal = journal;
    this.identity = identity;
    this.codebases = codebases;
    this.server = server;
    this.ours = ours;
    this.streamUp = streamUp;
    this.longest = longest;
    this.redaction = redaction;
    this.time = time;
    this.random = random;
  }

  /**
   * Tries to take a task. The intent is in the journal before the server is asked, and leaves it only when the server's
   * answer is known.
   *
   * @param admission decides about the whole task, which may say more than the announcement did
   * @param stopping whether to give up waiting for a server that does not answer
   * @param agent begins to make the agent of a drafted attempt ready, while the disk and the server are asked; none runs
   *     before it is told to
   * @throws StoreFailed when the journal cannot be written; then nothing was claimed, or it was given back
   */
  Result take(Task hint, Function<Task, Decision> admission, BooleanSupplier stopping, BiFunction<Task, Attempt, AgentPreparation> agent)
      throws StoreFailed, InterruptedException {
    Task task;
    try {
      // our own server tells everything and looks at the status when it is asked for the task
      task = ours && hint.whole() ? hint : Retry.CLAIM.run(() -> client.task(hint.id()), time, random).filledFrom(hint);
    } catch (CallFailed e) {
      LOG.info("task={} cannot be read, looking again later: {}", hint.id(), e.getMessage());
      return new Result.Deferred(hint, e.kind() == CallFailed.Kind.MISSING ? TAKEN : Retry.STREAM.delay(3, e.retryAfter(), random));
    }
    var decision = admission.apply(task);
    if (decision.say() != Decision.Outcome.ADMIT) {
      LOG.info("task={} not taken: {}", task.id(), decision.reason());
      if (task.registration() && ours && decision.say() == Decision.Outcome.REJECT) {
        decline(task, decision.reason());
      }
      return decision.say() == Decision.Outcome.WAIT ? new Result.Deferred(task, SOON) : new Result.Skipped(TAKEN);
    }
    var before = journal.latest(task.id());
    if (before.isPresent() && before.get().marker().equals(task.marker())) {
      LOG.warn("task={} is offered again although we have done it; re-queue it to have it done again", task.id());
      return new Result.Skipped(DONE);
    }
    return claim(task, stopping, agent);
  }

  /** Our own server fails a task once every worker has declined it, instead of leaving it pending for ever. */
  private void decline(Task task, String why) throws InterruptedException {
    try {
      client.decline(task.id(), identity.workerId(), redaction.mask(why));
    } catch (CallFailed e) {
      LOG.warn("task={} could not be declined: {}", task.id(), e.getMessage());
    }
  }

  private Result claim(Task task, BooleanSupplier stopping, BiFunction<Task, Attempt, AgentPreparation> agent)
      throws StoreFailed, InterruptedException {
    var folder = task.builtin() || task.registration() ? null : codebases.find(task.codebase()).map(Codebase::path).orElse(null);
    var draft = Attempt.draft(server, identity.workerId(), task.id(), journal.next(task.id()), task.marker(), task.codebase(), folder,
        task.agent(), task.title(), time.now());
    var readying = folder == null ? AgentPreparation.NONE : agent.apply(task, draft);
    Result result = null;
    try {
      result = ask(task, journal.insertIntent(draft), stopping, readying);
      return result;
    } finally {
      if (!(result instanceof Result.Claimed)) {
        readying.discard();
      }
    }
  }

  private Result ask(Task task, Attempt intent, BooleanSupplier stopping, AgentPreparation readying) throws StoreFailed, InterruptedException {
    for (var failures = 1; ; failures++) {
      if (stopping.getAsBoolean()) { // from the first TERM on nothing is claimed
        if (failures == 1) {
          journal.deleteIntent(intent);
        } // else the server may have given it to us: the intent stays for the next start
        return new Result.Deferred(task, SOON);
      }
      try {
        return switch (client.claim(task.id(), identity.workerId())) {
          case Claim.Won won -> won(task, intent, won, readying);
          case Claim.Lost lost -> {
            LOG.info("task={} went to somebody else: {}", task.id(), lost.why());
            journal.deleteIntent(intent);
            // some servers refuse any claim of a worker whose stream they do not have
            yield lost.code() == null && !streamUp.getAsBoolean() ? new Result.Deferred(task, STREAMLESS) : new Result.Skipped(TAKEN);
          }
        };
      } catch (CallFailed e) {
        if (!e.kind().again() || e.kind() == CallFailed.Kind.DENIED) {
          LOG.warn("task={} the claim was refused: {}", task.id(), e.getMessage());
          if (failures == 1) {
            journal.deleteIntent(intent);
          } // else an earlier try may have given it to us, and only its answer was lost: the intent stays for the next start
          return new Result.Deferred(task, Retry.DENIED.delay(failures, e.retryAfter(), random));
        }
        time.sleep(Retry.CLAIM.delay(failures, e.retryAfter(), random));
        if (gone(task.id())) {
          journal.deleteIntent(intent);
          return new Result.Skipped(TAKEN);
        }
      }
    }
  }

  /** Whether somebody else has taken or ended it meanwhile: old servers let even that be claimed. */
  private boolean gone(String taskId) throws InterruptedException {
    try {
      var now = client.task(taskId);
      return now.status().terminal() || now.status() == TaskStatus.RUNNING && now.workerId() != null
          && !now.workerId().equals(identity.workerId());
    } catch (CallFailed e) {
      return false; // the claim itself is tried again and will tell
    }
  }

  private Result won(Task task, Attempt intent, Claim.Won won, AgentPreparation readying) throws StoreFailed, InterruptedException {
    try {
      // the claim itself made it `running` on our own server
      var owed = ours ? List.<Report>of() : List.of(Report.running(task.id(), identity.workerId(), null, won.attempt()));
      var claimed = journal.claimed(intent, won.attempt(), won.lease().toSeconds(), owed, time.now());
      var most = longest.get();
      var served = Duration.ofSeconds(won.timeoutSeconds());
      return new Result.Claimed(task, claimed, served.isZero() || served.compareTo(most) > 0 ? most : served, readying);
    } catch (StoreFailed e) {
      try { // nothing may run that is not on record: somebody else shall have it
        client.release(new Report(task.id(), identity.workerId(), TaskStatus.PENDING, null, null, "the worker's disk failed", won.attempt()));
      } catch (CallFailed unreleased) {
        e.addSuppressed(unreleased);
      }
      throw e;
    }
  }
}
