package lib.outbox;

import java.util.concurrent.Semaphore;
import java.util.function.BooleanSupplier;
import java.util.random.RandomGenerator;
import lib.core.Clock;
import lib.wire.CallFailed;
import lib.wire.Retry;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** One attempt's calls to the server, each made until the server takes it or refuses it for good. */
final class RetryingCall {
  private static final Logger LOG = LoggerFactory.getLogger(RetryingCall.class);

  private final String taskId;
  private final Semaphore turns;
  private final Clock time;
  private final RandomGenerator random;

  /** @param turns shared by all attempts: so many calls are under way together */
  RetryingCall(String taskId, Semaphore turns, Clock time, RandomGenerator random) {
    this.taskId = taskId;
    this.turns = turns;
    this.time = time;
    this.random = random;
  }

  /** A thing to be told. */
  interface Delivery {
    void tell() throws CallFailed, InterruptedException;

    /** Whether it has reached the server although its answer did not come. */
    default boolean arrived() throws CallFailed, InterruptedException {
      return false;
    }

    /** Hears of each failure; so many in a row by now. */
    default void failed(int failures, CallFailed why) throws InterruptedException {
      // the log says it
    }
  }

  /**
   * Tells it until the server takes it (null) or the last failure is final.
   *
   * @param what it, for the log
   * @param doubt whether an earlier process may have told it
   * @param needless whether it need not be tried again
   */
  CallFailed tell(String what, Delivery telling, boolean doubt, BooleanSupplier needless) throws InterruptedException {
    for (var failures = 1; ; failures++) {
      var failed = once(telling, doubt);
      if (failed == null) {
        if (failures > 1) {
          LOG.info("task={} {} delivered at try {}", taskId, what, failures);
        }
        return null;
      }
      telling.failed(failures, failed);
      var policy = switch (failed.kind()) {
        case DENIED -> Retry.DENIED;
        case MISSING -> Retry.MISSING;
        default -> Retry.DELIVER;
      };
      var certain = !failed.kind().again() && failed.kind() != CallFailed.Kind.MISSING;
      if (certain || !policy.again(failures) || needless.getAsBoolean()) {
        return failed;
      }
      if (failures == 1) {
        LOG.warn("task={} {} not delivered, trying on: {}", taskId, what, failed.getMessage());
      }
      // a proxy's 502 or 504 leaves it as open as a broken connection does; only the server's own answer settles a doubt
      doubt |= failed.kind().again() && failed.kind() != CallFailed.Kind.DENIED;
      time.sleep(policy.delay(failures, failed.retryAfter(), random));
    }
  }

  private CallFailed once(Delivery telling, boolean doubt) throws InterruptedException {
    turns.acquire();
    try {
      if (!doubt || !telling.arrived()) {
        telling.tell();
      }
      return null;
    } catch (CallFailed e) {
      return e;
    } finally {
      turns.release();
    }
  }
}
