package lib.cli.tasks;

import lib.client.http.ApiException;
import lib.core.Problem;
import lib.protocol.TaskStatus;
import picocli.CommandLine.Command;

/** {@code tasks requeue}. */
@Command(name = "requeue", description = "Put a failed, cancelled or stuck task back into the queue.",
    footer = "%nExample: worker tasks requeue 0de4ea13-1e4a-4ba1-b5e8-8f0d4b2a5d11")
public final class TasksRequeue extends TaskCommand {
  @Override
  public Integer call() throws InterruptedException {
    var client = client();
    var before = task(client);
    try {
      client.requeue(id);
    } catch (ApiException e) {
      throw switch (e.kind()) {
        case NO_ROUTE -> new Problem("the task is not re-queued", "this server has no call for that", "create another: tasks create");
        case REFUSED, CONFLICT -> refused(task(client).status());
        default -> problem(e, client.server());
      };
    }
    if (before.status() == TaskStatus.RUNNING) {
      io.say("it was running, at worker " + before.workerId() + "\n");
    }
    return print(task(client));
  }

  private static Problem refused(TaskStatus status) {
    return new Problem("the task is not re-queued", "it is " + status.word(),
        status.terminal() ? "create another: tasks create" : "it is in the queue already");
  }
}
