package lib.worker.context;

import java.time.Duration;
import lib.core.Clock;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A loop that a bug in one of its turns, or a moment without memory, must not end: it is logged, and the loop begins anew
 * after a while. Returns when the loop does, or when its thread is interrupted meanwhile.
 *
 * @param name the loop's, for the log
 */
public record RestartingLoop(String name, Runnable loop, Clock time) implements Runnable {
  private static final Logger LOG = LoggerFactory.getLogger(RestartingLoop.class);
  private static final Duration PAUSE = Duration.ofSeconds(5); // a fault that stays fills no log

  @Override
  public void run() {
    try {
      while (!turn()) {
        time.sleep(PAUSE);
      }
    } catch (InterruptedException e) {
      LOG.debug("{} ends", name);
    }
  }

  private boolean turn() {
    try {
      loop.run();
      return true;
    } catch (RuntimeException | Error e) {
      LOG.error("a bug in the worker ended its {}, which begins anew", name, e);
      return false;
    }
  }
}
