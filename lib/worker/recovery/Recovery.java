package lib.worker.recovery;

import module java.base;
import lib.agent.process.AttemptDirectory;
import lib.agent.process.ProcessTree;
import lib.agent.process.Supervisor;
import lib.client.ApiClient;
import lib.client.FailureLog;
import lib.client.http.ApiException;
import lib.client.http.RetryPolicy;
import lib.core.Json;
import lib.journal.Attempt;
import lib.outbox.Outbox;
import lib.protocol.Claim;
import lib.protocol.Task;
import lib.protocol.TaskReport;
import lib.protocol.TaskStatus;
import lib.store.DatabaseException;
import lib.worker.admission.RunningTasks;
import lib.worker.context.WorkerContext;
import lib.worker.context.WorkerEvent;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Restores unfinished attempts after a restart: hands ended ones to the outbox, and gives those back whose agents may run. Then it
 * asks the server, until it answers, whether each claim left as an intent succeeded; until then the task is not taken. It reports
 * tasks as lost that the server has as ours and nobody here knows. Run it on a virtual thread and interrupt that thread to end it.
 */
public final class Recovery implements Runnable {
  private static final Logger LOG = LoggerFactory.getLogger(Recovery.class);
  private static final String LOST = "lost"; // no marker of a queueing: a task that is queued again is run
  private static final int MAX_CALLS = 8; // each waits for the server and the disk in turn; more would only delay deliveries

  private final WorkerContext context;
  private final RunningTasks running;
  private final Outbox outbox;
  private final Map<String, List<Attempt>> intents = new LinkedHashMap<>(); // by task, oldest first; complete before it runs
  private final Semaphore calls = new Semaphore(MAX_CALLS);

  /** A recovery that has restored nothing yet. */
  public Recovery(WorkerContext context, RunningTasks running, Outbox outbox) {
    this.context = context;
    this.running = running;
    this.outbox = outbox;
  }

  /** Restores every attempt in the journal and in the attempts' directories; returns those that an agent may still work at. */
  public List<Attempt> restore() throws DatabaseException, InterruptedException {
    recordUnknown();
    var begun = new ArrayList<Attempt>();
    for (var attempt : context.journal().open()) {
      if (!attempt.workerId().equals(context.workerId())) {
        LOG.warn("attempt of another worker stays in the journal task={} worker={}: only that worker delivers it", attempt.taskId(),
            attempt.workerId());
        continue;
      }
      switch (attempt.state()) {
        case INTENT -> {
          intents.computeIfAbsent(attempt.taskId(), task -> new ArrayList<>()).add(attempt);
          running.markUnresolved(attempt.taskId());
        }
        case ENDED -> outbox.resume(attempt);
        default -> begun.add(attempt);
      }
    }
    return begun;
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

  @Override
  public void run() {
    try (var threads = Executors.newVirtualThreadPerTaskExecutor()) { // an interrupt while this closes ends them
      intents.values().forEach(attempts -> threads.submit(() -> resolve(attempts)));
      threads.submit(this::reportUnknown);
    }
  }

  /** Resolves the attempts at one task, one after the other, until the server has answered for each. */
  private Void resolve(List<Attempt> attempts) throws InterruptedException {
    for (var intent : attempts) {
      for (var failures = 1; !isResolved(intent, failures); failures++) {
        context.clock().sleep(RetryPolicy.DELIVER.delay(failures, Duration.ZERO, context.random()));
      }
    }
    running.markResolved(attempts.getFirst().taskId());
    context.events().publish(new WorkerEvent.ClaimResolved(attempts.getFirst().taskId()));
    return null;
  }

  private boolean isResolved(Attempt intent, int tries) throws InterruptedException {
    calls.acquire();
    try {
      resolve(intent);
      return true;
    } catch (ApiException | DatabaseException | IOException e) {
      if (tries == 1) {
        LOG.warn("cannot find out whether the claim succeeded, asking on task={}: {}", intent.taskId(), e.getMessage());
      }
      return false;
    } finally {
      calls.release();
    }
  }

  private void resolve(Attempt intent) throws ApiException, DatabaseException, IOException, InterruptedException {
    var directory = context.directory(intent);
    Task now;
    try {
      now = context.client().task(intent.taskId());
    } catch (ApiException e) {
      if (e.kind() != ApiException.Kind.MISSING) {
        throw e;
      }
      abandon(intent, directory, "the server does not know it");
      return;
    }
    if (context.journal().next(intent.taskId()) != intent.n() + 1) {
      abandon(intent, directory, "a later attempt at it is known");
    } else if (isOurs(now) || now.status() == TaskStatus.PENDING && Supervisor.find(directory).isPresent()) {
      confirm(intent, directory, isOurs(now));
    } else {
      if (!context.server().features().isOwn() && now.status() == TaskStatus.PENDING) {
        // such a server may have noted our claim beside the task, which keeps all others off it
        context.client().release(new TaskReport(intent.taskId(), intent.workerId(), TaskStatus.PENDING, null, null, null, 0));
      }
      abandon(intent, directory, "it is " + now.status().word());
    }
  }

  /** Whether it runs and is ours. Some servers name the worker in their lists only. */
  private boolean isOurs(Task now) throws ApiException, InterruptedException {
    if (now.status() != TaskStatus.RUNNING) {
      return false;
    }
    return now.workerId() != null ? now.workerId().equals(context.workerId())
        : runningHere().stream().anyMatch(task -> task.id().equals(now.id()));
  }

  private List<Task> runningHere() throws ApiException, InterruptedException {
    return context.client().tasks(new ApiClient.Query(TaskStatus.RUNNING, null, context.workerId(), null)).stream()
        .filter(task -> context.workerId().equals(task.workerId())).toList();
  }

  /**
   * Our own server repeats the claim's number to its owner. On some others a repeated claim changes the task: there the
   * task's own word counts, and a claim is made only for an agent that lives and lost its place.
   */
  private void confirm(Attempt intent, AttemptDirectory directory, boolean isOurs)
      throws ApiException, DatabaseException, IOException, InterruptedException {
    var isNumbered = context.server().features().numbersClaims();
    switch (isOurs && !isNumbered ? new Claim.Won(0, Duration.ZERO, 0) : context.client().claim(intent.taskId(), intent.workerId())) {
      case Claim.Won won -> {
        var due = isOurs ? null : TaskReport.running(intent.taskId(), intent.workerId(), null, won.attempt());
        var claimed = context.journal().claimed(intent, won.attempt(), won.lease().toSeconds(), due, context.clock().now());
        LOG.info("claim of an earlier start confirmed task={}: its agent {}", intent.taskId(),
            directory.wasStarted() ? "was started" : "was not started");
        context.events().publish(new WorkerEvent.ClaimConfirmed(claimed));
      }
      case Claim.Lost lost -> abandon(intent, directory, lost.why());
    }
  }

  /** The task is not ours. Inputs without an agent leave no trace; an agent that still lives must not continue. */
  private void abandon(Attempt intent, AttemptDirectory directory, String why) throws DatabaseException, IOException, InterruptedException {
    LOG.info("claim of an earlier start did not succeed or is over task={}: {}", intent.taskId(), why);
    if (!directory.exists() || !directory.forbidStart()) {
      Supervisor.find(directory).ifPresent(Supervisor::abandon);
      directory.clear();
      context.journal().deleteIntent(intent);
      return;
    }
    new ProcessTree(directory, Supervisor.find(directory).map(ProcessHandle::pid).orElse(0L), context.clock()).end();
    context.journal().over(intent, Json.write(Json.object().put("reason", "superseded").put("error", why)), context.clock().now());
  }

  /** A lost journal leaves tasks without a directory at the server: they would run there for ever. */
  private Void reportUnknown() throws InterruptedException {
    var outage = new FailureLog(LOG, "listing the tasks that run here");
    while (true) {
      try {
        var known = running.all().stream().map(place -> place.taskId()).collect(Collectors.toSet());
        for (var task : runningHere()) {
          if (!known.contains(task.id()) && !intents.containsKey(task.id()) && context.journal().latest(task.id()).isEmpty()) {
            reportLost(task);
          }
        }
        return null;
      } catch (ApiException e) {
        context.clock().sleep(RetryPolicy.REGISTER.delay(outage.failed(e), e.retryAfter(), context.random()));
      } catch (DatabaseException e) {
        LOG.error("cannot record tasks that only the server knows, the next start tries again: {}", e.getMessage());
        return null;
      }
    }
  }

  private void reportLost(Task task) throws DatabaseException, InterruptedException {
    LOG.warn("the server has a task as running here that nobody here knows, reporting it as lost task={}", task.id());
    var at = context.clock().now();
    var error = "the worker lost its record of the task: its state folder was damaged or replaced";
    var draft = new Attempt(0, context.server().features().key(), context.workerId(), task.id(), context.journal().next(task.id()), LOST,
        task.codebase(), null, task.agent(), task.title(), task.attempt(), 0, Attempt.State.INTENT, null, at, Attempt.Position.START, null);
    outbox.resume(context.journal().insertEnded(draft, Json.write(Json.object().put("status", TaskStatus.FAILED.word()).put("reason", "lost").put("error", error)),
        new TaskReport(task.id(), context.workerId(), TaskStatus.FAILED, null, null, error, task.attempt()), at));
  }
}
