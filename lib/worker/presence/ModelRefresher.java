package lib.worker.presence;

import java.time.Duration;
import java.util.List;
import lib.agent.AgentKind;
import lib.agent.AgentProgram;
import lib.agent.ModelCatalog;
import lib.config.LiveSettings;
import lib.config.Table;
import lib.core.Clock;
import lib.core.Problem;

/**
 * Keeps the list of the agent's models current, and has the worker registered with it when it has changed. A thread of its
 * own, since asking takes seconds. Interrupt the thread to end it.
 */
public final class ModelRefresher implements Runnable {
  private static final Duration LOOK = Duration.ofSeconds(60); // some files' times; a login is offered soon after it was made

  private final LiveSettings settings;
  private final AgentKind kinds;
  private final ModelCatalog models;
  private final Runnable changed;
  private final Clock time;

  /** @param changed told when there is another list to register */
  public ModelRefresher(LiveSettings settings, AgentKind kinds, ModelCatalog models, Runnable changed, Clock time) {
    this.settings = settings;
    this.kinds = kinds;
    this.models = models;
    this.changed = changed;
    this.time = time;
  }

  @Override
  public void run() {
    var told = List.<String>of();
    try {
      while (true) {
        look();
        if (!models.known().equals(told)) {
          told = models.known();
          changed.run();
        }
        time.sleep(LOOK);
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  private void look() throws InterruptedException {
    var cli = AgentProgram.find(settings.now());
    try {
      if (cli.isPresent()) {
        models.read(kinds.of(cli.get().path(), settings.get(Table.AGENT_KIND)), cli.get().path(), ModelCatalog.DAY);
      }
    } catch (Problem e) {
      return; // an agent of no known kind: the gate of agents says so
    }
  }
}
