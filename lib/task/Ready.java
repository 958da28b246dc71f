package lib.task;

import java.io.IOException;
import java.nio.file.Path;
import java.util.function.Supplier;
import lib.agent.AttemptFolder;
import lib.agent.Supervisor;

/**
 * An agent that waits for the word to go, or why there will be none.
 *
 * @param program the agent CLI; null when refused
 * @param supervisor null when refused
 * @param anew holds one that does not go on with a session; null when this one does not either
 * @param refusal null when the agent waits
 */
record Ready(AttemptFolder folder, Path program, Supervisor.Held supervisor, Supplier<Supervisor.Held> anew, Verdict refusal)
    implements AutoCloseable {

  static Ready held(AttemptFolder folder, Path program, Supervisor.Held supervisor, Supplier<Supervisor.Held> anew) {
    return new Ready(folder, program, supervisor, anew, null);
  }

  static Ready refused(AttemptFolder folder, String why) {
    return new Ready(folder, null, null, null, Verdict.failed("refused", why));
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
