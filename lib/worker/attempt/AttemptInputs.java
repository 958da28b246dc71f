package lib.worker.attempt;

import java.io.IOException;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.FutureTask;
import lib.agent.process.AttemptDirectory;
import lib.journal.Attempt;
import lib.wire.Task;

/** An agent's inputs, which are written while the server is asked for the task. Await or discard them. Thread-safe. */
public final class AttemptInputs {
  private final AttemptDirectory directory;
  private final FutureTask<Void> write;

  /** Begins to write them. */
  AttemptInputs(AttemptDirectory directory, Task task, Attempt attempt) {
    this.directory = directory;
    this.write = new FutureTask<>(() -> {
      directory.create();
      directory.writeInputs(task.prompt() == null ? "" : task.prompt(), task.raw(), attempt.toJson());
      return null;
    });
    Thread.ofVirtual().name("inputs " + task.id()).start(write);
  }

  /**
   * Waits until they are on the disk.
   *
   * @throws lib.core.MachineFailure when they cannot be written
   */
  void await() throws IOException, InterruptedException {
    try {
      write.get();
    } catch (ExecutionException e) {
      if (e.getCause() instanceof IOException failed) {
        throw failed;
      }
      throw new IllegalStateException(e.getCause());
    }
  }

  /** Removes them: the task is not claimed. */
  void discard() throws InterruptedException {
    try {
      await();
      directory.clear();
    } catch (IOException e) {
      return; // what is left of them goes with the next attempt, or after keep_days
    }
  }
}
