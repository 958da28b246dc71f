package lib.worker.attempt;

import module java.base;
import lib.agent.process.AttemptDirectory;
import lib.client.http.ApiException;
import lib.client.http.RetryPolicy;
import lib.config.SettingsTable;
import lib.feed.StreamFeed;
import lib.journal.Attempt;
import lib.protocol.Claim;
import lib.protocol.Task;
import lib.protocol.TaskReport;
import lib.protocol.TaskStatus;
import lib.store.DatabaseException;
import lib.worker.admission.HoldMonitor;
import lib.worker.context.WorkerContext;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Asks the server for a task ({@code POST …/tasks/{id}/claim} or what the server has instead). The intent is on disk before
 * the server is asked, and leaves the journal only when the server's answer is known. Thread-safe.
 *
 * @param stream some servers refuse every claim of a worker whose stream they do not have
 */
public record Claimer(WorkerContext context, StreamFeed stream, HoldMonitor holds) {
  private static final Logger LOG = LoggerFactory.getLogger(Claimer.class);
  private static final Duration TAKEN = Duration.ofSeconds(60); // a 409 may be a server's mistake: try again after a while
  private static final Duration STOPPING = Duration.ofSeconds(1);
  private static final Duration STREAMLESS = Duration.ofSeconds(2); // most streams are back within that

  /** An agent's inputs, which are written while the server is asked for the task. Await or discard them. Thread-safe. */
  public record Inputs(AttemptDirectory directory, FutureTask<Void> write) {

    /**
     * Waits until they are on the disk.
     *
     * @throws lib.core.MachineFailure when they cannot be written
     */
    void await() throws IOException, InterruptedException {
      Claimer.await(write, IOException.class);
    }

    /** Removes them: the task is not claimed. */
    void discard() throws InterruptedException {
      try {
        await();
        directory.clear();
      } catch (IOException e) {
        return; // what is left of them goes with the next attempt, or after keep_days
      }
    }
  }

  private static <T, E extends Exception> T await(FutureTask<T> write, Class<E> failure) throws E, InterruptedException {
    try {
      return write.get();
    } catch (ExecutionException e) {
      if (failure.isInstance(e.getCause())) {
        throw failure.cast(e.getCause());
      }
      throw new IllegalStateException(e.getCause());
    }
  }

  /** Starts writing the intent to claim a task, while its caller reads the task. Claim or withdraw it. */
  public FutureTask<Attempt> intend(Task task, Path directory) {
    return begin("intent " + task.id(), () -> context.journal().insertIntent(Attempt.draft(context.server().features().key(), context.workerId(), task,
        context.journal().next(task.id()), directory, context.clock().now())));
  }

  private static <T> FutureTask<T> begin(String name, Callable<T> write) {
    var writing = new FutureTask<>(write);
    Thread.ofVirtual().name(name).start(writing);
    return writing;
  }

  /** Begins to write an agent's inputs. */
  private Inputs inputs(Task task, Attempt attempt) {
    var directory = context.directory(attempt);
    return new Inputs(directory, begin("inputs " + task.id(), () -> {
      directory.create();
      directory.writeInputs(task.prompt() == null ? "" : task.prompt(), task.raw(), attempt.toJson());
      return null;
    }));
  }

  /** Removes an intent whose task is not claimed after all. */
  public void withdraw(FutureTask<Attempt> intent) throws DatabaseException, InterruptedException {
    context.journal().deleteIntent(await(intent, DatabaseException.class));
  }

  /**
   * Claims a task.
   *
   * @throws DatabaseException when the journal cannot be written; then nothing was claimed, or it was given back
   */
  public ClaimResult claim(AdmittedTask admitted) throws DatabaseException, InterruptedException {
    var task = admitted.task();
    var intent = await(admitted.intent() != null ? admitted.intent() : intend(task, admitted.place().directory()), DatabaseException.class);
    var inputs = admitted.isBuiltin() ? null : inputs(task, intent.describedBy(task));
    ClaimResult result = null;
    try {
      result = claim(admitted, intent, inputs);
      return result;
    } finally {
      if (inputs != null && !(result instanceof ClaimResult.Claimed)) {
        inputs.discard();
      }
    }
  }

  private ClaimResult claim(AdmittedTask admitted, Attempt intent, Inputs inputs) throws DatabaseException, InterruptedException {
    var task = admitted.task();
    for (var failures = 1; ; failures++) {
      if (holds.isClosed() || admitted.place().stopRequest().isPresent()) { // from the first TERM on nothing is claimed
        withdraw(intent, failures);
        return new ClaimResult.Deferred(STOPPING);
      }
      try {
        return switch (context.client().claim(task.id(), context.workerId())) {
          case Claim.Won won -> won(task, intent, won, inputs);
          case Claim.Lost lost -> lost(intent, lost);
        };
      } catch (ApiException e) {
        if (!e.kind().again() || e.kind() == ApiException.Kind.DENIED) {
          LOG.warn("claim refused task={}, retrying later: {}", task.id(), e.getMessage());
          withdraw(intent, failures);
          return new ClaimResult.Deferred(RetryPolicy.DENIED.delay(failures, e.retryAfter(), context.random()));
        }
        context.clock().sleep(RetryPolicy.CLAIM.delay(failures, e.retryAfter(), context.random()));
        if (isTakenOrEnded(task.id())) {
          context.journal().deleteIntent(intent);
          return new ClaimResult.Skipped(TAKEN);
        }
      }
    }
  }

  /** After a failed try the server may have given us the task: then the intent stays for the next start to resolve. */
  private void withdraw(Attempt intent, int tries) throws DatabaseException, InterruptedException {
    if (tries == 1) {
      context.journal().deleteIntent(intent);
    }
  }

  private ClaimResult lost(Attempt intent, Claim.Lost lost) throws DatabaseException, InterruptedException {
    LOG.info("claim lost task={}: {}", intent.taskId(), lost.why());
    context.journal().deleteIntent(intent);
    return lost.code() == null && !stream.up() ? new ClaimResult.Deferred(STREAMLESS) : new ClaimResult.Skipped(TAKEN);
  }

  /** Old servers let a worker claim even a task that another has taken or ended meanwhile. */
  private boolean isTakenOrEnded(String taskId) throws InterruptedException {
    try {
      var now = context.client().task(taskId);
      return now.status().terminal() || now.status() == TaskStatus.RUNNING && now.workerId() != null
          && !now.workerId().equals(context.workerId());
    } catch (ApiException e) {
      return false; // the claim itself is tried again, and its answer decides
    }
  }

  private ClaimResult won(Task task, Attempt intent, Claim.Won won, Inputs inputs) throws DatabaseException, InterruptedException {
    try {
      var due = context.server().features().claimSetsRunning() ? null : TaskReport.running(task.id(), context.workerId(), null, won.attempt());
      var claimed = context.journal().claimed(intent.describedBy(task), won.attempt(), won.lease().toSeconds(), due, context.clock().now());
      var longest = context.settings().get(SettingsTable.TASK_TIMEOUT);
      var granted = Duration.ofSeconds(won.timeoutSeconds());
      return new ClaimResult.Claimed(claimed, granted.isZero() || granted.compareTo(longest) > 0 ? longest : granted, inputs);
    } catch (DatabaseException e) {
      giveBack(task, won, e); // an attempt that is not on record must not run
      throw e;
    }
  }

  private void giveBack(Task task, Claim.Won won, DatabaseException failure) throws InterruptedException {
    try {
      context.client().release(new TaskReport(task.id(), context.workerId(), TaskStatus.PENDING, null, null, "the worker's disk failed",
          won.attempt()));
    } catch (ApiException e) {
      failure.addSuppressed(e);
    }
  }
}
