package tests.server;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.concurrent.Executors;
import java.util.concurrent.atomic.AtomicBoolean;
import lib.server.http.Tokens;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Clients that send or take their bytes slowly, or never, cost the others nothing. */
class SlowClientTest {
  private static final String POST = "POST /v1/agent/tasks HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n";

  @RegisterExtension
  final Served hub = new Served();
  @RegisterExtension
  final Served closed = new Served(Tokens.parse("secret"));

  @Test
  void moreHalfBodiesThanCallsAtWorkHoldUpNobody() throws Exception {
    var slow = new ArrayList<Wire>();
    try {
      for (var i = 0; i < 200; i++) {
        slow.add(hub.wire().send(POST + "Content-Length: 100\r\n\r\n{"));
      }
      assertThat(hub.get("/health").status()).isEqualTo(200);
      assertThat(hub.status(hub.task("global"))).isEqualTo("pending");
      slow.getLast().send("\"title\":\"t\",\"prompt\":\"" + "p".repeat(75) + "\"}");
      assertThat(slow.getLast().receive(false).status()).as("slow is not wrong").isEqualTo(200);
    } finally {
      for (var wire : slow) {
        wire.close();
      }
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"Host: evil.example\r\nContent-Type: application/json", "Host: localhost\r\nContent-Type: text/plain",
      "Host: localhost\r\nOrigin: null\r\nContent-Type: application/json", "Host: localhost\r\nHost: evil.example",
      "Host: localhost\r\nContent-Type: application/json\r\nExpect: 100-continue\r\nOrigin: null"})
  void whoeverIsRefusedIsNotHeardOut(String headers) throws Exception {
    try (var wire = hub.wire()) {
      wire.send("POST /v1/agent/tasks HTTP/1.1\r\n" + headers + "\r\nContent-Length: 1000\r\n\r\n" + (headers.contains("Expect") ? "" : "{"));
      var got = wire.receive(false);
      got = got.status() == 100 ? wire.receive(false) : got; // the library says it by itself
      assertThat(got.status()).isIn(400, 403, 415);
      assertThat(got.headers().get("connection")).isEqualTo("close");
      assertThat(wire.rest()).isBlank();
    }
  }

  @Test
  void aStrangersBodyIsNotHeardOutEither() throws Exception {
    for (var token : List.of("", "Authorization: Bearer wrong\r\n")) {
      try (var wire = closed.wire()) {
        assertThat(wire.send(POST + token + "Content-Length: 1000\r\n\r\n{").receive(false).status()).isIn(401, 403);
        assertThat(wire.rest()).isBlank();
      }
    }
  }

  @Test
  void aBodyThatNeverEndsIsGivenUp() throws Exception {
    try (var wire = hub.wire()) {
      wire.send(POST + "Content-Length: 1000\r\n\r\n{");
      assertThat(whileTimePasses(wire::rest)).isBlank();
    }
  }

  @Test
  void aStreamThatIsNotReadIsClosed() throws Exception {
    var prompt = "x".repeat(60_000);
    try (var deaf = hub.stream("deaf", Map.of())) {
      for (var i = 0; i < 250; i++) { // more than two sockets and the stream's queue hold
        Served.ok(hub.post("/v1/agent/tasks/" + hub.task("global", Map.of("prompt", prompt)) + "/cancel", Map.of()));
      }
      assertThat(deaf).isNotNull();
      assertThat(whileTimePasses(() -> {
        while (Served.ok(hub.get("/v1/worker/connected")).path("count").asInt() > 0) {
          Thread.onSpinWait();
        }
        return true;
      })).isTrue();
    }
  }

  /** Does this while the hub's clock runs fast. */
  private <T> T whileTimePasses(Callable<T> work) throws Exception {
    var done = new AtomicBoolean();
    try (var threads = Executors.newVirtualThreadPerTaskExecutor()) {
      threads.submit(() -> {
        while (!done.get()) {
          hub.time.advance(Duration.ofSeconds(15));
        }
        return null;
      });
      try {
        return work.call();
      } finally {
        done.set(true);
      }
    }
  }
}
