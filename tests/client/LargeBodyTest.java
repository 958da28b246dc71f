package tests.client;

import module java.base;
import static org.assertj.core.api.Assertions.*;

import lib.client.ApiClient;
import lib.client.http.ApiException;
import lib.client.http.ServerAddress;
import lib.protocol.TaskReport;
import lib.protocol.TaskStatus;
import org.junit.jupiter.api.Test;
import tests.fake.FakeServer.Version;
import tests.fake.FakeServer;

/** A large body gets the time that it needs. */
class LargeBodyTest {
  private static final int LARGE = 8 << 20; // more than the buffers between two programs hold

  @Test
  void aServerThatOnlyBreaksOffIsUnreachable() throws Exception {
    try (var server = new RawServer((head, connection) -> { })) {
      assertThat(failure(server.url()).kind()).isEqualTo(ApiException.Kind.UNREACHABLE);
    }
  }

  @Test
  void theDeadlineGrowsWithTheBody() throws Exception {
    try (var server = FakeServer.start(Version.V16)) {
      release(server.url(), Duration.ZERO, 1 << 20);
    }
  }

  private static ApiException failure(URI server) {
    return catchThrowableOfType(ApiException.class, () -> release(server, Duration.ofSeconds(30), LARGE));
  }

  private static void release(URI server, Duration deadline, int size) throws Exception {
    new ApiClient(new ServerAddress(server, null, null, ApiClientTest.env(Map.of())), deadline)
        .release(new TaskReport("t", "w", TaskStatus.COMPLETED, null, "x".repeat(size), null, 0));
  }
}
