package lib.feed;

import module java.base;
import lib.client.ServerFeatures;

/** What the worker offers to the server, as its feeds ask for tasks. Thread-safe; waits for nothing but {@link #features}. */
public interface Offer {
  String workerId();

  /** The role that tasks can be addressed to. */
  String agentName();

  /** The registered codebases by the server's ids; the word {@code global} stands for tasks without a codebase. */
  List<String> codebaseIds();

  List<String> capabilities();

  /** Whether a task runs while a slot is free. */
  boolean isPartlyBusy();

  /** What the server can do; waits for its first answer. */
  ServerFeatures features() throws InterruptedException;

  /** The server orders a running task to stop. @param reason its own words; may be null */
  void stopOrdered(String taskId, String reason);
}
