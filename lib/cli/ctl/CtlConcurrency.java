package lib.cli.ctl;

import lib.cli.WorkerCommand;
import lib.core.Json;
import picocli.CommandLine.Command;
import picocli.CommandLine.Parameters;

/** {@code ctl concurrency}. */
@Command(name = "concurrency", description = "Set how many tasks run at the same time, until the next start or a "
    + "reload that changes max_concurrent_tasks.",
    footer = "%nExample: worker ctl concurrency 4")
public final class CtlConcurrency extends WorkerCommand {
  @Parameters(paramLabel = "N", description = "1 to 64")
  private int most;

  @Override
  public Integer call() {
    return print(ask("concurrency", Json.object().put("most", most)), most + " at the same time");
  }
}
