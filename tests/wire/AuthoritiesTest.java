package tests.wire;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import lib.core.Problem;
import lib.wire.CallFailed;
import lib.wire.Client;
import lib.wire.Dialect;
import lib.wire.Server;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import tests.fake.FakeServer;
import tests.fake.FakeServer.Version;

/** A company's own authority is trusted when it is named, and no stranger is. */
class AuthoritiesTest {
  @TempDir
  Path temp;

  @Test
  void aServerWithTheNamedAuthorityIsTrustedForCallsAndStreams() throws Exception {
    var keys = Keys.make(temp);
    try (var server = FakeServer.startTls(Version.V16, keys.sockets())) {
      var client = client(server, keys.certificate());
      assertThat(client.dialect()).isEqualTo(Dialect.CODEBASES);
      try (var stream = client.tasks("w1", "n", List.of(), List.of(), 1, null, Duration.ofSeconds(30))) {
        assertThat(stream.next().name()).isEqualTo("connected");
      }
    }
  }

  @Test
  void aStrangersCertificateIsRefusedAndSeesNoToken() throws Exception {
    var keys = Keys.make(temp);
    try (var server = FakeServer.startTls(Version.V16, keys.sockets())) {
      for (var trusted : new Path[] {null, Keys.make(temp).certificate()}) {
        var failed = catchThrowableOfType(CallFailed.class, () -> client(server, trusted).dialect());
        assertThat(failed.kind()).isEqualTo(CallFailed.Kind.UNREACHABLE);
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

  private static Client client(FakeServer server, Path authorities) {
    return new Client(new Server(server.url(), "secret-token", authorities, ClientTest.env(Map.of())));
  }
}
