package lib.worker.context;

import module java.base;
import lib.client.ApiClient;
import lib.client.FailureLog;
import lib.client.ServerFeatures;
import lib.client.http.ApiException;
import lib.client.http.RetryPolicy;
import lib.core.Clock;
import lib.core.Problem;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** The server in front of the worker. Its features are known once it has answered for the first time. Thread-safe. */
public final class ServerLink {
  private static final Logger LOG = LoggerFactory.getLogger(ServerLink.class);
  private static final int MAX_FAILURES = 5; // about half a minute: a server that restarts is through

  private final ApiClient client;
  private final CompletableFuture<ServerFeatures> features = new CompletableFuture<>();
  private volatile ApiException trouble;

  /** A server that has not answered yet. */
  public ServerLink(ApiClient client) {
    this.client = client;
  }

  /** Calls it. */
  public ApiClient client() {
    return client;
  }

  /** Records what the server can do; the first answer stays. */
  public void answered(ServerFeatures found) {
    features.complete(found);
    trouble = null;
  }

  /** What it can do; empty while it has never answered. */
  public Optional<ServerFeatures> known() {
    return Optional.ofNullable(features.getNow(null));
  }

  /** What it can do; waits for its first answer, however long that takes. */
  public ServerFeatures features() throws InterruptedException {
    try {
      return features.get();
    } catch (ExecutionException e) {
      throw new IllegalStateException(e);
    }
  }

  /** Why the server has not answered yet, for people; empty when it has, or has not failed. */
  public Optional<String> trouble() {
    return Optional.ofNullable(trouble).map(e -> client.server() + ": " + e.line());
  }

  /** Why the server has not answered within the time that there was. */
  public Problem unanswered() {
    var last = trouble;
    return last != null ? last.problem(client.server().toString()) : new Problem("the server " + client.server() + " did not answer in time",
        "no call to it has ended yet", "try again, or wait longer").ending(Problem.Exit.TRY_LATER);
  }

  /**
   * Asks until the server answers, and records its features. The answer must be certain, since reports recorded for the embedded
   * server are delivered to no other.
   */
  public ServerFeatures greet(Clock clock, RandomGenerator random) throws InterruptedException {
    var outage = new FailureLog(LOG, "asking " + client.server());
    while (known().isEmpty()) {
      try {
        answered(ServerFeatures.of(client.info(), client.server().url()));
        outage.over();
      } catch (ApiException e) {
        var failures = e.kind().again() ? outage.failed(e) : 0;
        trouble = e;
        // the embedded server denies this call to nobody, and where it answers any other it answers this
        var isOther = !e.kind().again() || (e.kind() == ApiException.Kind.DENIED || failures >= MAX_FAILURES) && answers();
        if (isOther) {
          answered(ServerFeatures.other(client.server().url()));
        } else {
          clock.sleep((e.kind() == ApiException.Kind.DENIED ? RetryPolicy.DENIED : RetryPolicy.REGISTER).delay(failures, e.retryAfter(), random));
        }
      }
    }
    return features.join();
  }

  private boolean answers() throws InterruptedException {
    try {
      client.codebases();
      return true;
    } catch (ApiException e) {
      return false;
    }
  }
}
