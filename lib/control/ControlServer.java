package lib.control;

import java.io.IOException;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.channels.ClosedChannelException;
import java.nio.channels.ServerSocketChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Supplier;
import lib.Problem;
import lib.config.Env;
import lib.config.LiveSettings;
import lib.task.Worker;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Answers on the running worker's socket. Each client has threads of its own, so a slow one holds up nobody; past
 * {@value #MAX_CLIENTS} further ones are turned away.
 */
public final class ControlServer implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(ControlServer.class);
  private static final int MAX_CLIENTS = 32; // a console, some terminals and a monitor; more is a loop gone wrong

  private final Path stateDir;
  private final ServerSocketChannel socket;
  private final Methods methods;
  private final Set<Conversation> clients = ConcurrentHashMap.newKeySet();

  private ControlServer(Path stateDir, ServerSocketChannel socket, Methods methods) {
    this.stateDir = stateDir;
    this.socket = socket;
    this.methods = methods;
  }

  /**
   * Begins to answer. The caller holds the state folder's lock.
   *
   * @param reload reads the settings anew and hands them to the worker
   * @throws Problem when there can be no socket
   */
  public static ControlServer start(Path stateDir, Worker worker, Supplier<LiveSettings.Reloaded> reload, Env env) {
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
      var server = new ControlServer(stateDir, socket, new Methods(stateDir, worker, reload));
      Thread.ofVirtual().name("control").start(server::accept);
      return server;
    } catch (IOException e) {
      throw new Problem("the worker's control socket cannot be made in " + stateDir, String.valueOf(e.getMessage()),
          "let this user write there, or name another folder with --state-dir").from(e);
    }
  }

  private void accept() {
    while (true) {
      try {
        var channel = socket.accept();
        if (clients.size() >= MAX_CLIENTS) {
          Conversation.refuse(channel, "this worker has " + MAX_CLIENTS + " clients already");
        } else {
          var client = new Conversation(channel, methods, clients::remove);
          clients.add(client);
          client.start();
        }
      } catch (ClosedChannelException e) {
        return; // the worker ends
      } catch (IOException e) {
        LOG.warn("a client of the control socket could not be taken: {}", e.getMessage());
      }
    }
  }

  /** Ends all conversations and removes the socket. */
  @Override
  public void close() {
    try {
      socket.close();
      clients.forEach(Conversation::close);
      SocketFile.remove(stateDir);
    } catch (IOException e) {
      LOG.warn("the control socket was not removed: {}", e.getMessage()); // the next start replaces it
    }
  }
}
