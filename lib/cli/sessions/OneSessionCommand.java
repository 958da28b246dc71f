package lib.cli.sessions;

import module java.base;
import lib.cli.CodebaseRef;
import lib.client.ApiClient;
import lib.core.Problem;
import lib.protocol.SessionInfo;
import lib.protocol.Task;
import picocli.CommandLine.Parameters;

/** What the commands about one session have in common: how it is found. */
abstract class OneSessionCommand extends SessionsCommand {
  private static final int PAGE = 200; // servers give no more at once
  private static final int MAX_PAGES = 50; // a codebase of more than 10,000 sessions wants a whole id

  @Parameters(index = "0", paramLabel = "ID", description = "the session, or how its id begins when no other does so")
  String id;

  final SessionInfo find(ApiClient client) throws InterruptedException {
    return find(client, ask(client, () -> CodebaseRef.all(client)));
  }

  /** @throws Problem when there is none, or several */
  final SessionInfo find(ApiClient client, List<CodebaseRef> known) throws InterruptedException {
    var found = new ArrayList<SessionInfo>();
    if (!id.isBlank()) {
      var ids = ids(known);
      for (var where : ids) {
        there(client, () -> client.sessions().get(where, id)).ifPresent(found::add);
      }
      if (found.isEmpty()) {
        for (var where : ids) {
          addBeginning(client, where, found);
        }
      }
    }
    if (found.stream().anyMatch(s -> s.id().equals(id))) {
      found.removeIf(s -> !s.id().equals(id));
    }
    return only(client, found);
  }

  private void addBeginning(ApiClient client, String where, List<SessionInfo> found) throws InterruptedException {
    for (var pages = 0; pages < MAX_PAGES; pages++) {
      var offset = pages * PAGE;
      var page = there(client, () -> client.sessions().list(where, PAGE, offset, null));
      page.ifPresent(p -> p.sessions().stream().filter(s -> s.id().startsWith(id)).forEach(found::add));
      if (page.isEmpty() || page.get().sessions().isEmpty() || offset + page.get().sessions().size() >= page.get().total()) {
        return;
      }
    }
  }

  private SessionInfo only(ApiClient client, List<SessionInfo> found) {
    if (found.stream().map(SessionInfo::id).distinct().count() > 1) {
      throw new Problem("several sessions begin with " + id, String.join(", ", found.stream().map(SessionInfo::id).distinct().limit(5)
          .toList()), "give more of the id");
    }
    var inCodebases = found.stream().filter(s -> !Task.GLOBAL.equals(s.codebaseId())).toList();
    if (inCodebases.size() > 1) {
      throw new Problem("session " + found.getFirst().id() + " is in several codebases",
          String.join(", ", inCodebases.stream().map(SessionInfo::codebaseId).toList()), "choose one with --codebase");
    }
    return Stream.concat(inCodebases.stream(), found.stream()).findFirst().orElseThrow(() -> new Problem(
        "there is no session " + (id.isBlank() ? "''" : id), client.server() + " knows none whose id begins so"
        + (codebase == null ? "" : " in codebase " + codebase), "sessions list"));
  }
}
