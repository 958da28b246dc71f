package lib.worker.admission;

import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.List;
import lib.wire.Task;
import lib.wire.TaskStatus;
import lib.worker.admission.Decision.Outcome;
import lib.worker.admission.Decision.RuleResult;

/** Decides whether a task is taken: a pure function of the task and the worker's state. Each rule is one method. */
public final class Admission {
  private Admission() {}

  /** Every rule's answer. */
  public static Decision decide(Task task, WorkerSnapshot view) {
    var answers = new ArrayList<>(List.of(status(task), targetWorker(task, view), targetAgent(task, view), capabilities(task, view),
        hold("intake", view.holds().closed(), "tasks are taken"), hold("pause", view.holds().paused(), "it is not paused"),
        hold("disk", view.holds().disk(), "there is room"), owing(task, view)));
    if (!task.builtin() && !task.registration()) {
      answers.add(codebase(task, view));
      answers.add(roots(task, view));
      answers.add(hold("memory", view.holds().memory(), "there is room"));
      answers.add(hold("agent", view.holds().agent(), "an agent CLI is there"));
      answers.add(limit(task, view));
      answers.add(lane(task, view));
    }
    answers.add(slot(view));
    return new Decision(List.copyOf(answers));
  }

  private static RuleResult status(Task task) {
    var waits = task.status() == TaskStatus.PENDING || task.status() == TaskStatus.QUEUED;
    return answer("status", waits ? Outcome.ADMIT : Outcome.REJECT, "the task is " + task.status().word());
  }

  /** What keeps every task back, until it heals. */
  private static RuleResult hold(String rule, String why, String otherwise) {
    return why == null ? answer(rule, Outcome.ADMIT, otherwise) : answer(rule, Outcome.WAIT, why);
  }

  private static RuleResult targetWorker(Task task, WorkerSnapshot view) {
    var target = task.targetWorker();
    return target == null || target.equals(view.workerId()) ? answer("target worker", Outcome.ADMIT, "any, or this one")
        : answer("target worker", Outcome.REJECT, "it is for worker " + target);
  }

  private static RuleResult targetAgent(Task task, WorkerSnapshot view) {
    var target = task.targetAgent();
    return target == null || target.equals(view.agentName()) ? answer("target agent", Outcome.ADMIT, "any, or this one")
        : answer("target agent", Outcome.REJECT, "it is for agent " + target);
  }

  private static RuleResult capabilities(Task task, WorkerSnapshot view) {
    var lacking = task.requiredCapabilities().stream().filter(c -> !view.capabilities().contains(c)).toList();
    return lacking.isEmpty() ? answer("capabilities", Outcome.ADMIT, "all are offered")
        : answer("capabilities", Outcome.REJECT, "not offered here: " + String.join(", ", lacking));
  }

  /** A re-queued task whose first outcome the server has not heard yet: telling it first may settle the matter. */
  private static RuleResult owing(Task task, WorkerSnapshot view) {
    return view.owing().contains(task.id()) ? answer("report", Outcome.WAIT, "the report of its earlier attempt is on its way")
        : answer("report", Outcome.ADMIT, "nothing is owed for it");
  }

  private static RuleResult codebase(Task task, WorkerSnapshot view) {
    return view.folders().containsKey(task.codebase()) ? answer("codebase", Outcome.ADMIT, "it is offered here")
        : answer("codebase", Outcome.REJECT, "codebase " + task.codebase() + " is not offered here");
  }

  /** A folder that a server had us register must still lie where this machine allows it: a link may lead elsewhere by now. */
  private static RuleResult roots(Task task, WorkerSnapshot view) {
    var why = view.barred().get(task.codebase());
    return why == null ? answer("roots", Outcome.ADMIT, "it lies where this machine allows it") : answer("roots", Outcome.REJECT, why);
  }

  private static RuleResult limit(Task task, WorkerSnapshot view) {
    var until = view.limits().get(UsageLimits.provider(task));
    return until == null ? answer("limit", Outcome.ADMIT, "its provider refuses nothing")
        : answer("limit", Outcome.WAIT, UsageLimits.provider(task) + " has a usage limit and is left alone until "
            + until.truncatedTo(ChronoUnit.SECONDS));
  }

  private static RuleResult lane(Task task, WorkerSnapshot view) {
    var folder = view.folders().get(task.codebase());
    return folder != null && view.busyLanes().contains(folder) ? answer("lane", Outcome.WAIT, "another task works in " + folder)
        : answer("lane", Outcome.ADMIT, "nobody works there");
  }

  private static RuleResult slot(WorkerSnapshot view) {
    return view.freeSlots() > 0 ? answer("slot", Outcome.ADMIT, view.freeSlots() + " free") : answer("slot", Outcome.WAIT, "all slots are taken");
  }

  private static RuleResult answer(String rule, Outcome say, String reason) {
    return new RuleResult(rule, say, reason);
  }
}
