package lib.worker.attempt;

import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.time.temporal.ChronoUnit;
import java.util.function.BiConsumer;
import java.util.function.BooleanSupplier;
import java.util.function.Function;
import lib.agent.output.OutputPosition;
import lib.agent.output.OutputSource;
import lib.agent.output.Transcript;
import lib.agent.process.AttemptDirectory;
import lib.core.Clock;
import lib.core.Json;
import lib.feed.Inbox;
import lib.journal.Attempt;
import lib.journal.Journal;
import lib.masking.Redaction;
import lib.outbox.Outbox;
import lib.store.StoreFailed;
import lib.wire.Task;
import lib.wire.TaskStatus;
import lib.worker.admission.AgentBreaker;
import lib.worker.admission.Decision;
import lib.worker.admission.RunningTasks;
import lib.worker.admission.UsageLimits;
import lib.worker.context.EventBus;
import lib.worker.context.WorkerEvent;
import lib.worker.context.WorkerIdentity;
import lib.worker.presence.SessionSyncLoop;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** One task's whole way here: taken, done, its outcome recorded and handed to the outbox. */
public final class AttemptRunner {
  private static final Logger LOG = LoggerFactory.getLogger(AttemptRunner.class);
  private static final Duration DONE = Duration.ofHours(24); // no server replays longer; the journal remembers beyond
  private static final Duration START = Duration.ofMillis(5); // a program's start: our books would take the cores it needs
  private static final Duration DISK = Duration.ofSeconds(10); // how often a full disk is tried again

  private final Claimer taking;
  private final AgentLauncher doing;
  private final Journal journal;
  private final Outbox outbox;
  private final Inbox inbox;
  private final WorkerIdentity identity;
  private final UsageLimits limits;
  private final boolean ours;
  private final boolean requeue;
  private final long outputMax;
  private final BiConsumer<Path, AgentBreaker.Ended> agentEnded;
  private final SessionSyncLoop syncing;
  private final EventBus events;
  private final Redaction redaction;
  private final Clock time;
  private volatile boolean neverRequeue;

  /**
   * Runs tasks.
   *
   * @param requeue whether a task that met a usage limit is to be done again later
   * @param agentEnded told which agent CLI was started here and how it ended
   */
  public AttemptRunner(Claimer taking, AgentLauncher doing, Journal journal, Outbox outbox, Inbox inbox, WorkerIdentity identity, UsageLimits limits, boolean ours,
      boolean requeue, long outputMax, BiConsumer<Path, AgentBreaker.Ended> agentEnded, SessionSyncLoop syncing, EventBus events,
      Redaction redaction, Clock time) {
    this.taking = taking;
    this.doing = doing;
    this.journal = journal;
    this.outbox = outbox;
    this.inbox = inbox;
    this.identity = identity;
    this.limits = limits;
    this.ours = ours;
    this.requeue = requeue;
    this.outputMax = outputMax;
    this.agentEnded = agentEnded;
    this.syncing = syncing;
    this.events = events;
    this.redaction = redaction;
    this.time = time;
  }

  /**
   * Runs it; returns whether it was done. An interrupt leaves a started agent running.
   *
   * @throws StoreFailed when the journal cannot be written, so that no task may be taken
   */
  public boolean run(RunningTasks.RunningTask entry, Function<Task, Decision> admission, BooleanSupplier stopping) throws StoreFailed, InterruptedException {
    switch (taking.take(entry.task(), admission, stopping, this::readying)) {
      case Claimer.Result.Deferred later -> {
        inbox.defer(later.task(), later.howLong());
        return false;
      }
      case Claimer.Result.Skipped ignore -> {
        inbox.suppress(entry.task(), ignore.howLong());
        return false;
      }
      case Claimer.Result.Claimed taken -> {
        inbox.suppress(taken.task(), DONE);
        entry.attempt().set(taken.claimed().attempt());
        perform(entry, taken);
        return true;
      }
    }
  }

  private void perform(RunningTasks.RunningTask entry, Claimer.Result.Claimed taken) throws InterruptedException {
    var task = taken.task();
    var attempt = taken.claimed().attempt();
    if (task.builtin() || task.registration()) {
      outbox.open(taken.claimed(), OutputSource.NONE);
      logClaimed(taken);
      finish(attempt, builtin(task));
      return;
    }
    try (var ready = taken.readying().await()) {
      var transcript = new Transcript(ready.folder(), OutputPosition.START, outputMax, redaction);
      doing.grant(task, ready.folder(), taken.budget());
      var refusal = ready.go(); // the first thing: people wait for it
      time.sleep(START);
      outbox.open(taken.claimed(), transcript);
      logClaimed(taken);
      var verdict = refusal != null ? refusal : applyUsageLimit(task, agent(entry, taken, ready));
      if (refusal == null) {
        agentEnded.accept(ready.program(), verdict.forBreaker());
      }
      close(ready.folder(), verdict, task.id());
      transcript.complete();
      finish(attempt, verdict);
      syncing.ended(task.id());
    } catch (IOException e) { // before the agent: its folder cannot be made
      outbox.open(taken.claimed(), OutputSource.NONE);
      finish(attempt, Verdict.failed("agent-error", "the worker cannot write to its state folder: " + e.getMessage()));
    }
  }

  /**
   * Goes on with an attempt that an earlier process of this worker claimed: its agent lives on, has ended, has vanished, or
   * was never let go.
   *
   * @param lives whether some process of it may be alive
   */
  public void adopt(RunningTasks.RunningTask entry, Attempt attempt, boolean lives) throws InterruptedException {
    var folder = AttemptDirectory.of(identity.stateDir(), attempt.taskId(), attempt.n());
    inbox.suppress(entry.task(), DONE);
    if (!wasStarted(attempt, folder)) {
      deliver(attempt, OutputSource.NONE);
      finish(attempt, Verdict.NOT_BEGUN);
      return;
    }
    LOG.info("task={} codebase={} going on with its agent", attempt.taskId(), attempt.codebase());
    var transcript = transcript(attempt, folder);
    deliver(attempt, transcript == null ? OutputSource.NONE : transcript);
    var seen = reattach(entry, attempt, folder, lives);
    // its supervisor may only now have seen that nobody says "go"
    var verdict = wasStarted(attempt, folder) ? applyUsageLimit(task(entry, folder), seen) : Verdict.NOT_BEGUN;
    close(folder, verdict, attempt.taskId());
    if (transcript != null) {
      transcript.complete();
    }
    finish(attempt, verdict);
    syncing.ended(attempt.taskId());
  }

  /** Whether its agent was let go. In doubt it was: a task must not be done twice. */
  private static boolean wasStarted(Attempt attempt, AttemptDirectory folder) {
    try {
      return attempt.state() == Attempt.State.STARTED || folder.wasStarted();
    } catch (IOException e) {
      LOG.error("task={} whether its agent began cannot be read: {}", attempt.taskId(), e.getMessage());
      return true;
    }
  }

  /** What its agent said; null when that cannot be read, which must not hold up the outcome. */
  private Transcript transcript(Attempt attempt, AttemptDirectory folder) {
    try {
      return new Transcript(folder, attempt.sent(), outputMax, redaction);
    } catch (IOException e) {
      LOG.error("task={} its output is lost, the file cannot be read: {}", attempt.taskId(), e.getMessage());
      return null;
    }
  }

  private static Task task(RunningTasks.RunningTask entry, AttemptDirectory folder) {
    try {
      return folder.task().orElse(entry.task());
    } catch (IOException e) {
      LOG.warn("task={} what was asked of its agent cannot be read: {}", entry.task().id(), e.getMessage());
      return entry.task();
    }
  }

  /** Begins to deliver, once the journal says what is owed: until then the task keeps its place, and its agent goes on. */
  private void deliver(Attempt attempt, OutputSource spool) throws InterruptedException {
    while (true) {
      try {
        outbox.adopt(attempt, spool);
        return;
      } catch (StoreFailed e) {
        LOG.error("task={} what it owes cannot be read, trying on: {}", attempt.taskId(), e.getMessage());
        time.sleep(DISK);
      }
    }
  }

  private Verdict reattach(RunningTasks.RunningTask entry, Attempt attempt, AttemptDirectory folder, boolean lives) throws InterruptedException {
    try {
      return doing.agent(attempt, folder, lives, entry.order(), session -> {
        syncing.begins(attempt.taskId(), session);
        if (!session.equals(attempt.sessionId())) {
          tellSession(attempt, session);
        }
      });
    } catch (IOException e) {
      return Verdict.failed("agent-error", "the worker could not watch the agent: " + e.getMessage());
    } catch (RuntimeException | Error e) {
      return bug(entry.task(), e);
    }
  }

  private void tellSession(Attempt attempt, String session) {
    try {
      outbox.session(attempt, session);
    } catch (StoreFailed e) {
      LOG.warn("task={} its session {} is reported with the outcome: {}", attempt.taskId(), session, e.getMessage());
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  private void logClaimed(Claimer.Result.Claimed taken) {
    var task = taken.task();
    events.publish(new WorkerEvent.TaskClaimed(taken.claimed().attempt()));
    LOG.info("task={} codebase={} type={} claimed, attempt {}", task.id(), task.codebase(), task.agent(), taken.claimed().attempt().n());
  }

  private AgentPreparation readying(Task task, Attempt intent) {
    var folder = AttemptDirectory.of(identity.stateDir(), task.id(), intent.n());
    return AgentPreparation.begin(() -> {
      try {
        return doing.ready(task, folder, intent);
      } catch (RuntimeException | Error e) {
        return new PreparedAgent(folder, null, null, null, bug(task, e));
      }
    });
  }

  private Verdict builtin(Task task) throws InterruptedException {
    try {
      return doing.builtin(task);
    } catch (StoreFailed e) {
      return Verdict.failed("agent-error", "the worker's journal cannot be written: " + e.getMessage());
    } catch (RuntimeException | Error e) {
      return bug(task, e);
    }
  }

  private Verdict agent(RunningTasks.RunningTask entry, Claimer.Result.Claimed taken, PreparedAgent ready) throws InterruptedException {
    var attempt = taken.claimed().attempt();
    LOG.info("task={} codebase={} agent started", attempt.taskId(), attempt.codebase());
    events.publish(new WorkerEvent.AgentStarted(attempt));
    started(attempt);
    try {
      return doing.agent(taken.task(), ready, taken.budget(), entry.order(), session -> {
        syncing.begins(attempt.taskId(), session);
        tellSession(attempt, session);
      });
    } catch (IOException e) {
      return Verdict.failed("agent-error", "the worker could not watch the agent: " + e.getMessage());
    } catch (RuntimeException | Error e) {
      return bug(taken.task(), e);
    }
  }

  /** Draws the consequences of a usage limit: its provider is left alone, and the task is put back where that is wanted. */
  private Verdict applyUsageLimit(Task task, Verdict verdict) {
    var provider = UsageLimits.provider(task);
    if (verdict.status() == TaskStatus.COMPLETED) {
      limits.served(provider);
    }
    if (verdict.limit() == null) {
      return verdict;
    }
    var until = limits.refused(provider, verdict.limit().waitFrom(time.now()));
    LOG.warn("task={} no task for {} until {}: {}", task.id(), provider, until.truncatedTo(ChronoUnit.SECONDS), verdict.limit().message());
    return requeue && ours && !neverRequeue ? verdict.requeued() : verdict;
  }

  /** Somebody waits for the outcome of the next task: it is never put back. */
  public void neverRequeue() {
    neverRequeue = true;
  }

  private void started(Attempt attempt) {
    try {
      journal.started(attempt, time.now());
    } catch (StoreFailed e) {
      LOG.warn("task={} its start is not in the journal: {}", attempt.taskId(), e.getMessage());
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  /** Whatever goes wrong in our own code or with memory, a task that is ours ends in a terminal state. */
  private static Verdict bug(Task task, Throwable e) {
    LOG.error("task={} a bug in the worker ended it", task.id(), e);
    return Verdict.failed("bug", "a bug in the worker ended it: " + e);
  }

  private static void close(AttemptDirectory folder, Verdict verdict, String taskId) {
    try {
      folder.close(verdict.closingLine());
    } catch (IOException e) {
      LOG.warn("task={} its closing line is not written: {}", taskId, e.getMessage());
    }
  }

  /** Records the outcome, for as long as it takes: a full disk heals, and a task that is ours must end. */
  private void finish(Attempt attempt, Verdict verdict) throws InterruptedException {
    while (true) {
      try {
        var again = verdict.limit() != null && verdict.status() == TaskStatus.FAILED && requeue && !neverRequeue;
        outbox.finish(attempt, Json.write(verdict.toJson()), verdict.reports(attempt), again);
        events.publish(new WorkerEvent.AttemptEnded(attempt, verdict.status(), verdict.reason(), verdict.facts().time()));
        LOG.info("task={} codebase={} {}{}", attempt.taskId(), attempt.codebaseId(), verdict.status().word(),
            verdict.reason() == null ? "" : " (" + verdict.reason() + ")");
        return;
      } catch (StoreFailed e) {
        LOG.error("task={} its outcome cannot be recorded, trying on: {}", attempt.taskId(), e.getMessage());
        time.sleep(DISK);
      }
    }
  }
}
