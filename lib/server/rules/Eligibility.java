package lib.server.rules;

import module java.base;
import com.fasterxml.jackson.databind.JsonNode;
import lib.core.Json;
import lib.protocol.Task;

/** Which task is for which worker: pure rules over the task and what is known of the worker. */
public final class Eligibility {
  private Eligibility() {}

  /**
   * A worker as routing sees it.
   *
   * @param agentName the role that tasks are addressed to; null when it never named one
   * @param codebases those it says it has
   */
  public record Candidate(String workerId, String agentName, Set<String> capabilities, Set<String> codebases) {}

  /** Why the task is not for this worker whatever its codebase, or empty. */
  public static Optional<String> mismatch(Task task, Candidate worker) {
    if (task.targetWorker() != null && !task.targetWorker().equals(worker.workerId)) {
      return Optional.of("it is for worker " + task.targetWorker());
    }
    if (task.targetAgent() != null && !task.targetAgent().equals(worker.agentName)) {
      return Optional.of("it is for agent " + task.targetAgent());
    }
    var lacking = task.requiredCapabilities().stream().filter(c -> !worker.capabilities.contains(c)).toList();
    if (!lacking.isEmpty()) {
      return Optional.of("it needs " + String.join(", ", lacking));
    }
    return hasDeclined(task, worker.workerId) ? Optional.of("this worker declined it") : Optional.empty();
  }

  /**
   * Whether the task is announced to the worker: only one that it may take then.
   *
   * @param owner the worker that registered the task's codebase, or null
   * @param living the same, but null also when that worker is gone
   */
  public static boolean isOffered(Task task, Candidate worker, String owner, String living) {
    return (isForAnyone(task) || worker.codebases.contains(task.codebase()) || worker.workerId.equals(owner))
        && refusal(task, worker, living).isEmpty();
  }

  /** Why the worker may not take the task, or empty. @param living as above */
  public static Optional<String> refusal(Task task, Candidate worker, String living) {
    return !isForAnyone(task) && living != null && !living.equals(worker.workerId)
        ? Optional.of("its codebase belongs to worker " + living) : mismatch(task, worker);
  }

  private static boolean isForAnyone(Task task) {
    return task.codebase().equals(Task.GLOBAL) || task.codebase().equals(Task.PENDING);
  }

  public static boolean hasDeclined(Task task, String worker) {
    return task.raw().path("declined").valueStream().map((JsonNode d) -> Json.text(d, "worker_id")).anyMatch(worker::equals);
  }
}
