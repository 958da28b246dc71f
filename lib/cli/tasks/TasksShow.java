package lib.cli.tasks;

import lib.cli.output.DetailView;
import picocli.CommandLine.Command;

/** {@code tasks show}. */
@Command(name = "show", description = "Show one task: status, owner, result, error.",
    footer = "%nExample: worker tasks show 0de4ea13-1e4a-4ba1-b5e8-8f0d4b2a5d11")
public final class TasksShow extends TaskCommand {
  @Override
  public Integer call() throws InterruptedException {
    var task = task(client());
    return print(task.raw(), new DetailView().field("id", task.id()).field("title", task.title()).field("status", task.status().word())
        .field("codebase", task.codebase()).field("agent type", task.agent()).field("model", task.modelName())
        .field("worker", task.workerId()).field("session", task.sessionId()).field("created", task.createdAt())
        .text("prompt", task.prompt()).text("result", task.result()).text("error", task.error()).format(io, "FIELD", "VALUE"));
  }
}
