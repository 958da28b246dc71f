package lib.cli.outbox;

import module java.base;
import lib.cli.output.Amounts;
import lib.core.Clock;
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
    return print(entries, entry -> here.isEmpty() ? entry.toJson().putNull("elsewhere") : entry.toJson().put("elsewhere", !here.contains(entry.server())),
        List.of("ID", "TASK", "KIND", "STATUS", "STATE", "TRIES", "AGE", "SERVER", "ERROR"), entry -> List.of(Long.toString(entry.id()),
            entry.taskId(), entry.kind(), entry.status(), entry.state(), Integer.toString(entry.tries()),
            Amounts.words(Duration.between(entry.createdAt(), Clock.SYSTEM.now())),
            entry.server() + (here.isEmpty() || here.contains(entry.server()) ? "" : " (another)"), entry.error() == null ? "" : entry.error()));
  }
}
