package tests.server;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.time.Duration;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import lib.server.http.Patience;
import org.junit.jupiter.api.Test;
import tests.FakeTime;

/** A client is waited for as long as its bytes may take at the least pace, and no longer. */
class PatienceTest {
  private final FakeTime time = new FakeTime();
  private final Patience patience = new Patience(time);

  @Test
  void aWaitThatLastsTooLongEndsWithItsConnection() throws Exception {
    connected((server, client, waiting) -> {
      time.advance(Duration.ofSeconds(59));
      patience.look();
      time.advance(Duration.ofSeconds(2));
      patience.look();
      assertThatThrownBy(waiting::get).hasCauseInstanceOf(IOException.class);
      assertThat(server.isClosed()).isTrue();
      assertThat(client.getInputStream().read()).isEqualTo(-1);
    });
  }

  @Test
  void aWaitThatIsLongButNotTooLongGoesOn() throws Exception {
    connected((server, client, waiting) -> {
      time.advance(Duration.ofSeconds(59));
      patience.look();
      client.getOutputStream().write('x');
      assertThat(waiting.get()).isEqualTo('x');
    });
  }

  @Test
  void whatComesAfterAWaitIsNotEndedWithIt() throws Exception {
    try (var threads = Executors.newVirtualThreadPerTaskExecutor()) {
      var interrupted = threads.submit(() -> {
        patience.bytes(0, () -> {
          time.advance(Duration.ofDays(1));
          patience.look();
          return null;
        });
        patience.look();
        return Thread.interrupted();
      });
      assertThat(interrupted.get()).isFalse();
    }
  }

  private interface Part {
    void play(Socket server, Socket client, Future<Integer> waiting) throws Exception;
  }

  /** Plays while the server's side waits for a byte. */
  private void connected(Part part) throws Exception {
    try (var listener = new ServerSocket(0, 1, InetAddress.getLoopbackAddress());
        var client = new Socket(listener.getInetAddress(), listener.getLocalPort()); var server = listener.accept();
        var threads = Executors.newVirtualThreadPerTaskExecutor()) {
      client.setSoTimeout(30_000);
      var begun = new CountDownLatch(1);
      var waiting = threads.submit(() -> patience.bytes(0, () -> {
        begun.countDown();
        return server.getInputStream().read();
      }));
      begun.await();
      part.play(server, client, waiting);
    }
  }
}
