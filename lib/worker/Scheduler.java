package lib.worker;

import module java.base;
import com.fasterxml.jackson.databind.node.ObjectNode;
import lib.client.http.ApiException;
import lib.client.http.RetryPolicy;
import lib.core.Json;
import lib.core.Reporting;
import lib.feed.Inbox;
import lib.journal.Attempt;
import lib.protocol.Task;
import lib.protocol.TaskStatus;
import lib.store.DatabaseException;
import lib.worker.admission.Admission;
import lib.worker.admission.AdmissionController;
import lib.worker.admission.Decision.Outcome;
import lib.worker.admission.Decision;
import lib.worker.admission.RunningTasks.RunningTask;
import lib.worker.admission.RunningTasks;
import lib.worker.admission.WorkerSnapshot;
import lib.worker.attempt.AdmittedTask;
import lib.worker.attempt.AttemptRunner;
import lib.worker.attempt.ClaimResult;
import lib.worker.attempt.Claimer;
import lib.worker.context.WorkerContext;
import lib.worker.context.WorkerEvent;
import lib.worker.presence.Registrar;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Gives waiting tasks their places, the most urgent first, and runs each on a thread of its own. Asks admission about the
 * announcement, to give the place, and about the whole task before the claim. Run it on a virtual thread and interrupt that
 * thread to end it.
 */
final class Scheduler implements Reporting {
  private static final Logger LOG = LoggerFactory.getLogger(Scheduler.class);
  /** No event says that another worker's agent has left a directory or that a usage limit is over. */
  private static final Duration RECHECK = Duration.ofSeconds(2);
  private static final Duration MISSING = Duration.ofSeconds(60);
  private static final Duration REJECTED = Duration.ofMinutes(10); // by then a setting or a registration may have changed
  private static final Duration DONE = Duration.ofHours(24); // no server replays longer; the journal remembers beyond
  private static final int MAX_SHOWN = 50; // a person reads no more; the count is beside it
  private static final Duration RETRY_DISK = Duration.ofSeconds(10);

  private final WorkerContext context;
  private final Inbox inbox;
  private final AdmissionController admission;
  private final RunningTasks running;
  private final Claimer claimer;
  private final AttemptRunner runner;
  private final Registrar registrar;
  private final Set<Thread> threads = ConcurrentHashMap.newKeySet();
  private final AtomicInteger done = new AtomicInteger();
  private volatile String onlyTask;

  Scheduler(WorkerContext context, Inbox inbox, AdmissionController admission, RunningTasks running, Claimer claimer, AttemptRunner runner,
      Registrar registrar) {
    this.context = context;
    this.inbox = inbox;
    this.admission = admission;
    this.running = running;
    this.claimer = claimer;
    this.runner = runner;
    this.registrar = registrar;
  }

  /** Leaves every other task alone. */
  void restrictTo(String taskId) {
    onlyTask = taskId;
  }

  /** Tasks done since the start. */
  int done() {
    return done.get();
  }

  /** Leaves every agent running and waits for the threads that watched them. */
  void detachAll() throws InterruptedException {
    for (var thread : threads) {
      thread.interrupt();
      thread.join();
    }
  }

  /** Runs until its thread is interrupted. */
  void run() throws InterruptedException {
    var changes = -1L;
    while (true) {
      changes = inbox.await(changes, RECHECK);
      dispatch();
    }
  }

  /** Gives a place to every waiting task that may run now. */
  private void dispatch() {
    try {
      WorkerSnapshot now = null; // made for the first task that asks, and again after each that gets a place
      for (var task : inbox.waiting()) {
        if (running.has(task.id())) {
          inbox.take(task.id());
          context.events().publish(new WorkerEvent.RunningTaskAnnounced(task.id()));
        } else if (onlyTask == null || onlyTask.equals(task.id())) {
          now = now == null || !admission.isCurrent(now) ? admission.snapshot(null) : now;
          now = dispatch(task, now) ? null : now;
        }
      }
    } catch (DatabaseException e) {
      LOG.error("cannot read the journal, tasks wait: {}", e.getMessage());
    }
  }

  /** Returns whether the task got a place. */
  private boolean dispatch(Task task, WorkerSnapshot now) throws DatabaseException {
    if (now.freeSlots() <= 0 && admission.log().find(task.id()).isPresent()) {
      return false; // a full worker decides about each task once, not with every announcement
    }
    var decision = admission.decide(task, null, now);
    if (decision.outcome() == Outcome.REJECT && admission.isCurrent(now)) {
      LOG.debug("rejected task={}: {}", task.id(), decision.reason());
      inbox.suppress(task, REJECTED);
      if (!admission.isCurrent(now)) { // its codebase may have been registered this instant, and no feed brings it again
        inbox.clearSuppressed();
        inbox.offer(task);
      }
    }
    if (decision.outcome() != Outcome.ADMIT || !inbox.take(task.id())) {
      return false;
    }
    var place = running.add(task, decision.directory());
    if (place == null) {
      return false; // a restored attempt took it this instant
    }
    admission.taken();
    start(place, null);
    return true;
  }

  /** @param restored the attempt of an earlier process; null for a new task */
  private void start(RunningTask place, Attempt restored) {
    var thread = Thread.ofVirtual().name("task " + place.taskId()).unstarted(() -> {
      try {
        run(place, restored);
      } finally {
        running.remove(place);
        threads.remove(Thread.currentThread());
        inbox.signal();
      }
    });
    threads.add(thread);
    thread.start();
  }

  private void run(RunningTask place, Attempt restored) {
    var isCounted = restored == null;
    try {
      var admitted = restored == null ? admit(place) : Optional.of(new AdmittedTask(place, place.task(), null, restored));
      if (admitted.isPresent()) {
        switch (runner.run(admitted.get())) {
          case ClaimResult.Claimed claimed -> {
            admission.holds().journalWorks();
            inbox.suppress(admitted.get().task(), DONE);
            done.addAndGet(isCounted ? 1 : 0);
            isCounted = false;
          }
          case ClaimResult.Deferred deferred -> inbox.defer(admitted.get().task(), deferred.delay());
          case ClaimResult.Skipped skipped -> inbox.suppress(admitted.get().task(), skipped.howLong());
        }
      }
    } catch (DatabaseException e) {
      LOG.error("cannot write the journal, no task is taken, retrying in {} s task={}: {}", RETRY_DISK.toSeconds(), place.taskId(), e.getMessage());
      admission.holds().journalFailed(e.getMessage());
      inbox.defer(place.task(), RETRY_DISK);
    } catch (InterruptedException e) {
      LOG.info("left to its supervisor task={}", place.taskId());
    } finally {
      if (isCounted) {
        admission.notTaken();
      }
    }
  }

  /** Completes a task that has its place and decides about the whole of it; empty when it may not run, after all. */
  private Optional<AdmittedTask> admit(RunningTask place) throws DatabaseException, InterruptedException {
    var hint = place.task();
    var isWhole = context.server().features().announcesWholeTasks() && hint.whole();
    if (isWhole && hint.builtin()) {
      return Optional.of(new AdmittedTask(place, hint, null, null)); // it got its place by a decision about the whole of it
    }
    var intent = isWhole ? null : claimer.intend(hint, place.directory()); // the disk takes as long as the server
    AdmittedTask admitted = null;
    try {
      var task = isWhole ? hint : RetryPolicy.CLAIM.run(() -> context.client().task(hint.id()), context.clock(), context.random()).filledFrom(hint);
      if (place.directory() != null) {
        admission.holds().lookAtLocks(); // another worker's agent may have begun since the last look, and would keep this slot from all others
      }
      var decision = admission.decide(task, registrar.refusal(task).orElse(null), admission.snapshot(place));
      if (decision.outcome() != Outcome.ADMIT) {
        putOff(task, decision);
      } else if (Objects.equals(decision.directory(), place.directory())) {
        admitted = new AdmittedTask(place, task, intent, null);
      } else {
        inbox.defer(task, Duration.ZERO); // it needs another place than its announcement said
      }
    } catch (ApiException e) {
      LOG.info("cannot read task={}, retrying later: {}", hint.id(), e.getMessage());
      inbox.defer(hint, e.kind() == ApiException.Kind.MISSING ? MISSING : RetryPolicy.STREAM.delay(3, e.retryAfter(), context.random()));
    } finally {
      if (admitted == null && intent != null) {
        claimer.withdraw(intent);
      }
    }
    return Optional.ofNullable(admitted);
  }

  private void putOff(Task task, Decision decision) throws InterruptedException {
    LOG.info("not admitted task={}: {}", task.id(), decision.reason());
    if (decision.outcome() == Outcome.WAIT) {
      inbox.defer(task, RECHECK);
      return;
    }
    inbox.suppress(task, MISSING);
    if (task.registration() && context.server().features().countsDeclines()) {
      decline(task, decision.reason());
    }
  }

  /** The server fails a task that every worker declined, instead of leaving it pending for ever. */
  private void decline(Task task, String why) throws InterruptedException {
    try {
      context.client().decline(task.id(), context.workerId(), context.redaction().mask(why));
    } catch (ApiException e) {
      LOG.warn("cannot decline task={}: {}", task.id(), e.getMessage());
    }
  }

  /**
   * Continues a task that an earlier process of this worker claimed. It has its place, whatever else runs, unless another
   * attempt at the same task runs here.
   */
  void restore(Attempt attempt) {
    var place = running.add(task(attempt), attempt.codebase());
    if (place == null) {
      LOG.warn("task={} runs already, attempt {} waits for the next start", attempt.taskId(), attempt.n());
      return;
    }
    start(place, attempt);
  }

  /** The task as it was when it was claimed, or as much of it as the journal has. */
  private Task task(Attempt attempt) {
    try {
      var saved = context.directory(attempt).task();
      if (saved.isPresent()) {
        return saved.get();
      }
    } catch (IOException e) {
      LOG.warn("cannot read the saved task={}, using the journal: {}", attempt.taskId(), e.getMessage());
    }
    return Task.read(Json.object().put("id", attempt.taskId()).put("codebase_id", attempt.codebaseId()).put("agent_type", attempt.agentType())
        .put("status", TaskStatus.RUNNING.word())).orElseThrow();
  }

  @Override
  public void status(ObjectNode json) {
    var now = admission.snapshot(null);
    var all = inbox.all();
    json.put("waiting_count", all.size());
    var waiting = json.putArray("waiting");
    all.stream().limit(MAX_SHOWN).forEach(task -> waiting.addObject().put("task_id", task.id()).put("codebase_id", task.codebase())
        .put("agent_type", task.agent()).put("priority", task.priority())
        .put("why", Admission.decide(new Admission.Candidate(task, null, null), now).reason()));
  }
}
