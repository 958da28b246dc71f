package lib.worker.presence;

import module java.base;
import lib.client.ApiClient;
import lib.client.FailureLog;
import lib.client.ServerFeatures;
import lib.client.http.ApiException;
import lib.client.http.RetryPolicy;
import lib.core.Clock;
import lib.core.Problem;
import lib.worker.context.ServerLink;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** The first call to a server, which finds out what it can do. Thread-safe. */
public final class Handshake {
  private static final Logger LOG = LoggerFactory.getLogger(Handshake.class);
  private static final int MAX_FAILURES = 5; // about half a minute: a server that restarts is through

  private static final Duration LAST_TRY = Duration.ofSeconds(5);

  private final ServerLink server;
  private final Clock clock;
  private final RandomGenerator random;
  private volatile String trouble = "";

  public Handshake(ServerLink server, Clock clock, RandomGenerator random) {
    this.server = server;
    this.clock = clock;
    this.random = random;
  }

  /** Why the server has not answered yet, for people; empty when it has, or has not failed. */
  public String trouble() {
    return trouble;
  }

  /**
   * Asks until the server answers, and records its features. The answer must be certain, since reports recorded for the embedded
   * server are delivered to no other.
   */
  public ServerFeatures greet() throws InterruptedException {
    var features = ServerFeatures.of(ask(), server.client().server().url());
    trouble = "";
    server.answered(features);
    return features;
  }

  /** What the server says of itself; null when it has no such call. */
  private ApiClient.Info ask() throws InterruptedException {
    var client = server.client();
    var outage = new FailureLog(LOG, "asking " + client.server());
    while (true) {
      try {
        var info = client.info();
        outage.over();
        return info;
      } catch (ApiException e) {
        // the embedded server denies this call to nobody, and where it answers any other it answers this
        if (!e.kind().again() || e.kind() == ApiException.Kind.DENIED && answers()) {
          return null;
        }
        var failures = outage.failed(e);
        trouble = client.server() + ": " + e.line();
        if (failures >= MAX_FAILURES && answers()) {
          return null;
        }
        clock.sleep((e.kind() == ApiException.Kind.DENIED ? RetryPolicy.DENIED : RetryPolicy.REGISTER).delay(failures, e.retryAfter(), random));
      }
    }
  }

  /** Why the server has not answered within the time that there was; asks once more, for the reason. */
  public Problem unanswered() throws InterruptedException {
    var address = server.client().server();
    try {
      new ApiClient(address, LAST_TRY).info();
      return new Problem("the server " + address + " did not answer in time", "it does now, after the time of --exit-when-idle",
          "try again, or wait longer").ending(Problem.Exit.TRY_LATER);
    } catch (ApiException e) {
      return e.problem(address.toString());
    }
  }

  private boolean answers() throws InterruptedException {
    try {
      server.client().codebases();
      return true;
    } catch (ApiException e) {
      return false;
    }
  }
}
