package lib.worker.attempt;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import lib.config.Codebase;
import lib.session.Mapping;

/** What becomes of the wish to go on with an agent's session. */
public sealed interface ResumePlan {

  /** The agent goes on with it, in this folder. */
  record Continue(Path directory) implements ResumePlan {}

  /** It cannot be gone on with; the agent starts anew in the codebase, and the result says why. */
  record StartFresh(String why) implements ResumePlan {}

  /** It must not be gone on with here. */
  record Refuse(String why) implements ResumePlan {}

  /**
   * Decides it. A session can be gone on with only in the folder where it was begun: anywhere else agents hang, or work without
   * a word. So that folder counts, as long as it belongs to the codebase that the task names, as {@link Mapping} has it; a task
   * does not get at another codebase by naming a session.
   *
   * @param begun the folder where it was begun; empty when nobody here knows: then the agent is to say
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
      var owner = new Mapping(codebases).of(directory).orElse(null);
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
