package lib.outbox;

import module java.base;
import lib.client.http.ApiException;
import lib.client.http.RetryPolicy;
import lib.core.Clock;
import lib.store.DatabaseException;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Makes one attempt's calls to the server, each until the server takes it or refuses it for good.
 *
 * @param turns shared by all attempts: so many calls are under way together
 */
record RetryingCall(String taskId, Semaphore turns, Clock clock, RandomGenerator random) {
  private static final Logger LOG = LoggerFactory.getLogger(RetryingCall.class);

  /** A call. */
  interface Call {
    void send() throws ApiException, IOException, InterruptedException;

    /** Whether it has reached the server although no answer came; only asked when that is in doubt. */
    default boolean hasArrived() throws ApiException, InterruptedException {
      return false;
    }

    /**
     * Takes note of a failure.
     *
     * @param failures so many in a row by now
     * @return whether the call need not be made again
     */
    default boolean failed(int failures, ApiException why) throws InterruptedException, DatabaseException {
      return false;
    }
  }

  /**
   * Makes the call until the server takes it.
   *
   * @param what it says, for the log
   * @param doubt whether an earlier process may have made it
   * @return null when the server took it, else the last failure
   */
  ApiException make(String what, Call call, boolean doubt) throws IOException, InterruptedException {
    for (var failures = 1; ; failures++) {
      var failed = once(call, doubt);
      if (failed == null) {
        if (failures > 1) {
          LOG.info("task={} {} delivered at try {}", taskId, what, failures);
        }
        return null;
      }
      var policy = switch (failed.kind()) {
        case DENIED -> RetryPolicy.DENIED;
        case MISSING -> RetryPolicy.MISSING;
        default -> RetryPolicy.DELIVER;
      };
      var certain = !failed.kind().again() && failed.kind() != ApiException.Kind.MISSING;
      if (isNeedless(call, failures, failed) || certain || !policy.again(failures)) {
        return failed;
      }
      if (failures == 1) {
        LOG.warn("task={} {} not delivered, trying again: {}", taskId, what, failed.getMessage());
      }
      // a proxy's 502 or 504 leaves it as open as a broken connection does; only the server's own answer settles a doubt
      doubt |= failed.kind().again() && failed.kind() != ApiException.Kind.DENIED;
      clock.sleep(policy.delay(failures, failed.retryAfter(), random));
    }
  }

  private boolean isNeedless(Call call, int failures, ApiException failed) throws InterruptedException {
    try {
      return call.failed(failures, failed);
    } catch (DatabaseException e) {
      LOG.warn("task={} failure not in the journal, sending again: {}", taskId, e.getMessage());
      return false;
    }
  }

  private ApiException once(Call call, boolean doubt) throws IOException, InterruptedException {
    turns.acquire();
    try {
      if (!doubt || !call.hasArrived()) {
        call.send();
      }
      return null;
    } catch (ApiException e) {
      return e;
    } finally {
      turns.release();
    }
  }
}
