package lib.worker.admission;

import module java.base;
import lib.journal.Attempt;
import lib.outbox.Outbox;
import lib.protocol.Task;
import lib.store.DatabaseException;
import lib.worker.admission.Admission.Candidate;
import lib.worker.admission.RunningTasks.RunningTask;
import lib.worker.context.WorkerContext;

/** Asks {@link Admission} about a task with the worker's state of this moment, and keeps the decisions. Thread-safe. */
public final class AdmissionController {
  private final WorkerContext context;
  private final Codebases codebases;
  private final RunningTasks running;
  private final HoldMonitor holds;
  private final UsageLimits limits;
  private final Outbox outbox;
  private final DecisionLog log = new DecisionLog();
  private final AtomicInteger remaining = new AtomicInteger();

  /** A controller that admits no task before {@link #maxTasks}. */
  public AdmissionController(WorkerContext context, Codebases codebases, RunningTasks running, HoldMonitor holds, UsageLimits limits,
      Outbox outbox) {
    this.context = context;
    this.codebases = codebases;
    this.running = running;
    this.holds = holds;
    this.limits = limits;
    this.outbox = outbox;
  }

  /** Admits so many tasks from now on, and no more. */
  public void maxTasks(int tasks) {
    remaining.set(tasks);
  }

  /** Counts a task that got its place. */
  public void taken() {
    remaining.decrementAndGet();
  }

  /** Takes that back for a task that did not run after all. */
  public void notTaken() {
    remaining.incrementAndGet();
  }

  /** The decisions of late. */
  public DecisionLog log() {
    return log;
  }

  /** The state of this moment, from memory. @param own a task's place that is not counted; null for none */
  public WorkerSnapshot snapshot(RunningTask own) {
    var holders = new HashMap<Path, String>(running.holders());
    if (own != null) {
      holders.remove(own.directory());
    }
    holds.heldElsewhere().forEach(directory -> holders.putIfAbsent(directory, "an agent of another worker"));
    var pending = new HashSet<>(outbox.pendingTasks());
    pending.addAll(running.unresolved());
    var free = Math.min(running.free(), remaining.get()) + (own == null ? 0 : 1);
    return new WorkerSnapshot(context.identity(), codebases.current(), holders, free, holds.current(), pending, limits.paused());
  }

  /** Whether the codebases are still those of this state. */
  public boolean isCurrent(WorkerSnapshot state) {
    return state.codebases() == codebases.current();
  }

  /** Decides about a task with this state and notes the decision. @param refusal why its folder is not registered; null for none */
  public Decision decide(Task task, String refusal, WorkerSnapshot now) throws DatabaseException {
    var decision = Admission.decide(new Candidate(task, marker(task), refusal), now);
    log.note(task, decision, context.clock().now());
    return decision;
  }

  /** The holds, which admission reads. */
  public HoldMonitor holds() {
    return holds;
  }

  /** What would be decided now, after a look at the codebase's folder and at other workers' locks. */
  public Decision explain(Task task, String refusal) throws DatabaseException, InterruptedException {
    codebases.refresh(task.codebase());
    holds.lookAtLocks();
    return Admission.decide(new Candidate(task, marker(task), refusal), snapshot(null));
  }

  private String marker(Task task) throws DatabaseException {
    return context.journal().latest(task.id()).map(Attempt::marker).orElse(null);
  }
}
