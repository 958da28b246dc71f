package lib.cli;

import com.fasterxml.jackson.databind.node.ObjectNode;
import lib.config.Setting.Use;
import lib.control.ControlClient;

/** A command to the running worker, with {@code --json}. */
public abstract class WorkerCommand extends DataCommand {
  protected WorkerCommand() {
    super(Use.LOCAL);
  }

  /** Sends the request and prints {@code done}, or the answer as JSON. */
  protected final int ask(String method, ObjectNode params, String done) {
    try (var worker = ControlClient.of(settings())) {
      return print(worker.call(method, params), done);
    }
  }
}
