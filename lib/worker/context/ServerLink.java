package lib.worker.context;

import module java.base;
import lib.client.ApiClient;
import lib.client.ServerFeatures;

/** The server in front of the worker. Its features are known once it has answered for the first time. Thread-safe. */
public final class ServerLink {
  private final ApiClient client;
  private final CountDownLatch answered = new CountDownLatch(1);
  private volatile ServerFeatures features;

  /** A server that has not answered yet. */
  public ServerLink(ApiClient client) {
    this.client = client;
  }

  /** Calls it. */
  public ApiClient client() {
    return client;
  }

  /** Records what the server can do; the first answer stays. */
  public synchronized void answered(ServerFeatures found) {
    if (features == null) {
      features = found;
      answered.countDown();
    }
  }

  /** What it can do; empty while it has never answered. */
  public Optional<ServerFeatures> known() {
    return Optional.ofNullable(features);
  }

  /** What it can do; waits for its first answer, however long that takes. */
  public ServerFeatures features() throws InterruptedException {
    answered.await();
    return features;
  }
}
