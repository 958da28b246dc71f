package lib.feed;

import lib.wire.Task;

/** Hears what feeds say. Called on the feeds' threads; must not block. */
public interface FeedListener {

  /** A task was announced or listed; it may be a repeat, and it may be thin. */
  void task(Task hint);

  /** Our own server wants a running task stopped. */
  void cancelled(String taskId, String reason);
}
