package lib.cli.tasks;

import java.time.Duration;
import java.util.List;
import lib.cli.ServerCommand;
import lib.cli.output.Amounts;
import lib.client.ApiClient;
import lib.client.http.ApiException;
import lib.core.Clock;
import lib.core.Json;
import lib.core.Problem;
import lib.protocol.TaskStatus;
import lib.protocol.Timestamps;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code tasks delete}: stops at the first task that cannot be deleted; those before it are gone. */
@Command(name = "delete", description = "Delete tasks that have ended, with their output; servers other than our own cannot. With --json a line "
    + "for each: id, state.", footer = "%nExample: worker tasks delete --finished-before 30d")
public final class TasksDelete extends ServerCommand {
  @Parameters(paramLabel = "ID", arity = "0..*", description = "the tasks")
  private List<String> ids = List.of();

  @Option(names = "--finished-before", paramLabel = "DURATION", description = "instead of ids: every task that ended longer ago than this: "
      + "90s, 5m, 2h, 30d")
  private String finishedBefore;

  @Override
  public Integer call() throws InterruptedException {
    if (ids.isEmpty() == (finishedBefore == null)) {
      throw new Problem("which tasks is not clear", "give ids, or --finished-before", "take ids from tasks list").ending(Problem.Exit.USAGE);
    }
    var age = finishedBefore == null ? null : Amounts.duration(finishedBefore).orElseThrow(() -> new Problem("--finished-before is '"
        + finishedBefore + "'", "it must be a whole number of seconds, or one with s, m, h or d", "give another, as 30d").ending(Problem.Exit.USAGE));
    var client = client();
    for (var id : ids) {
      if (id.isBlank() || !delete(client, id)) {
        throw TaskCommand.absent(id, client.server().toString());
      }
    }
    if (age != null) {
      deleteFinished(client, age);
    }
    return Problem.Exit.DONE.code;
  }

  /** A server lists a part of its tasks: asks again until none of them is to be deleted. */
  private void deleteFinished(ApiClient client, Duration age) throws InterruptedException {
    var before = Clock.SYSTEM.now().minus(age);
    for (var status : List.of(TaskStatus.COMPLETED, TaskStatus.FAILED, TaskStatus.CANCELLED)) {
      for (var deleted = true; deleted; ) {
        deleted = false;
        for (var task : ask(client, () -> client.tasks(new ApiClient.Query(status, null, null, null)))) {
          var ended = Timestamps.read(task.raw(), "completed_at", "updated_at");
          deleted |= task.status() == status && ended != null && ended.isBefore(before) && delete(client, task.id());
        }
      }
    }
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
