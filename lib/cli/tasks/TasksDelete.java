package lib.cli.tasks;

import module java.base;
import lib.cli.ServerCommand;
import lib.client.ApiClient;
import lib.client.http.ApiException;
import lib.core.Json;
import lib.core.Problem;
import picocli.CommandLine.Command;
import picocli.CommandLine.Parameters;

/** {@code tasks delete}: stops at the first task that cannot be deleted; those before it are gone. */
@Command(name = "delete", description = "Delete tasks that have ended, with their output; servers other than our own cannot. With --json a line "
    + "for each: id, state.", footer = "%nExample: worker tasks delete 7d1f 9c20")
public final class TasksDelete extends ServerCommand {
  @Parameters(paramLabel = "ID", arity = "1..*", description = "the tasks")
  private List<String> ids;

  @Override
  public Integer call() throws InterruptedException {
    var client = client();
    for (var id : ids) {
      if (id.isBlank() || !delete(client, id)) {
        throw TaskCommand.absent(id, client.server().toString());
      }
    }
    return Problem.Exit.DONE.code;
  }

  /** Whether there was such a task. */
  private boolean delete(ApiClient client, String id) throws InterruptedException {
    try {
      client.delete(id);
    } catch (ApiException e) {
      switch (e.kind()) {
        case MISSING -> {
          return false;
        }
        case NO_ROUTE -> throw cannotDelete();
        case CONFLICT -> throw new Problem("task " + id + " is not deleted", e.getMessage(), "cancel it first: tasks cancel " + id);
        default -> throw problem(e, client.server());
      }
    }
    io.print(json ? Json.object().put("id", id).put("state", "deleted") + "\n" : id + "\tdeleted\n");
    return true;
  }
}
