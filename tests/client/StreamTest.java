package tests.client;

import module java.base;
import static org.assertj.core.api.Assertions.*;

import lib.client.ApiClient;
import lib.client.http.ApiException;
import lib.client.http.EventStream;
import lib.client.http.ServerAddress;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import tests.fake.FakeServer.Version;
import tests.fake.FakeServer;

/** A stream begins as fast as any other answer comes, or it does not begin. */
class StreamTest {
  private FakeServer server;

  @BeforeEach
  void start() throws Exception {
    server = FakeServer.start(Version.V16);
  }

  @AfterEach
  void stop() throws Exception {
    server.close();
  }

  @ParameterizedTest
  @ValueSource(strings = {"HTTP/1.1 200 O", "HTTP/1.1 503 Busy\r\nContent-Length: 100000\r\n\r\n", "HTTP/1.1 503 Busy\r\n\r\n",
      "HTTP/1.1 200 OK\r\nContent-Type: text/html\r\n\r\n"})
  void whateverIsNoStreamMeetsTheDeadline(String first) {
    server.on("GET", "*/stream").dribble(first);
    assertThat(catchThrowableOfType(ApiException.class, () -> open(Duration.ofMillis(300))).kind()).isEqualTo(ApiException.Kind.UNREACHABLE);
  }

  @ParameterizedTest
  @ValueSource(strings = {"Text/Event-Stream", "text/event-stream; charset=utf-8", "TEXT/EVENT-STREAM;charset=UTF-8"})
  void theTypeOfAStreamMayBeSpelledInAnyWay(String type) throws Exception {
    server.on("GET", "*/stream").dribble("HTTP/1.1 200 OK\r\nContent-Type: " + type + "\r\n\r\nevent: hello\ndata: 1\n\n");
    try (var stream = open(Duration.ofSeconds(30))) {
      assertThat(stream.next().name()).isEqualTo("hello");
    }
  }

  @Test
  void anotherAnswerIsAFailureOfItsOwnKind() {
    server.on("GET", "*/stream").html(200);
    assertThat(catchThrowableOfType(ApiException.class, () -> open(Duration.ofSeconds(30))).kind()).isEqualTo(ApiException.Kind.GARBLED);
    server.heal();
    server.on("GET", "*/stream").answer(429, "slow down").header("Retry-After", "7");
    assertThat(catchThrowableOfType(ApiException.class, () -> open(Duration.ofSeconds(30))).retryAfter()).isEqualTo(Duration.ofSeconds(7));
  }

  private EventStream open(Duration deadline) throws Exception {
    return new ApiClient(new ServerAddress(server.url(), null, null, ApiClientTest.env(Map.of())), deadline)
        .tasks("w1", "n", List.of(), List.of(), null, Duration.ofSeconds(30));
  }
}
