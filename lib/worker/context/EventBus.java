package lib.worker.context;

import java.time.Instant;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.function.Consumer;
import lib.core.Clock;
import lib.journal.Attempt;

/** What happens in the worker, told to whoever listens; nobody needs to. Thread-safe. */
public final class EventBus {

  /**
   * Something that happened.
   *
   * @param type {@code claimed}, {@code started}, {@code ended}, {@code hold}, {@code free}, {@code stop}, {@code reload};
   *     more may come
   * @param taskId null when it is about no task
   * @param text for people
   */
  public record Event(Instant at, String type, String taskId, String codebase, String text) {}

  private final List<Consumer<Event>> listeners = new CopyOnWriteArrayList<>();
  private final Clock time;

  public EventBus(Clock time) {
    this.time = time;
  }

  /** Tells it. */
  public void tell(String type, Attempt attempt, String text) {
    if (!listeners.isEmpty()) {
      var event = new Event(time.now(), type, attempt == null ? null : attempt.taskId(),
          attempt == null || attempt.codebase() == null ? null : attempt.codebase().toString(), text);
      listeners.forEach(listener -> listener.accept(event));
    }
  }

  /** Listens from now on, until it is closed. The listener is called on the thread of what happens and must return at once. */
  public Listening listen(Consumer<Event> listener) {
    listeners.add(listener);
    return () -> listeners.remove(listener);
  }

  /** Somebody who listens. */
  public interface Listening extends AutoCloseable {
    @Override
    void close();
  }
}
