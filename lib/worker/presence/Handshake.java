package lib.worker.presence;

import java.util.random.RandomGenerator;
import lib.core.Clock;
import lib.wire.CallFailed;
import lib.wire.Client;
import lib.wire.Outage;
import lib.wire.Retry;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** The first call to a server, which tells whether it is our own. Thread-safe. */
public final class Handshake {
  private static final Logger LOG = LoggerFactory.getLogger(Handshake.class);
  private static final int GREETINGS = 5; // about half a minute: a server that restarts is through

  private final Client client;
  private final Clock time;
  private final RandomGenerator random;
  private volatile String trouble = "";

  public Handshake(Client client, Clock time, RandomGenerator random) {
    this.client = client;
    this.time = time;
    this.random = random;
  }

  /** Why the server has not answered yet, for people; empty when it has, or has not failed. */
  public String trouble() {
    return trouble;
  }

  /**
   * What the server says of itself, asked until it answers; null when it is another than ours. It must be certain: what
   * is recorded for our own server is delivered to no other.
   */
  public Client.Info greet() throws InterruptedException {
    var outage = new Outage(LOG, "asking " + client.server());
    while (true) {
      try {
        var info = client.info();
        outage.over();
        trouble = "";
        return info;
      } catch (CallFailed e) {
        // ours denies this call to nobody, and where all else is answered it answers this too
        if (!e.kind().again() || e.kind() == CallFailed.Kind.DENIED && answers()) {
          return null;
        }
        var failures = outage.failed(e);
        trouble = client.server() + ": " + e.line();
        if (failures >= GREETINGS && answers()) {
          return null;
        }
        time.sleep((e.kind() == CallFailed.Kind.DENIED ? Retry.DENIED : Retry.REGISTER).delay(failures, e.retryAfter(), random));
      }
    }
  }

  private boolean answers() throws InterruptedException {
    try {
      client.codebases();
      return true;
    } catch (CallFailed e) {
      return false;
    }
  }
}
