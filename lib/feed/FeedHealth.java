package lib.feed;

import module java.base;
import com.fasterxml.jackson.databind.node.ObjectNode;
import lib.core.Clock;

/** Whether a feed works, and for how long it has been so. Its own thread writes, any may read. */
final class FeedHealth {
  private record State(boolean up, long since) {}

  private final Clock clock;
  private volatile State state;

  /** A feed that does not work yet. */
  FeedHealth(Clock clock) {
    this.clock = clock;
    this.state = new State(false, clock.nanos());
  }

  void is(boolean up) {
    if (state.up != up) {
      state = new State(up, clock.nanos());
    }
  }

  boolean up() {
    return state.up;
  }

  void write(ObjectNode json) {
    var now = state;
    json.put("up", now.up).put("seconds", Duration.ofNanos(clock.nanos() - now.since).toSeconds());
  }
}
