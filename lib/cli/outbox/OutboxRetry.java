package lib.cli.outbox;

import lib.core.Problem;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code outbox retry}. */
@Command(name = "retry", description = "Put refused reports back to those that wait.",
    footer = "%nExample: worker outbox retry --all")
public final class OutboxRetry extends JournalCommand {
  @Parameters(paramLabel = "ID", arity = "0..1", description = "the report")
  private Long id;

  @Option(names = "--all", description = "every refused report that is still true")
  private boolean all;

  @Override
  public Integer call() throws InterruptedException {
    if (all == (id != null)) {
      throw new Problem("which reports is not clear", "give one number, or --all", "take a number from outbox list")
          .ending(Problem.Exit.USAGE);
    }
    var stateDir = stateDir(settings());
    var chosen = entries(stateDir).stream().filter(entry -> all ? entry.retryable() : entry.id() == id).toList();
    if (!all && chosen.isEmpty()) {
      throw none(id, stateDir);
    }
    if (!all && !chosen.getFirst().retryable()) {
      throw new Problem("report " + id + " is not tried again", chosen.getFirst().superseded()
          ? "a later attempt at its task has made it untrue" : "it waits already", "see outbox list");
    }
    for (var entry : chosen) {
      if (change(stateDir, "retry", entry.id())) {
        print(json ? entry.toJson().put("state", "waiting").toString() : entry.id() + "\t" + entry.taskId() + "\twaiting");
      } else if (!all) {
        throw new Problem("report " + id + " is not tried again", "the worker that runs works for another server than " + entry.server(),
            "start one for that server");
      }
    }
    return Problem.Exit.DONE.code;
  }
}
