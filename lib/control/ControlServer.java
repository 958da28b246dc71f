package lib.control;

import module java.base;
import lib.core.Clock;
import lib.core.Environment;
import lib.core.Problem;
import lib.worker.Daemon;
import lib.worker.context.RestartingLoop;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Accepts clients on the running worker's socket. Each client has a thread of its own, so a slow one holds up nobody else; past
 * {@value #MAX_CLIENTS}, further ones are refused. Thread-safe.
 */
public final class ControlServer implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(ControlServer.class);
  private static final int MAX_CLIENTS = 32; // a console, some terminals and a monitor; more is a faulty loop
  private static final Duration RETRY_ACCEPT = Duration.ofSeconds(1); // while this process has no file left to open, accept fails at once
  private static final Duration GRACE = Duration.ofSeconds(1); // for the last answers, of all clients together

  private final Path stateDir;
  private final ServerSocketChannel socket;
  private final ControlApi api;
  private final Clock clock;
  private final Map<SocketChannel, Thread> clients = new ConcurrentHashMap<>();

  private ControlServer(Path stateDir, ServerSocketChannel socket, ControlApi api, Clock clock) {
    this.stateDir = stateDir;
    this.socket = socket;
    this.api = api;
    this.clock = clock;
  }

  /**
   * Starts to answer. The caller holds the state folder's lock.
   *
   * @param daemon the worker that answers
   * @param clock for the time that a client may take
   * @throws Problem when the socket cannot be made
   */
  public static ControlServer start(Path stateDir, Daemon daemon, Environment env, Clock clock) {
    try {
      var file = SocketFile.make(stateDir, env);
      var socket = ServerSocketChannel.open(StandardProtocolFamily.UNIX).bind(UnixDomainSocketAddress.of(file));
      Files.setPosixFilePermissions(file, PosixFilePermissions.fromString("rw-------")); // its folder is ours alone before that, too
      var server = new ControlServer(stateDir, socket, new ControlApi(stateDir, daemon), clock);
      Thread.ofVirtual().name("control").start(new RestartingLoop("control socket", server::accept, Clock.SYSTEM));
      return server;
    } catch (IOException e) {
      throw new Problem("the worker's control socket cannot be made in " + stateDir, String.valueOf(e.getMessage()),
          "let this user write there, or name another folder with --state-dir").from(e);
    }
  }

  private void accept() {
    while (socket.isOpen()) {
      try {
        serve(socket.accept());
      } catch (ClosedChannelException e) {
        LOG.debug("control socket closed");
      } catch (IOException e) {
        LOG.warn("control client not accepted, retrying in {} s: {}", RETRY_ACCEPT.toSeconds(), e.getMessage());
        LockSupport.parkNanos(RETRY_ACCEPT.toNanos());
      }
    }
  }

  private void serve(SocketChannel channel) {
    var connection = new ControlConnection(channel, clock);
    if (clients.size() >= MAX_CLIENTS) {
      connection.refuse("this worker has " + MAX_CLIENTS + " clients already");
      return;
    }
    var thread = Thread.ofVirtual().name("control client").unstarted(() -> {
      try {
        connection.run(api);
      } finally {
        clients.remove(channel);
      }
    });
    clients.put(channel, thread);
    thread.start();
  }

  /** Ends all connections, each after the answer in progress, and removes the socket. */
  @Override
  public void close() throws InterruptedException {
    try {
      socket.close();
      for (var channel : clients.keySet()) {
        endInput(channel);
      }
      var until = Clock.SYSTEM.nanos() + GRACE.toNanos();
      for (var thread : clients.values()) {
        thread.join(Duration.ofNanos(Math.max(0, until - Clock.SYSTEM.nanos())));
      }
      for (var channel : clients.keySet()) {
        channel.close();
      }
      SocketFile.remove(stateDir);
    } catch (IOException e) {
      LOG.warn("control socket not removed, the next start replaces it: {}", e.getMessage());
    }
  }

  /** Ends the wait for a request, and every subscription. */
  private static void endInput(SocketChannel channel) {
    try {
      channel.shutdownInput();
    } catch (IOException e) {
      LOG.debug("control client has left: {}", e.getMessage());
    }
  }
}
