package lib.control;

import module java.base;
import lib.core.Clock;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Closes a channel whose reader or writer blocks for too long; the JDK has no timeout for Unix sockets. */
record ChannelTimeout(Thread timer) implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(ChannelTimeout.class);

  /** Starts the time. */
  static ChannelTimeout start(Channel channel, Duration limit, Clock clock) {
    return new ChannelTimeout(Thread.ofVirtual().name("channel timeout").start(() -> {
      try {
        clock.sleep(limit);
        channel.close();
      } catch (IOException | InterruptedException e) {
        LOG.debug("channel not closed: {}", e.getMessage());
      }
    }));
  }

  /** Ends the time. */
  @Override
  public void close() {
    timer.interrupt();
  }
}
