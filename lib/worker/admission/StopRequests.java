package lib.worker.admission;

import module java.base;

/** The strongest stop request for one running task. A weaker one neither hides nor replaces it. Thread-safe, without locks. */
public final class StopRequests {
  private final AtomicReference<StopRequest> strongest = new AtomicReference<>();

  /** Makes a request; false when one as strong is there already. */
  public boolean offer(StopRequest request) {
    var before = strongest.getAndUpdate(now -> now == null || request.isStrongerThan(now) ? request : now);
    return before == null || request.isStrongerThan(before);
  }

  /** The strongest request so far. */
  public Optional<StopRequest> current() {
    return Optional.ofNullable(strongest.get());
  }

  /** Whether the task is to stop. */
  public boolean isPresent() {
    return strongest.get() != null;
  }

}
