package lib.client.http;

import module java.base;
import lib.core.Clock;
import lib.protocol.Registration;

/**
 * How often and how long apart a call is tried again. Full jitter: a random part of a wait that doubles up to a cap, so
 * that a thousand workers do not come back in step; what the server asks for with {@code Retry-After} is the least.
 *
 * @param first the longest first wait
 * @param cap the longest wait
 * @param tries how often in all; 0 is without end
 */
public record RetryPolicy(Duration first, Duration cap, int tries) {

  /** A person waits at a command: three tries within some two seconds, then the problem is shown. */
  public static final RetryPolicy COMMAND = new RetryPolicy(Duration.ofMillis(200), Duration.ofSeconds(2), 3);

  /** Registration is needed for everything else, so it never ends; a minute is what a restarted server can bear. */
  public static final RetryPolicy REGISTER = new RetryPolicy(Duration.ofSeconds(1), Duration.ofSeconds(60), 0);

  /** The stream: back within a second after a deploy, and never more than a minute late; the poll covers the gap. */
  public static final RetryPolicy STREAM = new RetryPolicy(Duration.ofSeconds(1), Duration.ofSeconds(60), 0);

  /** A claim races with other workers: later than a few seconds it is better to look at the task again. */
  public static final RetryPolicy CLAIM = new RetryPolicy(Duration.ofMillis(200), Duration.ofSeconds(2), 4);

  /** Reports are tried for as long as the disk keeps them; half a second first, since most gaps are a restart. */
  public static final RetryPolicy DELIVER = new RetryPolicy(Duration.ofMillis(500), Duration.ofSeconds(60), 0);

  /** A person fixes a wrong token: asking every second only fills the server's log. */
  public static final RetryPolicy DENIED = new RetryPolicy(Duration.ofSeconds(30), Duration.ofMinutes(5), 0);

  /** A 404 can be a replica that has not heard yet; five misses over about two minutes make it true. */
  public static final RetryPolicy MISSING = new RetryPolicy(Duration.ofSeconds(8), Duration.ofSeconds(60), 5);

  /** The wait after so many failures in a row (1 for the first). */
  public Duration delay(int failures, Duration retryAfter, RandomGenerator random) {
    var doubled = first.toMillis() << Math.min(failures - 1, 20);
    var most = Math.min(cap.toMillis(), doubled);
    return retryAfter.plusMillis(random.nextLong(most + 1));
  }

  /** Whether another try is allowed after so many failures in a row. */
  public boolean again(int failures) {
    return tries == 0 || failures < tries;
  }

  /** A call to the server. */
  public interface Call<T> {
    T call() throws ApiException, InterruptedException;
  }

  /** Calls until it succeeds, fails for good, or the tries are used up. */
  public <T> T run(Call<T> call, Clock time, RandomGenerator random) throws ApiException, InterruptedException {
    for (var failures = 1; ; failures++) {
      try {
        return call.call();
      } catch (ApiException e) {
        if (!e.kind().again() || e.kind() == ApiException.Kind.DENIED || !again(failures)) {
          throw e;
        }
        time.sleep(delay(failures, e.retryAfter(), random));
      }
    }
  }
}
