package tests.server;

import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.extension.RegisterExtension;

/** A server with a worker {@code w} that runs one task. */
abstract class RunningTaskFixture {
  @RegisterExtension
  final Served hub = new Served();
  String task;
  int attempt;

  @BeforeEach
  void aRunningTask() throws Exception {
    hub.worker("w");
    task = hub.task("global");
    attempt = hub.claim(task, "w");
  }
}
