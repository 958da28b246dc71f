package lib.worker;

import module java.base;
import lib.core.Clock;
import lib.worker.context.RestartingLoop;

/** The loops of a worker, each on a thread of its own. Thread-safe. */
final class BackgroundLoops {
  private final Clock clock;
  private final Runnable beforeEnd;
  private final List<Thread> threads = new ArrayList<>(); // guarded by this until the end has begun, unchanged from then on
  private boolean isEnded;

  /** @param beforeEnd closes what an interrupt alone does not end */
  BackgroundLoops(Clock clock, Runnable beforeEnd) {
    this.clock = clock;
    this.beforeEnd = beforeEnd;
  }

  /** Starts a loop, unless the end has begun. */
  synchronized void start(Thread.Builder thread, String name, RestartingLoop.Loop loop) {
    if (!isEnded) {
      threads.add(thread.name(name).start(new RestartingLoop(name, loop, clock)));
    }
  }

  /** Ends all loops, waits for them, and starts no more. */
  void end() throws InterruptedException {
    synchronized (this) {
      isEnded = true;
    }
    beforeEnd.run();
    threads.forEach(Thread::interrupt);
    for (var thread : threads) {
      thread.join();
    }
  }
}
