package lib.worker.context;

import module java.base;

/**
 * A call that may hang, as one into a file system. It runs on a platform thread of its own, one call at a time, and its caller
 * waits for a limited time. Thread-safe.
 *
 * @param <T> what it gives; never null
 */
public final class Probe<T> {
  private final String name;
  private final Callable<T> call;
  private FutureTask<T> hanging; // a call that its caller has given up; guarded by this

  /** @param name of the thread */
  public Probe(String name, Callable<T> call) {
    this.name = name;
    this.call = call;
  }

  /**
   * Makes the call and waits for it. While an earlier call hangs, no further one is made and nobody waits.
   *
   * @return empty when there is no answer in time
   * @throws IllegalStateException when the call fails
   */
  public synchronized Optional<T> ask(Duration limit) throws InterruptedException {
    if (hanging != null && !hanging.isDone()) {
      return Optional.empty();
    }
    hanging = new FutureTask<>(call);
    Thread.ofPlatform().daemon().name(name).start(hanging); // a virtual thread that hangs would keep its carrier
    try {
      return Optional.of(hanging.get(limit.toMillis(), TimeUnit.MILLISECONDS));
    } catch (TimeoutException e) {
      return Optional.empty();
    } catch (ExecutionException e) {
      throw new IllegalStateException(name + " failed", e.getCause());
    }
  }
}
