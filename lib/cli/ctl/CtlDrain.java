package lib.cli.ctl;

import lib.cli.WorkerCommand;
import lib.core.Json;
import picocli.CommandLine.Command;

/** {@code ctl drain}. */
@Command(name = "drain", description = "End the worker as one TERM does: no new task, running ones may finish.",
    footer = "%nExample: worker ctl drain")
public final class CtlDrain extends WorkerCommand {
  @Override
  public Integer call() {
    return print(ask("drain", Json.object()), "draining");
  }
}
