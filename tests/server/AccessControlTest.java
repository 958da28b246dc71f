package tests.server;

import module java.base;
import static org.assertj.core.api.Assertions.*;

import lib.core.Problem;
import lib.server.EmbeddedServer;
import lib.server.ServerOptions;
import lib.server.http.Tokens;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Without tokens no web page can make this machine run code, and nobody beyond this machine can speak to the server. */
class AccessControlTest {
  private static final String TASK = "{\"title\":\"t\",\"prompt\":\"rm -rf\"}";

  @RegisterExtension
  final Served hub = new Served();

  @ParameterizedTest
  @ValueSource(strings = {"evil.example", "evil.example:8000", "localhost.evil.example", "127.0.0.1.evil.example", "10.0.0.1",
      "0.0.0.0", "[::2]", "localhost:80:80", "", "127.0.0.1@evil.example"})
  void anotherHostNameIsRefused(String host) throws Exception {
    for (var path : List.of("/v1/agent/tasks", "/health", "/v1/agent/status")) {
      var got = hub.call("GET", path, Map.of("Host", host), null);
      assertThat(got.status()).as(host + path).isIn(400, 403);
      assertThat(got.detail()).isNotEmpty();
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"localhost", "LOCALHOST:1234", "127.0.0.1", "127.3.2.1:80", "[::1]", "[::1]:8000"})
  void everyNameOfThisMachineIsFine(String host) throws Exception {
    assertThat(hub.call("GET", "/v1/agent/tasks", Map.of("Host", host), null).status()).isEqualTo(200);
  }

  @Test
  void aPageOfAnyOriginIsRefused() throws Exception {
    for (var origin : List.of("http://evil.example", "null", "http://localhost:3000")) {
      var got = hub.call("POST", "/v1/agent/tasks", Map.of("Origin", origin), TASK);
      assertThat(got.status()).as(origin).isEqualTo(403);
      assertThat(got.headers()).doesNotContainKey("access-control-allow-origin");
    }
    assertThat(hub.call("GET", "/v1/agent/tasks", Map.of("Sec-Fetch-Site", "cross-site"), null).status()).isEqualTo(403);
    assertThat(hub.call("OPTIONS", "/v1/agent/tasks", Map.of("Origin", "http://evil.example"), null).status()).isEqualTo(403);
    assertThat(Served.ok(hub.get("/v1/agent/tasks"))).isEmpty();
  }

  @ParameterizedTest
  @ValueSource(strings = {"text/plain", "application/x-www-form-urlencoded", "multipart/form-data; boundary=x", "",
      "text/plain; application/json", "application/json-seq"})
  void aBodyThatAPageCouldSendUnaskedIsRefused(String type) throws Exception {
    assertThat(hub.call("POST", "/v1/agent/tasks", Map.of("Content-Type", type), TASK).status()).isEqualTo(415);
    assertThat(Served.ok(hub.get("/v1/agent/tasks"))).isEmpty();
  }

  @Test
  void jsonWithACharsetIsJson() throws Exception {
    var type = Map.of("Content-Type", "Application/JSON; charset=utf-8");
    assertThat(hub.call("POST", "/v1/agent/tasks", type, TASK).status()).isEqualTo(200);
  }

  @ParameterizedTest
  @ValueSource(strings = {"Host: evil.example\r\nContent-Type: application/json", "Host: localhost\r\nContent-Type: text/plain",
      "Host: localhost\r\nOrigin: null\r\nContent-Type: application/json", "Host: localhost\r\nHost: evil.example",
      "Host: localhost\r\nContent-Type: application/json\r\nExpect: 100-continue\r\nOrigin: null"})
  void rejectsWithoutReadingTheBody(String headers) throws Exception {
    try (var wire = hub.wire()) {
      wire.send("POST /v1/agent/tasks HTTP/1.1\r\n" + headers + "\r\nContent-Length: 1000\r\n\r\n" + (headers.contains("Expect") ? "" : "{"));
      var got = wire.receive(false);
      got = got.status() == 100 ? wire.receive(false) : got; // the library says it by itself
      assertThat(got.status()).isIn(400, 403, 415);
      assertThat(got.headers().get("connection")).isEqualTo("close");
      assertThat(wire.rest()).isBlank();
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"0.0.0.0", "::"})
  void withoutTokensTheServerListensToThisMachineOnly(String host, @TempDir Path temp) {
    assertThatThrownBy(() -> EmbeddedServer.start(new ServerOptions(host, 0, temp.resolve("server.db"), Tokens.NONE), new StillTime()))
        .isInstanceOfSatisfying(Problem.class, problem -> {
          assertThat(problem.what()).contains(host).contains("without tokens");
          assertThat(problem.fix()).contains("--no-token", "127.0.0.1");
          assertThat(problem.exit()).isEqualTo(Problem.Exit.REFUSED);
        });
    assertThat(temp).isEmptyDirectory();
  }

  @Test
  void saysItsAddressBeforeAnythingElse(@TempDir Path temp) throws Exception {
    var said = new ArrayList<URI>();
    var options = new ServerOptions("127.0.0.1", 0, temp.resolve("server.db"), Tokens.NONE);
    try (var hub = EmbeddedServer.start(options, new StillTime(), said::add)) {
      assertThat(said).containsExactly(hub.url());
    }
  }

  @Test
  void withTokensItMayListenToAll(@TempDir Path temp) throws Exception {
    var options = new ServerOptions("0.0.0.0", 0, temp.resolve("server.db"), Tokens.parse("secret"));
    try (var open = EmbeddedServer.start(options, new StillTime()); var wire = Wire.to(open.url())) {
      assertThat(wire.send("GET /health HTTP/1.1\r\nHost: some.name.example\r\n\r\n").receive(false).status()).isEqualTo(200);
    }
  }
}
