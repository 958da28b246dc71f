package lib.hub;

import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Semaphore;

/** Wakes whoever follows a task. A bell rung twice before it is heard wakes once. Thread-safe. */
final class Bells {
  private final Map<String, Set<Semaphore>> bells = new ConcurrentHashMap<>();

  /** A bell for this task; {@link #unhang} it in the end. */
  Semaphore hang(String task) {
    var bell = new Semaphore(0);
    bells.compute(task, (id, set) -> {
      var all = set == null ? ConcurrentHashMap.<Semaphore>newKeySet() : set;
      all.add(bell);
      return all;
    });
    return bell;
  }

  void unhang(String task, Semaphore bell) {
    bells.computeIfPresent(task, (id, set) -> {
      set.remove(bell);
      return set.isEmpty() ? null : set;
    });
  }

  /** Waits until it rings. */
  static void hear(Semaphore bell) throws InterruptedException {
    bell.acquire();
    bell.drainPermits();
  }

  void ring(String task) {
    bells.getOrDefault(task, Set.of()).forEach(Semaphore::release);
  }

  void ringAll() {
    bells.values().forEach(set -> set.forEach(Semaphore::release));
  }
}
