package lib.cli.tasks;

import module java.base;
import lib.cli.CodebaseRef;
import lib.cli.ServerCommand;
import lib.cli.output.OutputPrinter;
import lib.protocol.NewTask;
import lib.protocol.Task;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code tasks create}. */
@Command(name = "create", description = "Create a task.",
    footer = "%nExample: worker tasks create --codebase demo --follow \"Write hello.txt with a greeting\"")
public final class TasksCreate extends ServerCommand {
  @Parameters(paramLabel = "PROMPT", description = "what the agent is asked; - reads it from standard input")
  private String prompt;

  @Option(names = "--codebase", paramLabel = "ID|NAME|PATH",
      description = "where (default: the codebase of the current folder, else none)")
  private String codebase;

  @Option(names = "--title", paramLabel = "TEXT", description = "for lists (default: the prompt's first line)")
  private String title;

  @Option(names = "--agent-type", paramLabel = "TYPE", description = "build, plan, general, explore, echo, noop (default: build)")
  private String agentType = Task.DEFAULT_AGENT;

  @Option(names = "--model", paramLabel = "P/M", description = "provider/model")
  private String model;

  @Option(names = "--priority", paramLabel = "N", description = "higher is sooner (default: 0)")
  private int priority;

  @Option(names = "--resume", paramLabel = "SESSION", description = "continue this agent session")
  private String resume;

  @Option(names = "--follow", description = OutputPrinter.FOLLOW)
  private boolean follow;

  @Override
  public Integer call() throws IOException, InterruptedException {
    var text = prompt(prompt);
    var client = client();
    var where = place(ask(client, () -> CodebaseRef.all(client)));
    io.say((where.isPresent() ? "codebase " + where.get() : "no codebase") + "\n");
    where.filter(place -> !place.alive()).ifPresent(place ->
        io.say("no live worker has codebase " + place.codebase().name() + "; the task waits for one\n"));
    var name = title != null ? title : NewTask.titleOf(text);
    var task = create(client, () -> client.create(new NewTask(where.map(p -> p.codebase().id()).orElse(null), name, text, agentType,
        priority, model, resume)));
    if (!follow) {
      return print(task);
    }
    io.say("task " + task.id() + "\n");
    return follow(client, task.id());
  }

  private Optional<CodebaseRef> place(List<CodebaseRef> known) {
    return codebase == null ? CodebaseRef.around(known, io.env().cwd()) : Optional.of(CodebaseRef.named(known, codebase, io.env()).getFirst());
  }
}
