package lib.protocol;

import module java.base;

/** The states of a task, in the server's words. */
public enum TaskStatus {
  PENDING, QUEUED, ASSIGNED, RUNNING, COMPLETED, FAILED, CANCELLED,
  /** A word of a later server; never sent. */
  UNKNOWN;

  /** The word on the wire; MCP says {@code working} for running. Null is pending, since thin events leave it out. */
  public static TaskStatus of(String word) {
    if (word == null) {
      return PENDING;
    }
    for (var status : values()) {
      if (status.word().equals(word.toLowerCase(Locale.ROOT))) {
        return status;
      }
    }
    return word.equals("working") ? RUNNING : UNKNOWN;
  }

  public String word() {
    return name().toLowerCase(Locale.ROOT);
  }

  /** Whether nothing follows this state unless somebody re-queues the task. */
  public boolean terminal() {
    return this == COMPLETED || this == FAILED || this == CANCELLED;
  }
}
