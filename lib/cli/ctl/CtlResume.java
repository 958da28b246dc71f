package lib.cli.ctl;

import lib.cli.WorkerCommand;
import lib.core.Json;
import picocli.CommandLine.Command;

/** {@code ctl resume}. */
@Command(name = "resume", description = "Take tasks again.", footer = "%nExample: worker ctl resume")
public final class CtlResume extends WorkerCommand {
  @Override
  public Integer call() {
    return print(ask("resume", Json.object()), "resumed");
  }
}
