package lib.cli.ctl;

import lib.cli.WorkerCommand;
import lib.core.Json;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** {@code ctl pause}. */
@Command(name = "pause", description = "Take no task until resumed; running tasks continue.",
    footer = "%nExample: worker ctl pause --reason \"the tests need the machine\"")
public final class CtlPause extends WorkerCommand {
  @Option(names = "--reason", paramLabel = "TEXT", description = "why, for the status")
  private String reason;

  @Override
  public Integer call() {
    return print(ask("pause", Json.object().put("reason", reason)), "paused");
  }
}
