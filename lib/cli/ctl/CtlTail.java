package lib.cli.ctl;

import com.fasterxml.jackson.databind.JsonNode;
import lib.cli.WorkerCommand;
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
    var params = Json.object().put("task_id", id).put("lines", lines).put("follow", follow);
    if (!follow) {
      printPart(ask("tail", params));
      return Problem.Exit.DONE.code;
    }
    return follow("tail", params, message -> {
      printPart(message.path(message.has("method") ? "params" : "result"));
      return !message.path("method").asText().equals("end");
    });
  }

  private void printPart(JsonNode part) {
    io.print(json ? Json.write(part) + "\n" : part.path("text").asText());
  }
}
