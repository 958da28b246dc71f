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
    return new Route(method, parts(path), false, call);
  }

  public Route opened() {
    return new Route(method, parts, true, call);
  }

  /** The path's variable parts when the path is this one. */
  Optional<Map<String, String>> match(List<String> path) {
    var ids = new HashMap<String, String>();
    for (var i = 0; i < parts.size() && path.size() == parts.size(); i++) {
      var part = parts.get(i);
      if (part.startsWith("{")) {
        ids.put(part.substring(1, part.length() - 1), path.get(i));
      } else if (!part.equals(path.get(i))) {
        return Optional.empty();
      }
    }
    return path.size() == parts.size() ? Optional.of(ids) : Optional.empty();
  }

  /**
   * A path's parts, each decoded on its own: a slash within one stays within it. A slash at the end is nothing. The two other
   * families of this protocol are true aliases: {@code /v1/opencode/codebases} and {@code /v1/agent/workspaces} are
   * {@code /v1/agent/codebases}.
   */
  static List<String> parts(String rawPath) {
    var path = rawPath.replaceFirst("^/v1/opencode(?=/)", "/v1/agent").replaceFirst("^(/v1/[^/]+)/workspaces(?=/|$)", "$1/codebases");
    return Stream.of(path.replaceFirst("^/", "").replaceFirst("/$", "").split("/", -1))
        .map(part -> URLDecoder.decode(part.replace("+", "%2B"), StandardCharsets.UTF_8)).toList();
  }
}
