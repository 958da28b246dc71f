package lib.protocol;

import module java.base;

/** The answer to a claim ({@code POST /v1/worker/tasks/claim}). */
public sealed interface Claim {

  /**
   * The task is ours.
   *
   * @param attempt the fencing number for all that follows; 0 where the server gives none
   * @param lease how long it stays ours without a sign of life; zero where the server gives none
   * @param timeoutSeconds how long the server lets the task run; 0 where it does not say
   */
  record Won(int attempt, Duration lease, int timeoutSeconds) implements Claim {}

  /**
   * The task is not ours to take: taken, not eligible, not connected, no longer pending. Never a failure of the task.
   *
   * @param code our own server's reason code, or null
   */
  record Lost(String code, String why) implements Claim {}
}
