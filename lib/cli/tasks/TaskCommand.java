package lib.cli.tasks;

import lib.cli.ServerCommand;
import lib.client.ApiClient;
import lib.client.http.ApiException;
import lib.client.http.RetryPolicy;
import lib.core.Problem;
import lib.protocol.Task;
import picocli.CommandLine.Parameters;

/** What commands about one task have in common: its id, and saying in one way that it is not there. */
abstract class TaskCommand extends ServerCommand {
  @Parameters(paramLabel = "ID", description = "the task")
  String id;

  /** Calls the server about the task; one that is not there is said in one way. */
  final <T> T about(ApiClient client, RetryPolicy.Call<T> call) throws InterruptedException {
    try {
      if (!id.isBlank()) {
        return ask(client, call);
      }
    } catch (Problem e) {
      if (!isOf(e, ApiException.Kind.MISSING)) {
        throw e;
      }
    }
    throw absent(id, client.server().toString());
  }

  static Problem absent(String id, String where) {
    return new Problem("there is no task " + (id.isBlank() ? "''" : id), where + " knows none with this id", "tasks list");
  }

  final Task task(ApiClient client) throws InterruptedException {
    return about(client, () -> client.task(id));
  }
}
