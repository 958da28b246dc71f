package lib.outbox;

import module java.base;

/**
 * Says how much output goes into one chunk and how far apart chunks are. Most servers keep the last 1,000 chunks of a task, so
 * waits and sizes double every 75 chunks: a day of unbroken output is some 910 chunks, and the first lines still come at once.
 *
 * @param keepsAll whether the server keeps all output, so that the first step lasts
 */
record ChunkPolicy(boolean keepsAll) {
  private static final int STEP = 75;
  private static final Duration WAIT = Duration.ofMillis(250); // a person sees it as live
  private static final int FILL = 32 << 10;
  private static final int OWN_FILL = 256 << 10;
  private static final int MAX_FILL = 1 << 20; // the body limit of a proxy that nobody has configured

  /** How long to gather after the chunk before, when the task has so many chunks; nothing before the first. */
  Duration gather(long chunks) {
    return chunks == 0 ? Duration.ZERO : keepsAll ? WAIT : WAIT.multipliedBy(1L << Math.min(chunks / STEP, 20));
  }

  /** The size in bytes that ends the gathering early, and the most that one chunk holds. */
  int fill(long chunks) {
    return keepsAll ? OWN_FILL : (int) Math.min(MAX_FILL, (long) FILL << Math.min(chunks / STEP, 10));
  }
}
