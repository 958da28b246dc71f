package lib.worker;

import java.util.ArrayList;
import java.util.List;
import lib.core.Clock;
import lib.worker.context.RestartingLoop;

/** The loops that a worker lives by, each on a thread of its own. Thread-safe. */
final class BackgroundLoops {
  private final Clock time;
  private final List<Thread> threads = new ArrayList<>(); // it is its own lock
  private boolean ended;

  BackgroundLoops(Clock time) {
    this.time = time;
  }

  /** Starts a loop, unless the end has begun. */
  void begin(Thread.Builder thread, String name, Runnable loop) {
    synchronized (threads) {
      if (!ended) {
        threads.add(thread.name(name).start(new RestartingLoop(name, loop, time)));
      }
    }
  }

  /** Interrupts all, starts no more, and gives them to be waited for. */
  List<Thread> end() {
    synchronized (threads) {
      ended = true;
      threads.forEach(Thread::interrupt);
      return List.copyOf(threads);
    }
  }
}
