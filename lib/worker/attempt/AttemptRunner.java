package lib.worker.attempt;

import module java.base;
import lib.agent.output.OutputRecorder;
import lib.agent.process.AttemptDirectory;
import lib.client.ServerFeatures;
import lib.client.http.ApiException;
import lib.config.SettingsTable;
import lib.core.MachineFailure;
import lib.core.Problem;
import lib.journal.Attempt;
import lib.outbox.Outbox;
import lib.protocol.Task;
import lib.protocol.TaskStatus;
import lib.store.DatabaseException;
import lib.worker.admission.HoldMonitor;
import lib.worker.admission.RunningTasks.RunningTask;
import lib.worker.admission.UsageLimits;
import lib.worker.attempt.ClaimResult.Claimed;
import lib.worker.context.WorkerContext;
import lib.worker.context.WorkerEvent;
import lib.worker.presence.Registrar;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Runs one task from the intent to its last report. A task that this worker claimed ends in a terminal state, whatever goes
 * wrong here. Thread-safe: each task has a thread of its own.
 */
public final class AttemptRunner {
  private static final Logger LOG = LoggerFactory.getLogger(AttemptRunner.class);
  private static final Duration RETRY_DISK = Duration.ofSeconds(10); // how often a full disk is tried again

  private static final int MAX_COMPLETIONS = 5;

  private final WorkerContext context;
  private final Claimer claimer;
  private final AgentLauncher launcher;
  private final Outbox outbox;
  private final UsageLimits limits;
  private final HoldMonitor holds;
  private final Registrar registrar;
  private volatile boolean mayRequeue = true;

  /** What came of starting or reattaching an agent. @param agent null when there is none to watch @param ended the outcome then */
  private record Launch(AgentHandle agent, Verdict ended) {
    Launch(Verdict ended) {
      this(null, ended);
    }
  }

  /** A runner for all tasks of a worker. */
  public AttemptRunner(WorkerContext context, Claimer claimer, AgentLauncher launcher, Outbox outbox, UsageLimits limits, HoldMonitor holds,
      Registrar registrar) {
    this.context = context;
    this.claimer = claimer;
    this.launcher = launcher;
    this.outbox = outbox;
    this.limits = limits;
    this.holds = holds;
    this.registrar = registrar;
  }

  /** Gives no task back after a usage limit from now on: somebody waits for the outcome. */
  public void neverRequeue() {
    mayRequeue = false;
  }

  /**
   * Runs a task to its end; a restored one goes on at its agent. An interrupt leaves the agent running.
   *
   * @throws DatabaseException when the intent cannot be recorded; then nothing was claimed
   */
  public ClaimResult run(AdmittedTask admitted) throws DatabaseException, InterruptedException {
    var claim = admitted.restored() == null ? claimer.claim(admitted) : new Claimed(admitted.restored(), null, null);
    if (claim instanceof Claimed claimed) {
      admitted.place().claimed(claimed.attempt());
      report(claimed.attempt(), perform(admitted, claimed));
    }
    return claim;
  }

  private Verdict perform(AdmittedTask admitted, Claimed claimed) throws InterruptedException {
    var attempt = claimed.attempt();
    Launch launch;
    try {
      launch = launch(admitted, claimed); // first, since people wait for it
    } catch (RuntimeException | Error e) {
      launch = new Launch(bug(attempt, e));
    }
    open(admitted, attempt);
    try {
      return finish(admitted, attempt, launch);
    } catch (RuntimeException | Error e) {
      return bug(attempt, e);
    }
  }

  /** Begins to deliver reports and output. Of a restored attempt the server may have a part. */
  private void open(AdmittedTask admitted, Attempt attempt) {
    if (admitted.restored() != null) {
      outbox.resume(attempt);
      return;
    }
    outbox.open(attempt);
    LOG.info("claimed task={} codebase={} type={} attempt={}", attempt.taskId(), attempt.codebaseId(), attempt.agentType(), attempt.n());
    context.events().publish(new WorkerEvent.TaskClaimed(attempt));
  }

  private static Verdict bug(Attempt attempt, Throwable e) {
    LOG.error("bug in the worker task={}, the task fails", attempt.taskId(), e);
    return Verdict.failed("bug", "a bug in the worker ended it: " + e);
  }

  private Launch launch(AdmittedTask admitted, Claimed claimed) throws InterruptedException {
    var attempt = claimed.attempt();
    var stop = admitted.place().stopRequest();
    try {
      if (claimed.inputs() != null) {
        claimed.inputs().await();
      }
      if (admitted.isBuiltin()) {
        return new Launch(runBuiltin(admitted.task()));
      }
      if (admitted.restored() != null) {
        return launcher.wasStarted(attempt) ? new Launch(launcher.reattach(attempt), null) : new Launch(Verdict.notStarted(stop));
      }
      return stop.isPresent() ? new Launch(Verdict.notStarted(stop)) : new Launch(launcher.start(admitted.task(), attempt, claimed.budget()), null);
    } catch (AgentLauncher.Refused e) {
      return new Launch(Verdict.failed("refused", e.getMessage()));
    } catch (Problem e) {
      return new Launch(notStarted(e));
    } catch (MachineFailure e) {
      return new Launch(notStarted(e.problem()));
    } catch (IOException e) {
      return new Launch(notStarted(new Problem("the agent of a task could not be started", context.directory(attempt).path() + ": "
          + e.getMessage(), "let this user write there")));
    }
  }

  /** What this machine cannot do now is no fault of the task: it is given back, and no other is taken until that heals. */
  private Verdict notStarted(Problem problem) {
    holds.startFailed(problem);
    return Verdict.notBegun(problem.what() + ": " + problem.why());
  }

  /** Watches the agent, if there is one, and judges its end. */
  private Verdict finish(AdmittedTask admitted, Attempt attempt, Launch launch) throws InterruptedException {
    var directory = context.directory(attempt);
    if (launch.agent == null && (launch.ended.isNotBegun() || !directory.exists())) { // no agent, no output
      return launch.ended;
    }
    try (var recorder = new OutputRecorder(directory, context.redaction(), context.settings().get(SettingsTable.OUTPUT_MAX))) {
      var verdict = launch.agent == null ? launch.ended : applyUsageLimit(admitted.task(), watch(launch.agent, admitted.place(), recorder));
      complete(recorder, attempt, verdict.closingLine());
      return verdict;
    } catch (IOException e) {
      return Verdict.failed("agent-error", "the worker could not read the agent's output: " + e.getMessage());
    }
  }

  /** Completes the transcript. A full disk heals; a file that is gone or stays unwritable must not delay the outcome for ever. */
  private void complete(OutputRecorder recorder, Attempt attempt, String closingLine) throws InterruptedException {
    for (var tries = 1; ; tries++) {
      try {
        recorder.finish(closingLine);
        return;
      } catch (IOException e) {
        var isLast = tries == MAX_COMPLETIONS || e instanceof NoSuchFileException;
        LOG.error("transcript not completed task={}, {}: {}", attempt.taskId(), isLast ? "reporting the outcome without its end"
            : "retrying in " + RETRY_DISK.toSeconds() + " s", e.toString());
        if (isLast) {
          return;
        }
        context.clock().sleep(RETRY_DISK);
      }
    }
  }

  private Verdict watch(AgentHandle agent, RunningTask place, OutputRecorder recorder) throws IOException, InterruptedException {
    var attempt = place.attempt().orElseThrow();
    holds.startWorked();
    LOG.info("{} task={} codebase={}", agent.launch() == null ? "reattached" : "agent started", attempt.taskId(), attempt.codebaseId());
    context.events().publish(new WorkerEvent.AgentStarted(attempt));
    try {
      var ending = new AgentWatcher(context, agent, place, recorder, outbox).watch();
      if (ending.output().sessionGone() && agent.resumes() && place.stopRequest().isEmpty()) {
        var why = "session " + agent.launch().session() + " is not there any more";
        LOG.info("restarting the agent without its session task={}: {}", attempt.taskId(), why);
        var fresh = launcher.startFresh(agent, attempt, ending.took(), why);
        recorder.restart();
        ending = new AgentWatcher(context, fresh, place, recorder, outbox).watch();
      }
      if (ending.exit() != null && ending.exit().isUnstarted()) {
        return notStarted(agent.directory().startFailure().problem());
      }
      var judged = VerdictRules.judge(ending);
      var verdict = withSessionNote(ending.output().countsSession() ? withOwnFacts(judged, attempt) : judged, agent.directory());
      launcher.recordEnd(agent, verdict, ending.output());
      return verdict;
    } catch (Problem e) {
      return Verdict.failed("agent-error", e.what() + ": " + e.why());
    }
  }

  private Verdict withOwnFacts(Verdict verdict, Attempt attempt) {
    try {
      return verdict.with(verdict.facts().without(context.journal().spent(verdict.sessionId(), attempt)));
    } catch (DatabaseException e) {
      LOG.warn("cannot read what earlier tasks took of session {}, this one's tokens and cost include it task={}: {}", verdict.sessionId(),
          attempt.taskId(), e.getMessage());
      return verdict;
    }
  }

  /** States why the agent worked in another session than the task names; some agents start a new one silently. */
  private static Verdict withSessionNote(Verdict verdict, AttemptDirectory directory) throws IOException {
    var asked = directory.task().map(Task::resumeSession).orElse(null);
    return directory.restart().map(restart -> verdict.withFreshSessionNote(restart.why()))
        .orElseGet(() -> verdict.withSessionMismatchNote(asked));
  }

  private Verdict runBuiltin(Task task) throws InterruptedException {
    return switch (task.agent()) {
      case "noop" -> Verdict.completed("ok");
      case "echo" -> Verdict.completed(task.prompt());
      default -> register(task);
    };
  }

  private Verdict register(Task task) throws InterruptedException {
    try {
      var refusal = registrar.refusal(task);
      return refusal.isPresent() ? Verdict.failed("refused", refusal.get())
          : Verdict.completed("Codebase registered successfully with ID: " + registrar.register(task));
    } catch (ApiException e) {
      return Verdict.failed("refused", "the server did not take the registration of the folder: " + e.getMessage());
    } catch (IOException e) {
      return Verdict.failed("refused", "the folder cannot be looked at on " + context.identity().host() + ": " + e.getMessage());
    } catch (DatabaseException e) {
      return Verdict.failed("agent-error", "the worker's journal cannot be written: " + e.getMessage());
    }
  }

  /** Leaves a provider alone that refused because of a usage limit, and gives the task back where that is wanted and possible. */
  private Verdict applyUsageLimit(Task task, Verdict verdict) {
    var provider = UsageLimits.provider(task);
    if (verdict.status() == TaskStatus.COMPLETED) {
      limits.served(provider);
    }
    if (verdict.limit() == null) {
      return verdict;
    }
    var until = limits.refused(provider, verdict.limit().waitFrom(context.clock().now()));
    LOG.warn("usage limit task={} provider={} until={}, its tasks wait: {}", task.id(), provider, until.truncatedTo(ChronoUnit.SECONDS),
        verdict.limit().message());
    return isRequeueWanted() && context.server().known().filter(ServerFeatures::requeuesByStatus).isPresent() ? verdict.requeued() : verdict;
  }

  private boolean isRequeueWanted() {
    return mayRequeue && context.settings().get(SettingsTable.ON_LIMIT).equals("requeue");
  }

  /** Records the outcome, however long that takes: a full disk heals, and the task must end. */
  private void report(Attempt attempt, Verdict verdict) throws InterruptedException {
    var requeue = verdict.limit() != null && verdict.status() == TaskStatus.FAILED && isRequeueWanted();
    while (true) {
      try {
        outbox.finish(attempt, verdict.toJson(), verdict.report(attempt), requeue);
        break;
      } catch (DatabaseException e) {
        LOG.error("cannot record the outcome task={}, retrying in {} s: {}", attempt.taskId(), RETRY_DISK.toSeconds(), e.getMessage());
        context.clock().sleep(RETRY_DISK);
      }
    }
    LOG.info("ended task={} codebase={} status={}{} seconds={}", attempt.taskId(), attempt.codebaseId(), verdict.status().word(),
        verdict.reason() == null ? "" : " reason=" + verdict.reason(), verdict.facts().time().toSeconds());
    context.events().publish(new WorkerEvent.AttemptEnded(attempt, verdict.status(), verdict.reason(), verdict.facts().time()));
  }
}
