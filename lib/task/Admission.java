package lib.task;

import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.List;
import lib.task.Decision.Answer;
import lib.task.Decision.Say;
import lib.wire.Task;
import lib.wire.TaskStatus;

/** Decides whether a task is taken: a pure function of the task and the worker's state. Each rule is one method. */
public final class Admission {
  private Admission() {}

  /** Every rule's answer. */
  public static Decision decide(Task task, View view) {
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

  private static Answer status(Task task) {
    var waits = task.status() == TaskStatus.PENDING || task.status() == TaskStatus.QUEUED;
    return answer("status", waits ? Say.YES : Say.NO, "the task is " + task.status().word());
  }

  /** What keeps every task back, until it heals. */
  private static Answer hold(String rule, String why, String otherwise) {
    return why == null ? answer(rule, Say.YES, otherwise) : answer(rule, Say.WAIT, why);
  }

  private static Answer targetWorker(Task task, View view) {
    var target = task.targetWorker();
    return target == null || target.equals(view.workerId()) ? answer("target worker", Say.YES, "any, or this one")
        : answer("target worker", Say.NO, "it is for worker " + target);
  }

  private static Answer targetAgent(Task task, View view) {
    var target = task.targetAgent();
    return target == null || target.equals(view.agentName()) ? answer("target agent", Say.YES, "any, or this one")
        : answer("target agent", Say.NO, "it is for agent " + target);
  }

  private static Answer capabilities(Task task, View view) {
    var lacking = task.requiredCapabilities().stream().filter(c -> !view.capabilities().contains(c)).toList();
    return lacking.isEmpty() ? answer("capabilities", Say.YES, "all are offered")
        : answer("capabilities", Say.NO, "not offered here: " + String.join(", ", lacking));
  }

  /** A re-queued task whose first outcome the server has not heard yet: telling it first may settle the matter. */
  private static Answer owing(Task task, View view) {
    return view.owing().contains(task.id()) ? answer("report", Say.WAIT, "the report of its earlier attempt is on its way")
        : answer("report", Say.YES, "nothing is owed for it");
  }

  private static Answer codebase(Task task, View view) {
    return view.folders().containsKey(task.codebase()) ? answer("codebase", Say.YES, "it is offered here")
        : answer("codebase", Say.NO, "codebase " + task.codebase() + " is not offered here");
  }

  /** A folder that a server had us register must still lie where this machine allows it: a link may lead elsewhere by now. */
  private static Answer roots(Task task, View view) {
    var why = view.barred().get(task.codebase());
    return why == null ? answer("roots", Say.YES, "it lies where this machine allows it") : answer("roots", Say.NO, why);
  }

  private static Answer limit(Task task, View view) {
    var until = view.limits().get(Limits.provider(task));
    return until == null ? answer("limit", Say.YES, "its provider refuses nothing")
        : answer("limit", Say.WAIT, Limits.provider(task) + " has a usage limit and is left alone until " + until.truncatedTo(ChronoUnit.SECONDS));
  }

  private static Answer lane(Task task, View view) {
    var folder = view.folders().get(task.codebase());
    return folder != null && view.busyLanes().contains(folder) ? answer("lane", Say.WAIT, "another task works in " + folder)
        : answer("lane", Say.YES, "nobody works there");
  }

  private static Answer slot(View view) {
    return view.freeSlots() > 0 ? answer("slot", Say.YES, view.freeSlots() + " free") : answer("slot", Say.WAIT, "all slots are taken");
  }

  private static Answer answer(String rule, Say say, String reason) {
    return new Answer(rule, say, reason);
  }
}
