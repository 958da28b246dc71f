package lib.worker.presence;

import java.time.Duration;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.random.RandomGenerator;
import lib.core.Problem;
import lib.wire.CallFailed;
import lib.wire.Outage;
import lib.wire.Retry;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * One thing that must hold at the server, tried on its own thread until it does, done anew from time to time, and at once
 * when the server has forgotten us. One dead step stops no other.
 */
final class RegistrationStep implements Runnable {
  private static final Logger LOG = LoggerFactory.getLogger(RegistrationStep.class);
  /** A server that lost its memory has it back after at most so long; the old worker's period. */
  private static final Duration ANEW = Duration.ofSeconds(60);

  /** What must hold. */
  interface Deed {
    void run() throws CallFailed, InterruptedException;
  }

  private final String name;
  private final Deed deed;
  private final RandomGenerator random;
  private final CountDownLatch tried = new CountDownLatch(1);
  private final Semaphore again = new Semaphore(0);
  private volatile String problem;

  RegistrationStep(String name, Deed deed, RandomGenerator random) {
    this.name = name;
    this.deed = deed;
    this.random = random;
  }

  /** Does it again now. Any thread. */
  void again() {
    again.release();
  }

  /** Waits for the first try, however it went. */
  void awaitTried() throws InterruptedException {
    tried.await();
  }

  /** Lets nobody wait for it: it will not be tried. */
  void giveUp() {
    tried.countDown();
  }

  /** Why it does not hold; null when it does. */
  String problem() {
    return problem;
  }

  @Override
  public void run() {
    var outage = new Outage(LOG, name);
    try {
      while (true) {
        var wait = ANEW;
        try {
          deed.run();
          outage.over();
          problem = null;
        } catch (CallFailed e) {
          var failures = outage.failed(e);
          wait = (e.kind() == CallFailed.Kind.DENIED ? Retry.DENIED : Retry.REGISTER).delay(failures, e.retryAfter(), random);
          problem = e.line();
        } catch (Problem e) {
          if (!e.line().equals(problem)) {
            LOG.warn("{} failed, trying on: {}", name, e.line());
          }
          problem = e.line();
        } finally {
          tried.countDown();
        }
        if (again.tryAcquire(wait.toMillis(), TimeUnit.MILLISECONDS)) {
          again.drainPermits();
        }
      }
    } catch (InterruptedException e) {
      tried.countDown();
    }
  }
}
