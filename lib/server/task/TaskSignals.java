package lib.server.task;

import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Semaphore;

/** Wakes whoever follows a task. A bell rung twice before it is heard wakes once. Thread-safe. */
public final class TaskSignals {
  private final Map<String, Set<Semaphore>> bells = new ConcurrentHashMap<>();

  /** A bell for this task; {@link #unhang} it in the end. */
  public Semaphore hang(String task) {
    var bell = new Semaphore(0);
    bells.compute(task, (id, set) -> {
      var all = set == null ? ConcurrentHashMap.<Semaphore>newKeySet() : set;
      all.add(bell);
      return all;
    });
    return bell;
  }

  public void unhang(String task, Semaphore bell) {
    bells.computeIfPresent(task, (id, set) -> {
      set.remove(bell);
      return set.isEmpty() ? null : set;
    });
  }

  /** Waits until it rings. */
  public static void hear(Semaphore bell) throws InterruptedException {
    bell.acquire();
    bell.drainPermits();
  }

  public void ring(String task) {
    bells.getOrDefault(task, Set.of()).forEach(Semaphore::release);
  }

  public void ringAll() {
    bells.values().forEach(set -> set.forEach(Semaphore::release));
  }
}
