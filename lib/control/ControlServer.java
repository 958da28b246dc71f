package lib.control;

import java.io.IOException;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.channels.ClosedChannelException;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import lib.core.Clock;
import lib.core.Environment;
import lib.core.Problem;
import lib.worker.Served;
import lib.worker.context.RestartingLoop;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Answers on the running worker's socket. Each client has threads of its own, so a slow one holds up nobody; past
 * {@value #MAX_CLIENTS} further ones are turned away.
 */
public final class ControlServer implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(ControlServer.class);
  private static final int MAX_CLIENTS = 32; // a console, some terminals and a monitor; more is a loop gone wrong
  private static final Duration PAUSE = Duration.ofSeconds(1); // while this process has no file left to open, accepting fails at once
  private static final Duration LAST = Duration.ofSeconds(1); // for the last answers, of all clients together

  private final Path stateDir;
  private final ServerSocketChannel socket;
  private final ControlApi methods;
  private final Set<ControlConnection> clients = ConcurrentHashMap.newKeySet();

  private ControlServer(Path stateDir, ServerSocketChannel socket, ControlApi methods) {
    this.stateDir = stateDir;
    this.socket = socket;
    this.methods = methods;
  }

  /**
   * Begins to answer. The caller holds the state folder's lock.
   *
   * @param served what it speaks for
   * @throws Problem when there can be no socket
   */
  public static ControlServer start(Path stateDir, Served served, Environment env) {
    try {
      var file = SocketFile.make(stateDir, env);
      var socket = ServerSocketChannel.open(StandardProtocolFamily.UNIX);
      try {
        socket.bind(UnixDomainSocketAddress.of(file));
        Files.setPosixFilePermissions(file, PosixFilePermissions.fromString("rw-------")); // its folder is ours alone before that, too
      } catch (IOException e) {
        socket.close();
        throw e;
      }
      var server = new ControlServer(stateDir, socket, new ControlApi(stateDir, served));
      Thread.ofVirtual().name("control").start(new RestartingLoop("control socket", server::accept, Clock.SYSTEM));
      return server;
    } catch (IOException e) {
      throw new Problem("the worker's control socket cannot be made in " + stateDir, String.valueOf(e.getMessage()),
          "let this user write there, or name another folder with --state-dir").from(e);
    }
  }

  private void accept() {
    try {
      while (true) {
        take();
      }
    } catch (ClosedChannelException | InterruptedException e) {
      LOG.debug("the control socket is closed");
    }
  }

  private void take() throws ClosedChannelException, InterruptedException {
    try {
      welcome(socket.accept());
    } catch (ClosedChannelException e) {
      throw e;
    } catch (IOException e) {
      LOG.warn("no client of the control socket can be taken: {}", e.getMessage());
      Clock.SYSTEM.sleep(PAUSE);
    }
  }

  private void welcome(SocketChannel channel) {
    try {
      if (clients.size() >= MAX_CLIENTS) {
        ControlConnection.refuse(channel, "this worker has " + MAX_CLIENTS + " clients already");
      } else {
        var client = new ControlConnection(channel, methods, clients::remove);
        clients.add(client);
        client.start();
      }
    } catch (IOException e) {
      LOG.debug("a client of the control socket left at once: {}", e.getMessage());
    }
  }

  /** Ends all conversations, each with the answer that is under way, and removes the socket. */
  @Override
  public void close() throws InterruptedException {
    try {
      socket.close();
      var until = Clock.SYSTEM.nanos() + LAST.toNanos();
      for (var client : clients) {
        client.finish(until);
      }
      SocketFile.remove(stateDir);
    } catch (IOException e) {
      LOG.warn("the control socket was not removed: {}", e.getMessage()); // the next start replaces it
    }
  }
}
