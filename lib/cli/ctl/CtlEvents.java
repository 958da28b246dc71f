package lib.cli.ctl;

import lib.cli.WorkerCommand;
import lib.core.Json;
import picocli.CommandLine.Command;

/** {@code ctl events}. */
@Command(name = "events", description = "Print what happens in the worker as it happens, until interrupted.",
    footer = "%nExample: worker ctl events --json")
public final class CtlEvents extends WorkerCommand {
  @Override
  public Integer call() {
    return follow("events", Json.object(), message -> {
      var event = message.path("params");
      if (message.path("method").asText().equals("event")) {
        io.print((json ? Json.write(event) : event.path("at").asText() + " " + event.path("type").asText()
            + (event.path("task_id").isTextual() ? " task=" + event.path("task_id").asText() : "")
            + (event.path("codebase").isTextual() ? " codebase=" + event.path("codebase").asText() : "")
            + (event.path("text").asText().isEmpty() ? "" : " " + event.path("text").asText())) + "\n");
      } else if (!json) {
        io.err().println("listening");
      }
      return true;
    });
  }
}
