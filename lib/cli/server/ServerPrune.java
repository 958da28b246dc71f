package lib.cli.server;

import lib.cli.ServerCommand;
import lib.cli.output.Amounts;
import lib.client.ApiClient;
import lib.client.http.ApiException;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** {@code server prune}: the retention that the server runs by itself, now. */
@Command(name = "prune", description = "Delete what server_keep_days and server_keep_bytes no longer keep: ended tasks and sessions. With --json: tasks, sessions, "
    + "bytes, dry_run, keep_days, keep_bytes.", footer = "%nExample: worker server prune --dry-run")
public final class ServerPrune extends ServerCommand {
  @Option(names = "--dry-run", description = "delete nothing, and say what would be deleted")
  private boolean dryRun;

  @Override
  public Integer call() throws InterruptedException {
    var client = new ApiClient(server(settings())); // with its long deadline: there may be much to delete
    try {
      var answer = client.prune(dryRun);
      return print(answer, (dryRun ? "would delete " : "deleted ") + answer.path("tasks").asInt() + " tasks, " + answer.path("sessions").asInt()
          + " sessions, " + Amounts.words(answer.path("bytes").asLong()));
    } catch (ApiException e) {
      throw e.kind() == ApiException.Kind.NO_ROUTE ? cannotDelete() : problem(e, client.server());
    }
  }
}
