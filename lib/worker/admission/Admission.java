package lib.worker.admission;

import module java.base;
import lib.protocol.Task;
import lib.protocol.TaskStatus;
import lib.worker.admission.Decision.Outcome;
import lib.worker.admission.Decision.RuleResult;

/** Decides whether a task may run here and now: a pure function of the task and the worker's state. Each rule is one method. */
public final class Admission {
  private Admission() {}

  /**
   * A task that asks to run.
   *
   * @param doneMarker the marker of the latest attempt at it here; null for none
   * @param refusal why this worker does not register the folder that the task names; null for none and for all other tasks
   */
  public record Candidate(Task task, String doneMarker, String refusal) {}

  /** Asks every rule. */
  public static Decision decide(Candidate candidate, WorkerSnapshot now) {
    var task = candidate.task;
    var results = new ArrayList<>(List.of(status(task), done(candidate), targetWorker(task, now), targetAgent(task, now),
        capabilities(task, now)));
    HoldMonitor.FOR_ALL.forEach(rule -> results.add(hold(rule, now)));
    results.add(report(task, now));
    if (task.registration()) {
      results.add(registration(candidate));
    } else if (!task.builtin()) {
      results.addAll(List.of(codebase(task, now), roots(task, now)));
      HoldMonitor.FOR_AGENTS.forEach(rule -> results.add(hold(rule, now)));
      results.addAll(List.of(limit(task, now), directory(task, now)));
    }
    results.add(slot(now));
    var decision = new Decision(List.copyOf(results), null);
    var offered = task.registration() || task.builtin() ? null : now.codebases().get(task.codebase());
    return offered == null || decision.outcome() != Outcome.ADMIT ? decision : new Decision(decision.results(), offered.directory());
  }

  private static RuleResult status(Task task) {
    var waits = task.status() == TaskStatus.PENDING || task.status() == TaskStatus.QUEUED;
    return unless(!waits, Outcome.REJECT, "status", "the task is " + task.status().word(), "the task is " + task.status().word());
  }

  /** One queueing of a task is done once, however often it is offered. */
  private static RuleResult done(Candidate candidate) {
    return unless(candidate.task.marker().equals(candidate.doneMarker), Outcome.REJECT, "done",
        "this worker has done it; re-queue it to have it done again", "this worker has not done it");
  }

  private static RuleResult targetWorker(Task task, WorkerSnapshot now) {
    var target = task.targetWorker();
    return unless(target != null && !target.equals(now.identity().workerId()), Outcome.REJECT, "target worker", "it is for worker " + target,
        "any, or this one");
  }

  private static RuleResult targetAgent(Task task, WorkerSnapshot now) {
    var target = task.targetAgent();
    return unless(target != null && !target.equals(now.identity().agentName()), Outcome.REJECT, "target agent", "it is for agent " + target,
        "any, or this one");
  }

  private static RuleResult capabilities(Task task, WorkerSnapshot now) {
    var lacking = task.requiredCapabilities().stream().filter(c -> !now.identity().capabilities().contains(c)).toList();
    return unless(!lacking.isEmpty(), Outcome.REJECT, "capabilities", "not offered here: " + String.join(", ", lacking), "all are offered");
  }

  private static RuleResult hold(String rule, WorkerSnapshot now) {
    return unless(now.holds().containsKey(rule), Outcome.WAIT, rule, now.holds().get(rule), "no hold");
  }

  /** The report of an earlier attempt may settle a re-queued task, so it is delivered first. */
  private static RuleResult report(Task task, WorkerSnapshot now) {
    return unless(now.pendingReports().contains(task.id()), Outcome.WAIT, "report", "the report of its earlier attempt is on its way",
        "no report is pending for it");
  }

  private static RuleResult registration(Candidate candidate) {
    return unless(candidate.refusal != null, Outcome.REJECT, "registration", candidate.refusal, "the folder may be registered");
  }

  private static RuleResult codebase(Task task, WorkerSnapshot now) {
    var offered = now.codebases().get(task.codebase());
    return offered == null ? new RuleResult("codebase", Outcome.REJECT, "codebase " + task.codebase() + " is not offered here")
        : unless(offered.unreadable() != null, Outcome.WAIT, "codebase", offered.unreadable(), "it is offered here");
  }

  /** A link in a folder that the server had this worker register may lead elsewhere by now. */
  private static RuleResult roots(Task task, WorkerSnapshot now) {
    var offered = now.codebases().get(task.codebase());
    return unless(offered != null && offered.disallowed() != null, Outcome.REJECT, "roots", offered == null ? "" : offered.disallowed(),
        "it lies where this machine allows it");
  }

  private static RuleResult limit(Task task, WorkerSnapshot now) {
    var provider = UsageLimits.provider(task);
    var until = now.limits().get(provider);
    return unless(until != null, Outcome.WAIT, "limit", provider + " has a usage limit and gets no task until "
        + (until == null ? "" : until.truncatedTo(ChronoUnit.SECONDS)), "its provider has no limit");
  }

  private static RuleResult directory(Task task, WorkerSnapshot now) {
    var offered = now.codebases().get(task.codebase());
    var holder = offered == null ? null : now.holders().get(offered.directory());
    return unless(holder != null, Outcome.WAIT, "directory", holder + " works in " + (offered == null ? "" : offered.directory()),
        "no agent works there");
  }

  private static RuleResult slot(WorkerSnapshot now) {
    return unless(now.freeSlots() <= 0, Outcome.WAIT, "slot", "all slots are taken", now.freeSlots() + " free");
  }

  private static RuleResult unless(boolean hindered, Outcome outcome, String rule, String reason, String otherwise) {
    return new RuleResult(rule, hindered ? outcome : Outcome.ADMIT, hindered ? reason : otherwise);
  }
}
