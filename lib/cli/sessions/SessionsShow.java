package lib.cli.sessions;

import lib.cli.output.DetailView;
import picocli.CommandLine.Command;

/** {@code sessions show}. */
@Command(name = "show", description = "Show one session: title, codebase, folder, times, whose it is; "
    + "with --json the fields of the list.",
    footer = "%nExample: worker sessions show ses_5f3c")
public final class SessionsShow extends OneSessionCommand {
  @Override
  public Integer call() throws InterruptedException {
    var client = client();
    var session = find(client);
    return print(json(session), new DetailView().field("id", session.id()).field("title", session.title()).field("codebase", session.codebaseId())
        .field("directory", session.directory()).field("agent", session.agentKind()).field("worker", session.workerId())
        .field("messages", session.messages()).field("created", session.created()).field("updated", session.updated())
        .format(io, "FIELD", "VALUE"));
  }
}
