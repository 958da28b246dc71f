package lib.server.http;

import java.io.FilterOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.time.Duration;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import lib.core.Clock;

/**
 * How long a thread waits for its client. The threads are virtual ones, whose interruption closes the connection that they
 * read from or write to. Looked at with each pulse, so that a wait can last one the reaper's interval longer. Thread-safe.
 */
public final class Patience {
  /** Below the 90 s of silence at which the library closes a connection, for which it may itself wait for the client. */
  private static final Duration LEAST = Duration.ofSeconds(60);
  private static final int SLOWEST = 64 << 10; // bytes a second; a modem's pace would do for what agents say
  private static final int PIECE = 64 << 10;

  /** Something that waits for the client. */
  public interface Waiting<T> {
    T run() throws IOException, InterruptedException;
  }

  private final class Wait {
    private final Thread thread = Thread.currentThread();
    private final long end;
    private boolean over;
    private boolean ended;

    public Wait(Duration limit) {
      end = time.nanos() + limit.toNanos();
    }

    public synchronized void look() {
      if (!over && !ended && time.nanos() - end >= 0) {
        ended = true;
        thread.interrupt();
      }
    }

    public synchronized void done() {
      over = true;
      if (ended) {
        Thread.interrupted(); // meant for the wait, not for what the thread does next
      }
    }
  }

  private final Clock time;
  private final Set<Wait> waits = ConcurrentHashMap.newKeySet();

  public Patience(Clock time) {
    this.time = time;
  }

  /** Waits for so many bytes from or to the client. */
  public <T> T bytes(long count, Waiting<T> waiting) throws IOException, InterruptedException {
    var wait = new Wait(LEAST.plusSeconds(count / SLOWEST));
    waits.add(wait);
    try {
      return waiting.run();
    } finally {
      waits.remove(wait);
      wait.done();
    }
  }

  /** The same stream, with the least pace for each of its pieces: it may be open for days, but not blocked. */
  public OutputStream stream(OutputStream out) {
    return new FilterOutputStream(out) {
      @Override
      public void write(byte[] bytes, int from, int count) throws IOException {
        for (var at = from; at < from + count; at += PIECE) {
          var start = at;
          hurried(() -> out.write(bytes, start, Math.min(PIECE, from + count - start)));
        }
      }

      @Override
      public void flush() throws IOException {
        hurried(out::flush);
      }
    };
  }

  private interface Writing {
    void run() throws IOException;
  }

  private void hurried(Writing writing) throws IOException {
    try {
      bytes(PIECE, () -> {
        writing.run();
        return null;
      });
    } catch (InterruptedException e) {
      throw new IllegalStateException("writing does not end so", e);
    }
  }

  /** Ends the waits that have lasted too long. */
  public void look() {
    waits.forEach(Wait::look);
  }
}
