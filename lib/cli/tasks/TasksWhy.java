package lib.cli.tasks;

import lib.cli.WorkerCommand;
import lib.cli.output.DecisionText;
import lib.core.Json;
import lib.core.Problem;
import picocli.CommandLine.Command;
import picocli.CommandLine.Parameters;

/** {@code tasks why}. */
@Command(name = "why", description = "Say why the worker on this machine takes a task or not, rule by rule; exit 1 when the server does not know it, "
    + "3 when no worker runs.",
    footer = "%nExample: worker tasks why 0de4ea13-1e4a-4ba1-b5e8-8f0d4b2a5d11")
public final class TasksWhy extends WorkerCommand {
  @Parameters(paramLabel = "ID", description = "the task")
  private String id;

  @Override
  public Integer call() {
    var why = ask("why", Json.object().put("task_id", id));
    print(why, DecisionText.words(why));
    return (why.has("problem") && !why.path("running").asBoolean() ? Problem.Exit.PROBLEM : Problem.Exit.DONE).code;
  }
}
