package lib.worker.attempt;

import module java.base;
import lib.journal.Attempt;
import lib.protocol.Task;
import lib.worker.admission.RunningTasks.RunningTask;

/**
 * A task that has its place here.
 *
 * @param place its slot and its directory
 * @param task all that the server says of it
 * @param intent the intent that is being written; null when none was begun
 * @param restored the attempt of an earlier process, whose agent may live; null for a new task
 */
public record AdmittedTask(RunningTask place, Task task, FutureTask<Attempt> intent, Attempt restored) {

  /** Whether the worker does it by itself, without an agent. */
  boolean isBuiltin() {
    return task.builtin() || task.registration();
  }
}
