package lib.cli.ctl;

import com.fasterxml.jackson.databind.JsonNode;
import lib.cli.WorkerCommand;
import lib.control.ControlClient;
import lib.core.Json;
import lib.core.Problem;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code ctl tail}. */
@Command(name = "tail", description = "Print the end of a task's output from this machine's files, also while no server "
    + "can be reached.", footer = "%nExample: worker ctl tail --follow 0de4ea13-1e4a-4ba1-b5e8-8f0d4b2a5d11")
public final class CtlTail extends WorkerCommand {
  @Parameters(paramLabel = "ID", description = "the task")
  private String id;

  @Option(names = "--lines", paramLabel = "N", description = "how many (default: 20)")
  private int lines = 20;

  @Option(names = "--follow", description = "print further output until the task ends")
  private boolean follow;

  @Override
  public Integer call() {
    try (var worker = ControlClient.of(settings())) {
      var params = Json.object().put("task_id", id).put("lines", lines).put("follow", follow);
      if (follow) {
        worker.follow("tail", params, this::printMessage);
      } else {
        printMessage(Json.object().set("result", worker.call("tail", params)));
      }
    }
    return Problem.Exit.DONE.code;
  }

  /** Prints the answer or a notification; false after the last one. */
  private boolean printMessage(JsonNode message) {
    var part = message.path(message.has("method") ? "params" : "result");
    if (json) {
      io.print(Json.write(part) + "\n");
    } else {
      io.print(part.path("text").asText());
    }
    return !message.path("method").asText().equals("end");
  }
}
