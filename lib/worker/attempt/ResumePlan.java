package lib.worker.attempt;

import module java.base;
import lib.config.Codebase;
import lib.session.CodebaseMatcher;

/**
 * Whether and where an agent resumes a session.
 *
 * @param session the session to resume; null for a new one
 * @param directory where the agent works; null when the session must not be resumed here
 * @param why the reason for a new session or for none, which people read; else null
 */
public record ResumePlan(String session, Path directory, String why) {

  /**
   * Makes the plan. An agent resumes a session only in the folder where the session was begun: elsewhere agents hang, or
   * work without a result. That folder must belong to the task's codebase, as {@link CodebaseMatcher} decides, so that a task does
   * not reach another codebase by naming a session.
   *
   * @param begun the folder where it was begun; empty when unknown: then the agent decides
   * @param codebase the folder of the task's codebase, which exists
   * @param codebases all that are offered here, without the one for tasks that have none
   */
  public static ResumePlan of(String session, Optional<Path> begun, Path codebase, List<Codebase> codebases) {
    if (begun.isEmpty()) {
      return new ResumePlan(session, codebase, null);
    }
    var directory = begun.get();
    if (!Files.isDirectory(directory)) {
      return new ResumePlan(null, codebase, "the folder of session " + session + ", " + directory + ", is not there any more");
    }
    try {
      var owner = CodebaseMatcher.of(codebases).find(directory).orElse(null);
      if (owner != null && !owner.path().toRealPath().equals(codebase.toRealPath())) {
        return refuse("session " + session + " belongs to " + directory + ", in the codebase " + owner.name() + " and not in "
            + codebase + "; give the task that codebase");
      }
      return directory.toRealPath().startsWith(codebase.toRealPath()) ? new ResumePlan(session, directory, null)
          : refuse("session " + session + " belongs to " + directory + ", which is not in the codebase's folder " + codebase);
    } catch (IOException e) {
      return refuse("the folder of session " + session + " cannot be looked at: " + e.getMessage());
    }
  }

  private static ResumePlan refuse(String why) {
    return new ResumePlan(null, null, why);
  }
}
