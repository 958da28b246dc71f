package tests.cli;

import module java.base;
import static org.assertj.core.api.Assertions.assertThat;

import lib.cli.LocalServer;
import lib.core.Clock;
import lib.server.EmbeddedServer;
import lib.server.ServerOptions;
import lib.server.http.Tokens;
import lib.store.LockFile;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import tests.fake.FakeServer;

/** Commands find the servers of the workers that are alive, and no others. */
class LocalServerTest extends DeskTestBase {
  private LockFile run(String worker) throws Exception {
    var lock = LockFile.take(state(worker).resolve("lock"), "a worker", "do without");
    LocalServer.announce(state(worker), state(worker).resolve("lock"), hub.url(), null);
    return lock;
  }

  @Test
  void aServerIsAliveAsLongAsItsWorkerHasItsFolder() throws Exception {
    try (var _ = run("w")) {
      assertThat(alone("tasks", "list").err()).isEqualTo("using the local server " + hub.url() + " of worker w\n");
    }
    var after = alone("tasks", "list"); // the process that it names lives: it is this one
    assertThat(after.exit()).isEqualTo(1);
    assertThat(after.err()).contains("no server is named");
  }

  @Test
  void whatALaterProcessDidNotSayDoesNotCount() throws Exception {
    run("w").close();
    Files.writeString(state("w").resolve("local.json"), "{\"url\": \"http://127.0.0.1:9\", \"pid\": 1}");
    try (var _ = LockFile.take(state("w").resolve("lock"), "a worker", "do without")) {
      assertThat(alone("tasks", "list").err()).contains("no server is named");
    }
  }

  @Test
  void oneBrokenFileHidesNoOtherServer() throws Exception {
    Files.writeString(state("a").resolveSibling("a-stray-file"), "");
    try (var _ = run("b"); var _ = run("w")) {
      for (var text : new String[] {"", "{", "[]", "{\"url\": \"ht tp://x\", \"pid\": 1}"}) {
        Files.writeString(state("b").resolve("local.json"), text);
        var ran = alone("tasks", "list");
        assertThat(ran.exit()).as(text).isZero();
        assertThat(ran.err()).contains("warning: " + state("b").resolve("local.json"), "of worker w\n");
      }
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"127.0.0.1", "localhost"})
  void sendsTheTokenOfAServerThatIsNamedByItsAddress(String host) throws Exception {
    try (var _ = run("w"); var server = EmbeddedServer.start(new ServerOptions("127.0.0.1", 0, home.resolve("d/server.db"),
        Tokens.parse("a-token-of-ours")), Clock.SYSTEM)) {
      LocalServer.announce(state("w"), state("w").resolve("lock"), server.url(), "a-token-of-ours");
      var url = "http://" + host + ":" + server.url().getPort();
      var ran = alone("tasks", "list", "--server", url);
      assertThat(ran.exit()).as(ran.err()).isZero();
      assertThat(alone("tasks", "list", "--server", url, "--auth-token", "another").exit()).as("a given one wins").isEqualTo(1);
    }
  }

  @Test
  void sendsTheTokenToNoOtherAddress() throws Exception {
    try (var _ = run("w"); var other = FakeServer.start(FakeServer.Version.V16)) {
      LocalServer.announce(state("w"), state("w").resolve("lock"), hub.url(), "a-token-of-ours");
      assertThat(alone("tasks", "list", "--server", other.url().toString()).exit()).isZero();
      assertThat(other.requests()).isNotEmpty().noneMatch(request -> request.headers().toString().contains("a-token-of-ours"));
    }
  }

  @Test
  void namesTheServersWhenTheNameHasNone() throws Exception {
    try (var _ = run("w")) {
      assertThat(alone("tasks", "list", "--name", "w").exit()).isZero();
      alone("tasks", "list", "--name", "nosuch").fails(1, "problem: worker nosuch has no local server alive", "alive: w");
    }
    assertThat(alone("tasks", "list", "--name", "nosuch").err()).contains("no worker here has one");
  }
}
