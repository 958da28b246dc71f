package lib.cli.sessions;

import module java.base;
import lib.cli.CodebaseRef;
import lib.core.PrintableText;
import lib.core.Problem;
import lib.protocol.SessionInfo;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** {@code sessions list}. */
@Command(name = "list", description = "List sessions, the newest first. With --json an array: id, "
    + "codebase_id, title, directory, created, updated, messages, agent_kind, worker_id.",
    footer = "%nExample: worker sessions list --codebase demo --search login")
public final class SessionsList extends SessionsCommand {
  @Option(names = "--limit", paramLabel = "N", description = "so many at most, 200 of one codebase (default: 50)")
  private int limit = 50;

  @Option(names = "--search", paramLabel = "TEXT", description = "only those whose title or id has this in it")
  private String search;

  @Override
  public Integer call() throws InterruptedException {
    checkLimit(limit);
    var client = client();
    var found = new ArrayList<SessionInfo>();
    var total = 0;
    for (var id : ids(ask(client, () -> CodebaseRef.all(client)))) {
      var page = there(client, () -> client.sessions().list(id, limit, 0, search == null || search.isBlank() ? null : search));
      found.addAll(page.map(p -> p.sessions()).orElse(List.of()));
      total += page.map(p -> p.total()).orElse(0);
    }
    var shown = found.stream().sorted(Comparator.comparing(SessionInfo::latest).reversed()).limit(limit).toList();
    if (shown.isEmpty() && !json) {
      io.say(search != null && !search.isBlank() ? "no session has " + PrintableText.of(search) + " in its title or id\n"
          : "no sessions: no worker has uploaded any" + (codebase == null ? "" : " in codebase " + codebase) + "\n");
      return Problem.Exit.DONE.code;
    }
    print(shown, SessionsCommand::json, List.of("ID", "UPDATED", "CODEBASE", "MESSAGES", "TITLE"), s -> List.of(s.id(),
        io.when(s.latest().equals(Instant.EPOCH) ? null : s.latest()), s.codebaseId(), s.messages() == null ? "" : s.messages().toString(),
        s.title() == null ? "" : s.title()));
    if (total > shown.size() && !json) {
      io.say(shown.size() + " of " + total + "; --limit N shows more, --search TEXT finds one\n");
    }
    return Problem.Exit.DONE.code;
  }
}
