package lib.cli;

import lib.cli.output.CommandIo;
import lib.client.ApiClient;
import lib.client.http.ApiException;
import lib.client.http.RetryPolicy;
import lib.core.Problem;
import lib.protocol.Task;
import picocli.CommandLine.Parameters;

/** What commands about one task have in common: its id, and saying in one way that it is not there. */
public abstract class TaskCommand extends ServerCommand {
  @Parameters(paramLabel = "ID", description = "the task")
  protected String id;

  protected TaskCommand(CommandIo io) {
    super(io);
  }

  /** Calls the server about the task; one that is not there is said in one way. */
  protected final <T> T about(ApiClient client, RetryPolicy.Call<T> call) throws InterruptedException {
    try {
      if (!id.isBlank()) {
        return ask(client, call);
      }
    } catch (Problem e) {
      if (!(e.getCause() instanceof ApiException failed) || failed.kind() != ApiException.Kind.MISSING) {
        throw e;
      }
    }
    throw absent(client.server().toString());
  }

  protected final Problem absent(String where) {
    return new Problem("there is no task " + (id.isBlank() ? "''" : id), where + " knows none with this id", "tasks list");
  }

  protected final Task task(ApiClient client) throws InterruptedException {
    return about(client, () -> client.task(id));
  }
}
