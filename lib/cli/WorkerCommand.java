package lib.cli;

import module java.base;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import lib.config.Setting.Use;
import lib.control.ControlClient;
import lib.core.Problem;

/** A command to the running worker. */
public abstract class WorkerCommand extends DataCommand {
  protected WorkerCommand() {
    super(Use.LOCAL);
  }

  /** What the worker answers. */
  protected final JsonNode ask(String method, ObjectNode params) {
    try (var worker = ControlClient.connect(ControlClient.stateDir(settings()))) {
      return worker.call(method, params);
    }
  }

  /** Gives each message of the worker, until one is the last. */
  protected final int follow(String method, ObjectNode params, Predicate<JsonNode> more) {
    try (var worker = ControlClient.connect(ControlClient.stateDir(settings()))) {
      worker.follow(method, params, more);
    }
    return Problem.Exit.DONE.code;
  }
}
