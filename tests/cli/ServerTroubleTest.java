package tests.cli;

import module java.base;
import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import tests.fake.FakeServer;

/** A server that is none, or hangs, is said to be so, and soon. */
class ServerTroubleTest extends DeskTestBase {
  private static final Duration SHORT = Duration.ofSeconds(1);

  private FakeServer server;

  @BeforeEach
  void open() throws Exception {
    server = FakeServer.start(FakeServer.Version.V16);
  }

  @AfterEach
  void close() throws Exception {
    server.close();
  }

  @Test
  void aServerThatHangsIsAskedOnce() {
    server.on("*", "*").hang();
    patience(SHORT).ranAt(server.url(), "tasks", "list").fails(75, "cannot be reached");
    assertThat(server.requests()).hasSize(1);
  }

  @Test
  void anotherWebServerIsAskedAbout() {
    server.on("*", "*").html(404);
    ranAt(server.url(), "tasks", "list").fails(1, "does not answer as a CodeTether server does", "is it one?");
    server.heal();
    server.on("*", "*").html(200);
    assertThat(ranAt(server.url(), "tasks", "list").exit()).isEqualTo(1);
  }

  @ParameterizedTest
  @ValueSource(ints = {502, 503, 500})
  void creationIsTriedOnceAndTheDoubtIsSaid(int status) {
    server.on("POST", "/v1/agent/tasks").answer(status, "bad gateway");
    ranAt(server.url(), "tasks", "create", "hello").fails(75, "may have created the task or not", "tasks list");
    assertThat(server.requests()).filteredOn(r -> r.method().equals("POST")).hasSize(1);
  }

  @ParameterizedTest
  @CsvSource({"http://127.0.0.1:9,curl -I", "http://no_such.invalid:8080,no address is known for this host name"})
  void creationSaysThatNothingWasSentWhenNobodyListens(String url, String why) {
    var ran = alone("tasks", "create", "hello", "--server", url);
    assertThat(ran.err()).contains("cannot be reached", why).doesNotContain("may have");
  }

  @Test
  void httpsForAServerThatWaitsForHttpIsSaidToo() throws Exception {
    try (var listening = new ServerSocket(0, 9, InetAddress.getLoopbackAddress())) {
      var ran = patience(SHORT).alone("tasks", "list", "--server", "https://127.0.0.1:" + listening.getLocalPort());
      assertThat(ran.err()).contains("does not speak https", "http://");
    }
  }

  @Test
  void httpsForAServerThatSpeaksHttpIsSaid() throws Exception {
    try (var listening = new ServerSocket(0, 9, InetAddress.getLoopbackAddress())) {
      Thread.ofVirtual().start(() -> refuse(listening));
      var there = "127.0.0.1:" + listening.getLocalPort();
      var ran = alone("tasks", "list", "--server", "https://" + there);
      assertThat(ran.err()).contains("does not speak https", "http://" + there);
    }
  }

  /** Answers as web servers do to what is no HTTP. */
  private static void refuse(ServerSocket listening) {
    while (true) {
      try (var connection = listening.accept()) {
        connection.getOutputStream().write("HTTP/1.1 400 Bad Request\r\n\r\n".getBytes(StandardCharsets.US_ASCII));
        connection.shutdownOutput();
        connection.getInputStream().transferTo(OutputStream.nullOutputStream()); // a close with bytes unread would be a reset
      } catch (IOException e) {
        return; // the test is over
      }
    }
  }
}
