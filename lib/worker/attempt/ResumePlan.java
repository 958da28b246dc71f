package lib.worker.attempt;

import module java.base;
import lib.config.Codebase;
import lib.session.CodebaseMatcher;

/** Whether and where an agent resumes a session. */
public sealed interface ResumePlan {

  /** The agent resumes it, in this folder. */
  record Continue(Path directory) implements ResumePlan {}

  /** It cannot be resumed; the agent starts a new session in the codebase, and the result says why. */
  record StartFresh(String why) implements ResumePlan {}

  /** It must not be resumed here. */
  record Refuse(String why) implements ResumePlan {}

  /**
   * Makes the plan. An agent resumes a session only in the folder where the session was begun: elsewhere agents hang, or
   * work without a result. That folder must belong to the task's codebase, as {@link CodebaseMatcher} decides, so that a task does
   * not reach another codebase by naming a session.
   *
   * @param begun the folder where it was begun; empty when unknown: then the agent decides
   * @param codebase the folder of the task's codebase, which exists
   * @param codebases all that are offered here, without the one for tasks that have none
   */
  static ResumePlan of(String session, Optional<Path> begun, Path codebase, List<Codebase> codebases) {
    if (begun.isEmpty()) {
      return new Continue(codebase);
    }
    var directory = begun.get();
    if (!Files.isDirectory(directory)) {
      return new StartFresh("the folder of session " + session + ", " + directory + ", is not there any more");
    }
    try {
      var owner = CodebaseMatcher.of(codebases).find(directory).orElse(null);
      if (owner != null && !owner.path().toRealPath().equals(codebase.toRealPath())) {
        return new Refuse("session " + session + " belongs to " + directory + ", in the codebase " + owner.name() + " and not in "
            + codebase + "; give the task that codebase");
      }
      return directory.toRealPath().startsWith(codebase.toRealPath()) ? new Continue(directory)
          : new Refuse("session " + session + " belongs to " + directory + ", which is not in the codebase's folder " + codebase);
    } catch (IOException e) {
      return new Refuse("the folder of session " + session + " cannot be looked at: " + e.getMessage());
    }
  }
}
