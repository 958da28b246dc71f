package lib.server.http;

import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;

/**
 * The memory for bodies that come and answers that go: however slow clients are, they hold no more of it. What is small
 * needs none, since the number of connections bounds it, so that heartbeats and claims never wait for it. Thread-safe.
 */
public final class Room {
  public static final int PIECE = 64 << 10; // also what counts as small
  /** An eighth of the heap, since a body as JSON takes several times its length; never too little for the largest one. */
  private static final int PIECES = (int) Math.max((20 << 20) / PIECE, Math.min(Runtime.getRuntime().maxMemory() / 8, 1 << 30) / PIECE);
  private static final int MAX_WAIT_SECONDS = 10;

  private final Semaphore pieces = new Semaphore(PIECES);

  /** Room that somebody has; it can grow. */
  public final class Held implements AutoCloseable {
    private int count;

    /** Grows to hold so many bytes. @throws ApiError with 503 when there is none for a while */
    public void upTo(long bytes) throws InterruptedException {
      var wanted = bytes <= PIECE ? 0 : (int) Math.min(PIECES, (bytes + PIECE - 1) / PIECE);
      if (wanted > count) {
        if (!pieces.tryAcquire(wanted - count, MAX_WAIT_SECONDS, TimeUnit.SECONDS)) {
          throw ApiError.of(503, "the server is too busy");
        }
        count = wanted;
      }
    }

    @Override
    public void close() {
      pieces.release(count);
      count = 0;
    }
  }

  public Held none() {
    return new Held();
  }
}
