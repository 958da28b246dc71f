package lib.server.http;

import module java.base;
import lib.store.DatabaseException;

/**
 * One call: a method, a path whose parts in braces are variable, and what it does.
 *
 * @param open whether it needs no token
 */
public record Route(String method, List<String> parts, boolean open, Call call) {
  /** What a call does with a request. Refuses by throwing {@link ApiError}. */
  public interface Call {
    ApiResponse answer(ApiRequest request) throws DatabaseException, InterruptedException;
  }

  public static Route of(String method, String path, Call call) {
    return new Route(method, List.of(path.substring(1).split("/")), false, call);
  }

  public Route opened() {
    return new Route(method, parts, true, call);
  }

  /** The path's variable parts when the path is this one. */
  public Optional<Map<String, String>> match(List<String> path) {
    if (path.size() != parts.size()) {
      return Optional.empty();
    }
    var ids = new HashMap<String, String>();
    for (var i = 0; i < parts.size(); i++) {
      var part = parts.get(i);
      if (part.startsWith("{")) {
        ids.put(part.substring(1, part.length() - 1), path.get(i));
      } else if (!part.equals(path.get(i))) {
        return Optional.empty();
      }
    }
    return Optional.of(ids);
  }

  /**
   * The path by the names that the routes use: the two other families of this protocol are true aliases, so that
   * {@code /v1/opencode/codebases} and {@code /v1/agent/workspaces} are {@code /v1/agent/codebases}.
   */
  public static List<String> canonical(List<String> path) {
    var parts = new ArrayList<>(path);
    if (parts.size() > 1 && parts.get(0).equals("v1")) {
      if (parts.get(1).equals("opencode")) {
        parts.set(1, "agent");
      }
      if (parts.size() > 2 && parts.get(2).equals("workspaces")) {
        parts.set(2, "codebases");
      }
    }
    return parts;
  }
}
