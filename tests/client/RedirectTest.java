package tests.client;

import module java.base;
import static org.assertj.core.api.Assertions.*;

import lib.client.ApiClient;
import lib.client.PathFamily;
import lib.client.http.ApiException;
import lib.client.http.ServerAddress;
import lib.protocol.TaskReport;
import lib.protocol.TaskStatus;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import tests.fake.FakeServer.Version;
import tests.fake.FakeServer;

/** Redirects are followed as the server means them, and lead neither the token nor the worker astray. */
class RedirectTest {
  @TempDir
  Path temp;

  @ParameterizedTest
  @ValueSource(ints = {301, 302, 307, 308})
  void methodBodyAndTokenAreKept(int status) throws Exception {
    try (var server = FakeServer.start(Version.V16)) {
      server.token("secret-token");
      var id = server.addTask(null, "do it");
      server.on("PUT", "/v1/agent/tasks/" + id + "/status").redirect(status, "/v1/agent/tasks/" + id + "/status?moved=1").times(1);
      client(server).status(new TaskReport(id, "w", TaskStatus.COMPLETED, null, "text", null, 0));
      assertThat(server.status(id)).isEqualTo("completed");
      assertThat(server.requests().getLast()).satisfies(request -> {
        assertThat(request.method()).isEqualTo("PUT");
        assertThat(request.query()).containsEntry("moved", "1");
        assertThat(request.json().path("result").asText()).isEqualTo("text");
      });
    }
  }

  @Test
  void theOldPathFamilyOfANewerServerStillWorks() throws Exception {
    try (var server = FakeServer.start(Version.V13)) {
      var client = client(server);
      client.pathFamily();
      var id = server.addTask(null, "do it");
      server.become(Version.V16); // answers the family that the client knows with 307
      client.status(TaskReport.running(id, "w", null, 0));
      assertThat(server.status(id)).isEqualTo("running");
    }
  }

  @Test
  void aTokenNeverFollowsARedirectToAnotherHost() throws Exception {
    try (var server = FakeServer.start(Version.V16); var other = FakeServer.start(Version.V16)) {
      var id = other.addTask(null, "do it");
      var client = client(server);
      server.on("GET", "/v1/agent/tasks/*").redirect(307, other.url() + "/v1/agent/tasks/" + id).times(1);
      client.task(id);
      server.on("GET", "/v1/agent/tasks/*").redirect(307, "http://localhost:" + other.url().getPort() + "/v1/agent/tasks/" + id);
      client.task(id);
      assertThat(other.requests()).hasSize(2).allSatisfy(r -> assertThat(r.headers()).doesNotContainKey("Authorization"));
      assertThat(server.requests()).allSatisfy(r -> assertThat(r.headers()).containsEntry("Authorization", "Bearer secret-token"));
    }
  }

  @Test
  void aTokenFollowsTheSameHostFromHttpToHttps() throws Exception {
    var keys = Keys.in(temp);
    try (var proxy = new TinyProxy(); var server = FakeServer.startTls(Version.V16, keys.sockets())) {
      server.token("secret-token");
      proxy.upgrade(server.url().getPort());
      var variables = Map.of("HTTP_PROXY", proxy.url(), "HTTPS_PROXY", proxy.url());
      for (var url : List.of("http://" + Keys.NAME, "http://" + Keys.NAME + ":80")) {
        var client = new ApiClient(new ServerAddress(URI.create(url), "secret-token", keys.certificate(), ApiClientTest.env(variables)));
        assertThat(client.pathFamily()).isEqualTo(PathFamily.CODEBASES);
      }
      assertThat(server.requests()).hasSize(2).allSatisfy(r -> assertThat(r.headers()).containsEntry("Authorization", "Bearer secret-token"));
    }
  }

  @Test
  void aTokenDoesNotFollowToAnotherEncryptedPort() throws Exception {
    var keys = Keys.in(temp);
    try (var server = FakeServer.start(Version.V16); var other = FakeServer.startTls(Version.V16, keys.sockets())) {
      server.on("GET", "*").redirect(307, other.url() + "/v1/agent/codebases");
      new ApiClient(new ServerAddress(server.url(), "secret-token", keys.certificate(), ApiClientTest.env(Map.of()))).pathFamily();
      assertThat(other.requests()).hasSize(1).allSatisfy(r -> assertThat(r.headers()).doesNotContainKey("Authorization"));
    }
  }

  @Test
  void aLoopEnds() throws Exception {
    try (var server = FakeServer.start(Version.V16)) {
      var client = client(server);
      client.pathFamily();
      server.on("GET", "/v1/agent/tasks/*").redirect(307, "/v1/agent/tasks/again");
      var failed = catchThrowableOfType(ApiException.class, () -> client.task("t"));
      assertThat(failed.kind()).isEqualTo(ApiException.Kind.UNREACHABLE);
      assertThat(failed).hasMessageContaining("more than 5 redirects");
      assertThat(server.requests("GET", "/v1/agent/tasks/*")).hasSizeLessThan(10);
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"file:///etc/hostname", "ftp://127.0.0.1/x", "mailto:a@b", "http://", "http:///x", "://", "http://a b/",
      "jar:file:/x!/y", "http://127.0.0.1:99999/"})
  void aRedirectToSomethingElseIsAFailureLikeAnyOther(String location) throws Exception {
    try (var server = FakeServer.start(Version.V16)) {
      var client = client(server);
      client.pathFamily();
      server.on("GET", "/v1/agent/tasks/*").redirect(307, location);
      assertThat(catchThrowableOfType(ApiException.class, () -> client.task("t"))).isNotNull();
    }
  }

  @Test
  void aServerBehindATlsProxyCannotSendTheTokenInTheClear() throws Exception {
    var keys = Keys.in(temp);
    try (var server = FakeServer.startTls(Version.V16, keys.sockets())) {
      var id = server.addTask(null, "do it");
      var client = new ApiClient(new ServerAddress(server.url(), "secret-token", keys.certificate(), ApiClientTest.env(Map.of())));
      client.pathFamily();
      server.on("GET", "/v1/agent/tasks/a%2Fb").redirect(307, server.url().toString().replace("https", "http") + "/v1/agent/tasks/a%2Fc");
      server.on("GET", "/v1/agent/tasks/a%2Fc").redirect(307, server.url() + "/v1/agent/tasks/" + id);
      assertThat(client.task("a/b").prompt()).isEqualTo("do it");
      assertThat(server.requests()).allSatisfy(r -> assertThat(r.headers()).containsEntry("Authorization", "Bearer secret-token"));
    }
  }

  private static ApiClient client(FakeServer server) {
    return new ApiClient(new ServerAddress(server.url(), "secret-token", null, ApiClientTest.env(Map.of())));
  }
}
