package lib.cli.sessions;

import module java.base;
import lib.cli.CodebaseRef;
import lib.cli.output.OutputPrinter;
import lib.client.SessionClient.Resume;
import lib.core.Problem;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code sessions resume}. */
@Command(name = "resume", description = "Continue a session: a task for the worker that has it. While the same resume is "
    + "under way, our own server makes no second task.",
    footer = "%nExample: worker sessions resume --follow ses_5f3c \"Now add a test\"")
public final class SessionsResume extends OneSessionCommand {
  @Parameters(index = "1", arity = "0..1", paramLabel = "PROMPT",
      description = "what the agent is asked (default: to go on); - reads it from standard input")
  private String prompt;

  @Option(names = "--agent-type", paramLabel = "TYPE", description = "build, plan, general, explore (default: build)")
  private String agentType;

  @Option(names = "--model", paramLabel = "P/M", description = "provider/model")
  private String model;

  @Option(names = "--follow", description = OutputPrinter.FOLLOW)
  private boolean follow;

  @Override
  public Integer call() throws IOException, InterruptedException {
    var text = prompt == null ? null : prompt(prompt);
    var client = client();
    var known = ask(client, () -> CodebaseRef.all(client));
    var session = find(client, known);
    var how = new Resume(text, agentType, model, UUID.randomUUID().toString()); // so that trying again makes no second one
    var resumed = create(client, () -> client.sessions().resume(session.codebaseId(), session.id(), how));
    if (resumed.taskId() == null) {
      throw new Problem("session " + session.id() + " is not resumed", client.server() + " made no task",
          "create it: tasks create --resume " + session.id() + " PROMPT");
    }
    if (!resumed.created()) {
      io.say("it is being resumed already, by this task\n");
    }
    known.stream().filter(place -> place.codebase().id().equals(session.codebaseId()) && !place.alive()).forEach(place ->
        io.say("no live worker has codebase " + place.codebase().name() + "; the task waits for one\n"));
    if (follow) {
      io.say("task " + resumed.taskId() + "\n");
      return follow(client, resumed.taskId());
    }
    return print(ask(client, () -> client.task(resumed.taskId())));
  }
}
