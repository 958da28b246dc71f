package lib.client;

import module java.base;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.MissingNode;
import lib.client.http.ApiException;
import lib.client.http.HttpResult;
import lib.client.http.HttpTransport;
import lib.core.Json;

/**
 * Calls in the path family that the server speaks. Finds the family at the first call, and again when that family goes away.
 * Thread-safe.
 */
final class FamilyCalls {
  /** What may be said of a family that the server does not speak: a guard may stand before paths that are not there. */
  private static final Set<ApiException.Kind> NOT_HERE = Set.of(ApiException.Kind.DENIED, ApiException.Kind.NO_ROUTE, ApiException.Kind.GONE,
      ApiException.Kind.MISSING);

  private final HttpTransport http;
  private final Duration deadline;
  private volatile PathFamily found;

  FamilyCalls(HttpTransport http, Duration deadline) {
    this.http = http;
    this.deadline = deadline;
  }

  /** The path family, found by asking for the codebases in each. */
  PathFamily family() throws ApiException, InterruptedException {
    var known = found;
    if (known != null) {
      return known;
    }
    var failures = new ArrayList<ApiException>();
    for (var candidate : PathFamily.values()) {
      var answer = http.send("GET", candidate.codebases(""), null, Map.of(), deadline);
      if (answer.ok()) {
        answer.json();
        found = candidate;
        return candidate;
      }
      failures.add(answer.failure());
      if (answer.status() != 404 && !NOT_HERE.contains(failures.getLast().kind())) {
        throw failures.getLast();
      }
    }
    // a proxy's own 404: behind that proxy a server may yet come up
    throw first(failures, ApiException.Kind.GARBLED).or(() -> first(failures, ApiException.Kind.DENIED)).orElseGet(() ->
        new ApiException(ApiException.Kind.NO_ROUTE, failures.getLast().status(), "no CodeTether server answers here: "
            + failures.getLast().getMessage(), Duration.ZERO, null, failures.getLast()));
  }

  private static Optional<ApiException> first(List<ApiException> failures, ApiException.Kind kind) {
    return failures.stream().filter(e -> e.kind() == kind).findFirst();
  }

  JsonNode call(String method, Function<PathFamily, String> path, JsonNode body) throws ApiException, InterruptedException {
    var known = family();
    try {
      return exchange(method, path.apply(known), body);
    } catch (ApiException e) {
      if (e.kind() != ApiException.Kind.NO_ROUTE && e.kind() != ApiException.Kind.GONE) {
        throw e;
      }
      found = null; // the server may have been replaced by one of another family
      var now = again(known);
      if (now == known) {
        throw e;
      }
      return exchange(method, path.apply(now), body);
    }
  }

  /** A server that spoke a family a moment ago and now none is being replaced, or hides behind a gateway: wait for it. */
  private PathFamily again(PathFamily before) throws ApiException, InterruptedException {
    try {
      return family();
    } catch (ApiException e) {
      throw e.kind().again() ? e : new ApiException(ApiException.Kind.GARBLED, e.status(), "the server, which answered at " + before.codebases("")
          + ", does not any more: " + e.getMessage(), e.retryAfter(), null, e);
    }
  }

  JsonNode exchange(String method, String path, JsonNode body) throws ApiException, InterruptedException {
    var answer = http.send(method, path, body == null ? null : Json.write(body), Map.of(), deadline);
    return method.equals("GET") ? answer.json() : expect(answer);
  }

  /** What a call that does something brought; missing when the server only says that it is done. */
  static JsonNode expect(HttpResult answer) throws ApiException {
    return answer.ok() && answer.body().length == 0 ? MissingNode.getInstance() : answer.json();
  }
}
