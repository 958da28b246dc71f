package lib.worker.context;

import module java.base;

/**
 * Hands each event to every subscriber, in the order of subscription, on the publisher's thread. A subscriber must return
 * at once. Thread-safe.
 */
public final class EventBus {
  private final List<Consumer<WorkerEvent>> subscribers = new CopyOnWriteArrayList<>();

  /** Hands the event to all who subscribed before. */
  public void publish(WorkerEvent event) {
    subscribers.forEach(subscriber -> subscriber.accept(event));
  }

  /** Receives events until the subscription is closed. */
  public Subscription subscribe(Consumer<WorkerEvent> subscriber) {
    subscribers.add(subscriber);
    return () -> subscribers.remove(subscriber);
  }

  /** A subscription; closing it twice is harmless. */
  public interface Subscription extends AutoCloseable {
    @Override
    void close();
  }
}
