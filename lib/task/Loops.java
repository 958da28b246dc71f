package lib.task;

import java.util.ArrayList;
import java.util.List;
import lib.config.Time;

/** The loops that a worker lives by, each on a thread of its own. Thread-safe. */
final class Loops {
  private final Time time;
  private final List<Thread> threads = new ArrayList<>(); // it is its own lock
  private boolean ended;

  Loops(Time time) {
    this.time = time;
  }

  /** Starts a loop, unless the end has begun. */
  void begin(Thread.Builder thread, String name, Runnable loop) {
    synchronized (threads) {
      if (!ended) {
        threads.add(thread.name(name).start(new Kept(name, loop, time)));
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
