package lib.worker.context;

import module java.base;
import lib.core.Clock;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Runs a loop and restarts it 5 s after an unexpected exception or a moment without memory. Returns when the loop returns,
 * or when its thread is interrupted meanwhile.
 *
 * @param name the loop's, for the log
 */
public record RestartingLoop(String name, Loop loop, Clock time) implements Runnable {
  private static final Logger LOG = LoggerFactory.getLogger(RestartingLoop.class);
  /** Runs until its thread is interrupted, or returns earlier when its work is done. */
  public interface Loop {
    void run() throws InterruptedException;
  }

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

  private boolean turn() throws InterruptedException {
    try {
      loop.run();
      return true;
    } catch (RuntimeException | Error e) {
      LOG.error("bug in the worker loop={}, restarting it in 5 s", name, e);
      return false;
    }
  }
}
