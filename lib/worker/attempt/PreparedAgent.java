package lib.worker.attempt;

import java.io.IOException;
import java.nio.file.Path;
import java.util.function.Supplier;
import lib.agent.process.AttemptDirectory;
import lib.agent.process.Supervisor;

/**
 * An agent that waits for the word to go, or why there will be none.
 *
 * @param program the agent CLI; null when refused
 * @param supervisor null when refused
 * @param anew holds one that does not go on with a session; null when this one does not either
 * @param refusal null when the agent waits
 */
record PreparedAgent(AttemptDirectory folder, Path program, Supervisor.Held supervisor, Supplier<Supervisor.Held> anew, Verdict refusal)
    implements AutoCloseable {

  static PreparedAgent held(AttemptDirectory folder, Path program, Supervisor.Held supervisor, Supplier<Supervisor.Held> anew) {
    return new PreparedAgent(folder, program, supervisor, anew, null);
  }

  static PreparedAgent refused(AttemptDirectory folder, String why) {
    return new PreparedAgent(folder, null, null, null, Verdict.failed("refused", why));
  }

  /** Lets the agent go; null, or why there will be none. */
  Verdict go() {
    if (refusal == null) {
      try {
        supervisor.go();
      } catch (IOException e) {
        return Verdict.failed("agent-error", "the worker could not run the agent: " + e.getMessage());
      }
    }
    return refusal;
  }

  /** Ends an agent that was not let go. */
  @Override
  public void close() throws IOException, InterruptedException {
    if (supervisor != null) {
      supervisor.close();
    }
  }
}
