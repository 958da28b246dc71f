package lib.cli.tasks;

import module java.base;
import lib.cli.CodebaseRef;
import lib.cli.ServerCommand;
import lib.client.ApiClient;
import lib.core.Problem;
import lib.protocol.Task;
import lib.protocol.TaskStatus;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** {@code tasks list}. */
@Command(name = "list", description = "List tasks, the most urgent first, then the oldest; servers give at most 100.",
    footer = "%nExample: worker tasks list --status running --codebase demo")
public final class TasksList extends ServerCommand {
  @Option(names = "--status", paramLabel = "STATUS",
      description = "only those pending, queued, assigned, running, completed, failed or cancelled")
  private String status;

  @Option(names = "--codebase", paramLabel = "ID|NAME|PATH", description = "only those of this codebase")
  private String codebase;

  @Override
  public Integer call() throws InterruptedException {
    var wanted = status == null ? null : TaskStatus.of(status);
    if (wanted == TaskStatus.UNKNOWN) {
      throw new Problem("--status " + status + " is no status of a task", "there are pending, queued, assigned, running, "
          + "completed, failed, cancelled", "choose one of them").ending(Problem.Exit.USAGE);
    }
    var client = client();
    var found = new ArrayList<Task>();
    for (var id : codebases(client)) {
      found.addAll(ask(client, () -> client.tasks(new ApiClient.Query(wanted, id, null, null))));
    }
    found.sort(Comparator.comparing(Task::priority).reversed().thenComparing(Task::createdAt, Comparator.nullsLast(Comparator.naturalOrder())));
    if (io.terminal() && found.isEmpty() && !json) {
      io.err().println("no tasks");
      return Problem.Exit.DONE.code;
    }
    return print(found, Task::raw, List.of("ID", "STATUS", "CODEBASE", "TYPE", "CREATED", "TITLE"), t -> List.of(t.id(), t.status().word(),
        t.codebase(), t.agent(), io.when(t.createdAt()), t.title() == null ? "" : t.title()));
  }

  /** The ids of the wanted codebase, of which each worker that offers it has one; a null id is any. */
  private List<String> codebases(ApiClient client) throws InterruptedException {
    return codebase == null ? Collections.singletonList(null)
        : CodebaseRef.ids(ask(client, () -> CodebaseRef.all(client)), codebase, io.env());
  }
}
