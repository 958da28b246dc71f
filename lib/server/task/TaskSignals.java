package lib.server.task;

import module java.base;

/** Wakes the followers of a task. Two signals before a follower waits wake it once. Thread-safe. */
public final class TaskSignals {
  private final Map<String, Set<Semaphore>> followers = new ConcurrentHashMap<>();

  /** A signal of this task; {@link #unsubscribe} it in the end. */
  public Semaphore subscribe(String task) {
    var signal = new Semaphore(0);
    followers.compute(task, (id, set) -> {
      var all = set == null ? ConcurrentHashMap.<Semaphore>newKeySet() : set;
      all.add(signal);
      return all;
    });
    return signal;
  }

  public void unsubscribe(String task, Semaphore signal) {
    followers.computeIfPresent(task, (id, set) -> {
      set.remove(signal);
      return set.isEmpty() ? null : set;
    });
  }

  public static void await(Semaphore signal) throws InterruptedException {
    signal.acquire();
    signal.drainPermits();
  }

  public void signal(String task) {
    followers.getOrDefault(task, Set.of()).forEach(Semaphore::release);
  }

  public void signalAll() {
    followers.values().forEach(set -> set.forEach(Semaphore::release));
  }
}
