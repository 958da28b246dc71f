package lib.worker;

import java.util.ArrayList;
import java.util.List;
import lib.core.Clock;
import lib.worker.context.RestartingLoop;

/** The loops of a worker, each on a thread of its own. Thread-safe. */
final class BackgroundLoops {
  private final Clock clock;
  private final List<Thread> threads = new ArrayList<>(); // it is its own lock
  private final List<AutoCloseable> parts = new ArrayList<>();
  private boolean isEnded;

  BackgroundLoops(Clock clock) {
    this.clock = clock;
  }

  /** Starts a loop, unless the end has begun. */
  void start(Thread.Builder thread, String name, Runnable loop) {
    synchronized (threads) {
      if (!isEnded) {
        threads.add(thread.name(name).start(new RestartingLoop(name, loop, clock)));
      }
    }
  }

  /** Closes a part at the end, before the loops are interrupted. */
  void closeAtEnd(AutoCloseable part) {
    synchronized (threads) {
      parts.add(part);
    }
  }

  /** Closes the parts, interrupts all loops and starts no more. */
  void end() throws InterruptedException {
    List<AutoCloseable> all;
    synchronized (threads) {
      isEnded = true;
      all = List.copyOf(parts);
    }
    for (var part : all) {
      try {
        part.close();
      } catch (InterruptedException | RuntimeException e) {
        throw e;
      } catch (Exception e) {
        throw new IllegalStateException(e);
      }
    }
    synchronized (threads) {
      threads.forEach(Thread::interrupt);
    }
  }

  /** Waits for all, after {@link #end}. */
  void join() throws InterruptedException {
    List<Thread> all;
    synchronized (threads) {
      all = List.copyOf(threads);
    }
    for (var thread : all) {
      thread.join();
    }
  }
}
