package lib.outbox;

import java.time.Duration;

/**
 * How much output goes into one chunk and how far apart chunks are. Servers keep the last 1,000 chunks of a task and their
 * live view stops there, so waits and sizes double every 75 chunks: a day of unbroken output is some 910 chunks, and the
 * first lines still come at once. Our own server keeps all, so there it stays at the first step.
 *
 * @param ours whether the server is our own
 */
record ChunkPolicy(boolean ours) {
  private static final int STEP = 75;
  private static final Duration WAIT = Duration.ofMillis(250); // a person sees it as live
  private static final int FILL = 32 << 10;
  private static final int OWN_FILL = 256 << 10;
  private static final int MAX_FILL = 1 << 20; // the body limit of a proxy that nobody has configured

  /** How long to gather after the chunk before, when {@code sent} chunks are out; nothing before the first. */
  Duration gather(long sent) {
    return sent == 0 ? Duration.ZERO : ours ? WAIT : WAIT.multipliedBy(1L << Math.min(sent / STEP, 20));
  }

  /** The size in characters that ends the gathering early, and the most that one chunk holds. */
  int fill(long sent) {
    return ours ? OWN_FILL : (int) Math.min(MAX_FILL, (long) FILL << Math.min(sent / STEP, 10));
  }
}
