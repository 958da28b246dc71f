package lib.cli.sessions;

import module java.base;
import com.fasterxml.jackson.databind.node.ObjectNode;
import lib.cli.CodebaseRef;
import lib.cli.ServerCommand;
import lib.client.ApiClient;
import lib.client.http.ApiException;
import lib.client.http.RetryPolicy;
import lib.core.Json;
import lib.core.Problem;
import lib.protocol.SessionInfo;
import lib.protocol.Task;
import picocli.CommandLine.Option;

/** What the {@code sessions} commands have in common: where to look. */
abstract class SessionsCommand extends ServerCommand {
  @Option(names = "--codebase", paramLabel = "ID|NAME|PATH",
      description = "look only in this codebase; global for sessions below none (default: in all)")
  String codebase;

  /** The ids to look in. */
  final List<String> ids(List<CodebaseRef> known) {
    return codebase != null ? CodebaseRef.ids(known, codebase, io.env())
        : Stream.concat(known.stream().map(p -> p.codebase().id()), Stream.of(Task.GLOBAL)).distinct().toList();
  }

  /** Calls the server, which has answered before; empty when it has no such thing. */
  final <T> Optional<T> there(ApiClient client, RetryPolicy.Call<T> call) throws InterruptedException {
    try {
      return Optional.of(ask(client, call));
    } catch (Problem e) {
      if (isOf(e, ApiException.Kind.MISSING)) {
        return Optional.empty();
      }
      throw isOf(e, ApiException.Kind.NO_ROUTE) ? new Problem("the server " + client.server() + " keeps no sessions", "it has no such call",
          "ask one that does; our own does: serve") : e;
    }
  }

  /** As {@code --json} shows it, whatever server it is from. */
  static ObjectNode json(SessionInfo s) {
    return Json.object().put("id", s.id()).put("codebase_id", s.codebaseId()).put("title", s.title()).put("directory", s.directory())
        .put("created", text(s.created())).put("updated", text(s.updated())).put("messages", s.messages())
        .put("agent_kind", s.agentKind()).put("worker_id", s.workerId());
  }

  static String text(Instant instant) {
    return instant == null ? null : instant.toString();
  }

  static void checkLimit(int limit) {
    if (limit < 1) {
      throw new Problem("--limit is " + limit, "it must be at least 1", "leave it out for the usual number").ending(Problem.Exit.USAGE);
    }
  }
}
