package lib.cli.outbox;

import java.time.Duration;
import java.time.Instant;
import java.util.List;
import lib.cli.output.TextTable;
import lib.core.Clock;
import lib.core.Json;
import lib.core.Problem;
import picocli.CommandLine.Command;

/** {@code outbox list}. */
@Command(name = "list", description = "List the reports that wait or were refused, the oldest first.",
    footer = "%nExample: worker outbox list --name builder")
public final class OutboxList extends JournalCommand {
  @Override
  public Integer call() throws InterruptedException {
    var settings = settings();
    var entries = entries(stateDir(settings));
    var here = here(settings, entries);
    if (json) {
      var all = Json.MAPPER.createArrayNode();
      entries.forEach(entry -> all.add(here.isEmpty() ? entry.toJson().putNull("elsewhere")
          : entry.toJson().put("elsewhere", !here.contains(entry.server()))));
      io.print(Json.pretty(all) + "\n");
      return Problem.Exit.DONE.code;
    }
    TextTable.fit(io, List.of("ID", "TASK", "KIND", "STATUS", "STATE", "TRIES", "AGE", "SERVER", "ERROR"), entries.stream().map(entry ->
        List.of(Long.toString(entry.id()), entry.taskId(), entry.kind(), entry.status(), entry.state(), Integer.toString(entry.tries()),
            age(entry.createdAt()), entry.server() + (here.isEmpty() || here.contains(entry.server()) ? "" : " (another)"),
            entry.error() == null ? "" : entry.error())).toList());
    return Problem.Exit.DONE.code;
  }

  private static String age(Instant made) {
    var age = Duration.between(made, Clock.SYSTEM.now());
    return age.toDays() > 0 ? age.toDays() + " d" : age.toHours() > 0 ? age.toHours() + " h" : age.toMinutes() > 0
        ? age.toMinutes() + " min" : Math.max(0, age.toSeconds()) + " s";
  }
}
