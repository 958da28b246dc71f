package lib.worker.attempt;

import java.nio.file.Path;
import lib.journal.Attempt;
import lib.protocol.Task;
import lib.worker.admission.RunningTasks.RunningTask;

/**
 * A task that has its place here.
 *
 * @param place its slot and its directory
 * @param task all that the server says of it
 * @param directory the folder to work in, links resolved; null for a task that needs none
 * @param intent the intent that is being written; null when none was begun
 * @param restored the attempt of an earlier process, whose agent may live; null for a new task
 */
public record AdmittedTask(RunningTask place, Task task, Path directory, Claimer.Intent intent, Attempt restored) {

  /** An attempt that goes on after a restart. @param task as it was when it was claimed */
  public static AdmittedTask restored(RunningTask place, Task task, Attempt attempt) {
    return new AdmittedTask(place, task, attempt.codebase(), null, attempt);
  }

  /** Whether the worker does it by itself, without an agent. */
  boolean isBuiltin() {
    return task.builtin() || task.registration();
  }
}
