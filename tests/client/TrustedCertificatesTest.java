package tests.client;

import module java.base;
import static org.assertj.core.api.Assertions.*;

import lib.client.ApiClient;
import lib.client.PathFamily;
import lib.client.http.ApiException;
import lib.client.http.ServerAddress;
import lib.core.Problem;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import tests.fake.FakeServer.Version;
import tests.fake.FakeServer;

/** A company's own authority is trusted when it is named, and no stranger is. */
class TrustedCertificatesTest {
  @TempDir
  Path temp;

  @Test
  void aServerWithTheNamedAuthorityIsTrustedForCallsAndStreams() throws Exception {
    var keys = Keys.in(temp);
    try (var server = FakeServer.startTls(Version.V16, keys.sockets())) {
      var client = client(server, keys.certificate());
      assertThat(client.pathFamily()).isEqualTo(PathFamily.CODEBASES);
      try (var stream = client.tasks("w1", "n", List.of(), List.of(), null, Duration.ofSeconds(30))) {
        assertThat(stream.next().name()).isEqualTo("connected");
      }
    }
  }

  @Test
  void aStrangersCertificateIsRefusedAndSeesNoToken() throws Exception {
    var keys = Keys.in(temp);
    try (var server = FakeServer.startTls(Version.V16, keys.sockets())) {
      for (var trusted : new Path[] {null, keys.stranger()}) {
        var failed = catchThrowableOfType(ApiException.class, () -> client(server, trusted).pathFamily());
        assertThat(failed.kind()).isEqualTo(ApiException.Kind.UNREACHABLE);
        assertThat(failed.getMessage()).containsIgnoringCase("certif");
      }
      assertThat(server.requests()).isEmpty();
    }
  }

  @Test
  void aFileThatHoldsNoAuthorityIsAProblemThatNamesIt() throws Exception {
    try (var server = FakeServer.start(Version.V16)) {
      var empty = Files.writeString(temp.resolve("empty.pem"), "");
      var broken = Files.writeString(temp.resolve("broken.pem"), "-----BEGIN CERTIFICATE-----\nxx\n-----END CERTIFICATE-----\n");
      for (var file : List.of(temp.resolve("none.pem"), empty, broken, temp)) {
        assertThatThrownBy(() -> client(server, file)).as(file.toString()).isInstanceOf(Problem.class)
            .hasMessageContaining(file.toString());
      }
    }
  }

  private static ApiClient client(FakeServer server, Path authorities) {
    return new ApiClient(new ServerAddress(server.url(), "secret-token", authorities, ApiClientTest.env(Map.of())));
  }
}
