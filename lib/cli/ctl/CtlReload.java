package lib.cli.ctl;

import com.fasterxml.jackson.databind.JsonNode;
import lib.cli.WorkerCommand;
import lib.core.Json;
import picocli.CommandLine.Command;

/** {@code ctl reload}. */
@Command(name = "reload", description = "Read the config file again, as HUP does, and print what has changed.",
    footer = "%nExample: worker ctl reload")
public final class CtlReload extends WorkerCommand {
  @Override
  public Integer call() {
    var answer = ask("reload", Json.object());
    return print(answer, "changed: " + words(answer.path("changed")) + "\nneeds a restart: " + words(answer.path("restart")));
  }

  private static String words(JsonNode keys) {
    return keys.isEmpty() ? "nothing" : String.join(", ", keys.valueStream().map(JsonNode::asText).toList());
  }
}
