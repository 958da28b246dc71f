package lib.cli;

import module java.base;
import com.fasterxml.jackson.databind.JsonNode;
import lib.client.ApiClient;
import lib.client.http.ApiException;
import lib.core.Environment;
import lib.core.Json;
import lib.core.Problem;
import lib.protocol.CodebaseInfo;
import lib.protocol.Task;

/**
 * A codebase at the server, as a person chooses one for a task.
 *
 * @param worker what the worker that has it is called; null when none has it
 * @param alive whether that worker is there, as far as the server tells
 */
public record CodebaseRef(CodebaseInfo codebase, String worker, boolean alive) {
  /** A task is done where a worker is there; an owner that is away may come back, and nobody never does. */
  private static final Comparator<CodebaseRef> LIKELY = Comparator.comparing(CodebaseRef::alive).thenComparing(p -> p.worker != null);

  /** All that the server knows. */
  public static List<CodebaseRef> all(ApiClient client) throws ApiException, InterruptedException {
    var workers = workers(client);
    return client.codebases().stream().map(c -> of(c, workers)).toList();
  }

  /** The server's workers by id; null where it does not tell. */
  private static Map<String, JsonNode> workers(ApiClient client) throws ApiException, InterruptedException {
    try {
      var byId = new HashMap<String, JsonNode>();
      client.workers().forEach(worker -> byId.put(Json.text(worker, "worker_id", "id"), worker));
      return byId;
    } catch (ApiException e) {
      if (e.kind() != ApiException.Kind.NO_ROUTE) {
        throw e;
      }
      return null;
    }
  }

  private static CodebaseRef of(CodebaseInfo codebase, Map<String, JsonNode> workers) {
    var owner = codebase.workerId();
    var worker = owner == null || workers == null ? null : workers.get(owner);
    var name = worker == null ? null : Json.text(worker, "name");
    return new CodebaseRef(codebase, name == null ? owner : name,
        owner != null && (workers == null || worker != null && !"offline".equals(Json.text(worker, "status"))));
  }

  /**
   * Those that are meant by an id, a name or a path, the likeliest first.
   *
   * @throws Problem when there is none
   */
  public static List<CodebaseRef> named(List<CodebaseRef> all, String wanted, Environment env) {
    var path = env.path(wanted, env.cwd()).toString();
    var found = all.stream().filter(p -> wanted.equals(p.codebase.id()) || wanted.equals(p.codebase.name())
        || !wanted.isBlank() && path.equals(p.codebase.path())).sorted(LIKELY.reversed()).toList();
    if (found.isEmpty()) {
      throw new Problem("there is no codebase " + (wanted.isBlank() ? "''" : wanted), "the server knows "
          + (all.isEmpty() ? "none" : String.join(", ", all.stream().map(p -> p.codebase.id() + " (" + p.codebase.name() + ")").toList())),
          "register it: run a worker with -b NAME:PATH");
    }
    return found;
  }

  /**
   * The ids of all that are meant. {@code global} means what belongs to no other: each worker has a codebase of that name, and
   * servers have one of their own.
   *
   * @throws Problem when there is none
   */
  public static List<String> ids(List<CodebaseRef> all, String wanted, Environment env) {
    return Task.GLOBAL.equals(wanted)
        ? Stream.concat(all.stream().map(CodebaseRef::codebase).filter(c -> Task.GLOBAL.equals(c.name())).map(CodebaseInfo::id),
            Stream.of(Task.GLOBAL)).distinct().toList()
        : named(all, wanted, env).stream().map(p -> p.codebase.id()).toList();
  }

  /** The innermost that a worker has around this folder; rather one whose worker is there. */
  public static Optional<CodebaseRef> around(List<CodebaseRef> all, Path folder) {
    return all.stream().filter(p -> p.worker != null && p.codebase.path() != null && folder.startsWith(p.codebase.path())
        && !Task.GLOBAL.equals(p.codebase.name())).max(LIKELY.thenComparing(p -> p.codebase.path().length()));
  }

  @Override
  public String toString() {
    return codebase.name() + " (" + codebase.id() + ") of " + (worker == null ? "no worker" : "worker " + worker);
  }
}
