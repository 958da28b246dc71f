package lib.cli.tasks;

import com.fasterxml.jackson.databind.JsonNode;
import lib.cli.WorkerCommand;
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
    print(why, words(why));
    return (why.has("problem") && !why.path("running").asBoolean() ? Problem.Exit.PROBLEM : Problem.Exit.DONE).code;
  }

  /** The answer to {@code why}, which {@code docs/control.md} describes, in lines for people. */
  private static String words(JsonNode why) {
    var text = new StringBuilder(why.path("verdict").asText()).append('\n');
    if (why.has("attempt")) {
      text.append("attempt ").append(why.path("attempt").path("n").asText()).append(" here: ")
          .append(why.path("attempt").path("state").asText()).append('\n');
    }
    if (why.has("before")) {
      var before = why.path("before");
      text.append("since ").append(before.path("since").asText()).append(": ").append(before.path("say").asText())
          .append(before.path("reason").asText().isEmpty() ? "" : ", " + before.path("reason").asText()).append('\n');
    } else {
      text.append("this worker has not looked at it\n");
    }
    if (why.has("problem") || why.path("running").asBoolean()) {
      return text.toString();
    }
    text.append("now: ").append(why.path("now").path("say").asText()).append('\n');
    why.path("now").path("rules").forEach(rule -> text.append("  ").append(rule.path("say").asText()).append("  ")
        .append(rule.path("rule").asText()).append(": ").append(rule.path("reason").asText()).append('\n'));
    return text.toString();
  }
}
