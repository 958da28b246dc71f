package lib.worker.attempt;

import java.io.IOException;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.FutureTask;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Makes an agent ready while the server is asked for its task. Whoever begins one awaits or discards it. */
final class AgentPreparation {
  /** For tasks that need no agent. */
  static final AgentPreparation NONE = new AgentPreparation(() -> null);

  private static final Logger LOG = LoggerFactory.getLogger(AgentPreparation.class);

  private final FutureTask<PreparedAgent> work;

  private AgentPreparation(Callable<PreparedAgent> deed) {
    this.work = new FutureTask<>(deed);
  }

  static AgentPreparation begin(Callable<PreparedAgent> deed) {
    var begun = new AgentPreparation(deed);
    Thread.ofVirtual().name("readying").start(begun.work);
    return begun;
  }

  /** @throws IOException when the attempt's folder cannot be made */
  PreparedAgent await() throws IOException, InterruptedException {
    try {
      return work.get();
    } catch (ExecutionException e) {
      if (e.getCause() instanceof IOException io) {
        throw io;
      }
      throw new IllegalStateException(e.getCause());
    }
  }

  /** Leaves no trace of it: the task is not ours. */
  void discard() throws InterruptedException {
    if (this == NONE) {
      return;
    }
    try (var ready = await()) {
      ready.close();
      ready.folder().clear();
    } catch (IOException e) {
      LOG.warn("what was made ready for a task that went elsewhere could not be removed: {}", e.getMessage());
    }
  }
}
