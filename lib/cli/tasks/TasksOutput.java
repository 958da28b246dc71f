package lib.cli.tasks;

import module java.base;
import lib.control.LocalAttempt;
import lib.core.Problem;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** {@code tasks output}. */
@Command(name = "output", description = "Print a task's output; of one that was answered without any, its result. "
    + "With --json one document: id, status, outputs, result, error.",
    footer = "%nExample: worker tasks output --follow 0de4ea13-1e4a-4ba1-b5e8-8f0d4b2a5d11")
public final class TasksOutput extends TaskCommand {
  @Option(names = "--follow", description = "go on printing until the task ends, with --json print at its end; exit 1 unless it completes")
  private boolean follow;

  @Option(names = "--raw", description = "on the worker's machine: the lines as the agent wrote them, events and all, with nothing masked; "
      + "asks no server")
  private boolean raw;

  @Override
  public Integer call() throws IOException, InterruptedException {
    if (raw) {
      return raw();
    }
    var client = client();
    if (follow) {
      return follow(client, task(client).id());
    }
    var output = output();
    for (long place = 0; ; ) {
      var from = place;
      var page = about(client, () -> client.output(id, from));
      page.chunks().forEach(output::take);
      place += page.chunks().size();
      if (page.chunks().isEmpty() || place >= page.total()) {
        output.end(task(client));
        return Problem.Exit.DONE.code;
      }
    }
  }

  private int raw() throws IOException {
    if (follow || json) {
      throw new Problem("--raw goes with neither --follow nor --json", "it copies a file as it is now", "leave one of them out")
          .ending(Problem.Exit.USAGE);
    }
    if (id.isBlank()) {
      throw absent(id, "this machine");
    }
    Files.copy(LocalAttempt.last(id, settings()).file("out"), io.out());
    return Problem.Exit.DONE.code;
  }
}
