package lib.cli.outbox;

import lib.core.Json;
import picocli.CommandLine.Command;
import picocli.CommandLine.Parameters;

/** {@code outbox drop}. */
@Command(name = "drop", description = "Give a report up: its server will not hear of it.",
    footer = "%nExample: worker outbox drop 12")
public final class OutboxDrop extends JournalCommand {
  @Parameters(paramLabel = "ID", description = "the report")
  private long id;

  @Override
  public Integer call() throws InterruptedException {
    var stateDir = stateDir(settings());
    if (!change(stateDir, "drop", id)) {
      throw none(id, stateDir);
    }
    return print(json ? Json.object().put("id", id).put("state", "dropped").toString() : id + "\tdropped");
  }
}
