package tests.client;

import module java.base;
import static org.assertj.core.api.Assertions.*;

import lib.client.ApiClient;
import lib.client.http.ApiException;
import lib.client.http.ServerAddress;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import tests.Program;

/** A call can have a platform thread, which nothing starves; whatever thread it has, a call given up leaves nothing behind. */
class ThreadsTest {
  private static final ThreadFactory PLATFORM = Thread.ofPlatform().daemon().factory();
  private static final Duration SHORT = Duration.ofMillis(300);

  @Test
  void aCallOnAPlatformThreadIsMadeWhileEveryCarrierComputes() throws Exception {
    var carriers = Runtime.getRuntime().availableProcessors();
    var busy = new CountDownLatch(carriers);
    var done = new CompletableFuture<Void>();
    try (var server = new RawServer((head, connection) -> RawServer.answer(connection, 200, head.startsWith("GET") ? "[]" : "{}"))) {
      IntStream.range(0, carriers).forEach(i -> Thread.ofVirtual().start(() -> {
        busy.countDown();
        while (!done.isDone()) {
          Thread.onSpinWait();
        }
      }));
      assertThat(busy.await(Program.PATIENCE.toMillis(), TimeUnit.MILLISECONDS)).isTrue();
      assertThat(client(server.url(), Duration.ofSeconds(10)).on(PLATFORM).heartbeat("w", Map.of(), Map.of())).isEmpty();
    } finally {
      done.complete(null);
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"HTTP/1.1 200 O", "HTTP/1.1 200 OK\r\nContent-Length: 1000000\r\n\r\n", "HTTP/1.1 200 OK\r\n\r\n",
      "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nFFFFF\r\n"})
  void theConnectionOfACallGivenUpIsClosed(String first) throws Exception {
    for (var threads : List.of(PLATFORM, Thread.ofVirtual().factory())) {
      var closed = new CompletableFuture<Void>();
      try (var server = new RawServer((head, connection) -> {
        RawServer.write(connection, first);
        try {
          while (true) {
            RawServer.write(connection, " ");
            Thread.sleep(10); // faster than a read's timeout
          }
        } catch (IOException e) {
          closed.complete(null);
        }
      })) {
        assertThat(catchThrowableOfType(ApiException.class, client(server.url(), SHORT).on(threads)::pathFamily)).isNotNull();
        closed.get(Program.PATIENCE.toMillis(), TimeUnit.MILLISECONDS);
      }
    }
  }

  @Test
  void aStreamThatBeginsWhileItsCallIsGivenUpIsClosed() throws Exception {
    var givenUp = new CompletableFuture<Void>();
    var begun = new CompletableFuture<Void>();
    var closed = new CompletableFuture<Void>();
    var made = new AtomicInteger();
    ThreadFactory slow = work -> made.getAndIncrement() == 0 ? PLATFORM.newThread(work) : PLATFORM.newThread(() -> {
      begun.join(); // what ends the exchange comes too late to keep the stream from beginning
      work.run();
    });
    try (var server = new RawServer((head, connection) -> {
      givenUp.join();
      RawServer.write(connection, "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n\r\n: hello\n\n");
      begun.complete(null);
      connection.getInputStream().transferTo(OutputStream.nullOutputStream());
      closed.complete(null);
    })) {
      var client = client(server.url(), SHORT).on(slow);
      assertThat(catchThrowableOfType(ApiException.class, () -> client.tasks("w", "n", List.of(), List.of(), null, Duration.ofMinutes(5))))
          .isNotNull();
      givenUp.complete(null);
      closed.get(Program.PATIENCE.toMillis(), TimeUnit.MILLISECONDS);
    }
  }

  private static ApiClient client(URI server, Duration deadline) {
    return new ApiClient(new ServerAddress(server, null, null, ApiClientTest.env(Map.of())), deadline);
  }
}
