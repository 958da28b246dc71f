package lib.server;

import module java.base;
import com.sun.net.httpserver.HttpServer;
import java.util.logging.Level;
import lib.core.Clock;
import lib.core.Problem;
import lib.server.api.CodebaseApi;
import lib.server.api.OutputApi;
import lib.server.api.SessionApi;
import lib.server.api.StatusApi;
import lib.server.api.StreamApi;
import lib.server.api.TaskApi;
import lib.server.api.WorkerApi;
import lib.server.db.IncreasingTime;
import lib.server.db.Schema;
import lib.server.db.WorkerTable;
import lib.server.http.AccessControl;
import lib.server.http.ApiHandler;
import lib.server.session.SessionResumer;
import lib.server.task.Announcer;
import lib.server.task.LeaseReaper;
import lib.server.task.OutputLog;
import lib.server.task.Retention;
import lib.server.task.TaskService;
import lib.server.worker.Leases;
import lib.server.worker.LiveWorkers;
import lib.server.worker.WorkerStream;
import lib.store.Database.Sync;
import lib.store.Database;
import lib.store.DatabaseException;
import lib.store.LockFile;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The embedded server, running from {@link #start} to {@link #close}. One process per database. Thread-safe.
 */
public final class EmbeddedServer implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(EmbeddedServer.class);
  /** Held, since a logger that nobody holds forgets its level. */
  private static final java.util.logging.Logger LIBRARY = java.util.logging.Logger.getLogger("robaho.net.httpserver");
  private static final int BACKLOG = 1024; // workers that all come back at once after a restart
  private static final Duration DRAIN = Duration.ofSeconds(3);

  static {
    LIBRARY.setLevel(Level.SEVERE); // it tells of every start, stop and closed connection
    // events are small: without this each waits up to 40 ms for the one before to be acknowledged
    System.setProperty("robaho.net.httpserver.nodelay", "true");
    // seconds without a byte either way in mid-request; heartbeats on quiet streams come much more often
    System.setProperty("robaho.net.httpserver.maxReqTime", "90");
    // streams, requests and idle connections together; past it a connection is closed at once
    System.setProperty("jdk.httpserver.maxConnections", "2048");
    // bytes of an unread body that it reads at the end of a request: a rejected client is not waited for
    System.setProperty("robaho.net.httpserver.drainAmount", "0");
  }

  private final LockFile lock;
  private final Database database;
  private final HttpServer server;
  private final ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor();
  private final String host;
  private final LiveWorkers liveWorkers;
  private final OutputLog outputs;
  private final LeaseReaper reaper;
  private final ApiHandler web;
  private final Thread pulse;

  private EmbeddedServer(ServerOptions options, Clock time, LockFile lock, Database database, HttpServer server, Consumer<URI> listening)
      throws DatabaseException, InterruptedException {
    this.lock = lock;
    this.database = database;
    this.server = server;
    this.host = options.host();
    var stamps = new IncreasingTime(time);
    this.liveWorkers = new LiveWorkers(time, stamps, database.read(WorkerTable::lastSeen));
    var leases = new Leases(time);
    this.outputs = new OutputLog(database, leases);
    var announcer = new Announcer(database, liveWorkers, stamps);
    var tasks = new TaskService(database, stamps, liveWorkers, leases, announcer, outputs);
    var resumes = new SessionResumer(database, stamps, liveWorkers, tasks);
    var retention = new Retention(database, time, options.keep());
    this.reaper = new LeaseReaper(database, tasks, liveWorkers, leases, announcer, outputs);
    var routes = Stream.of(new StatusApi(database, serverId(database), retention, stamps).routes(),
        new WorkerApi(database, tasks, liveWorkers, leases, stamps).routes(),
        new StreamApi(liveWorkers, leases, announcer, stamps).routes(),
        new CodebaseApi(database, tasks, liveWorkers, stamps).routes(),
        new TaskApi(tasks, liveWorkers).routes(),
        new OutputApi(tasks, outputs, liveWorkers, stamps).routes(),
        new SessionApi(database, resumes, liveWorkers, stamps).routes()).flatMap(List::stream).toList();
    this.web = new ApiHandler(new AccessControl(options.tokens()), routes);
    listening.accept(url());
    reaper.sweep(); // starts the leases of what runs
    server.setExecutor(threads);
    server.createContext("/", web);
    server.start();
    this.pulse = Thread.ofPlatform().name("server pulse").daemon().start(() -> reaper.run(time, retention));
  }

  /** Starts a server that tells nobody its address. */
  public static EmbeddedServer start(ServerOptions options, Clock time) throws InterruptedException {
    return start(options, time, url -> {});
  }

  /**
   * Starts a server.
   *
   * @param listening gets the address before the first request is taken and the first line is logged
   * @throws Problem when it may not bind there, the port is taken, another one runs on this database, or the database
   *     cannot be used
   */
  public static EmbeddedServer start(ServerOptions options, Clock time, Consumer<URI> listening) throws InterruptedException {
    var address = address(options);
    LockFile lock = null;
    Database database = null;
    HttpServer server = null;
    EmbeddedServer hub = null;
    try {
      var file = options.database();
      lock = LockFile.take(options.lock(), "a server",
          "use that one (--server URL), or give this one its own --data DIR");
      if (Files.exists(file) && Files.size(file) == 0) { // SQLite would take it for a new one
        throw new Problem("the server's database " + file + " is empty", "something has cut it off or replaced it",
            "put its backup there, or delete the file to start with no tasks");
      }
      database = Database.open(file, Schema.MIGRATIONS);
      server = HttpServer.create(address, BACKLOG);
      hub = new EmbeddedServer(options, time, lock, database, server, listening);
      LOG.debug("serving {} from {}", hub.url(), file); // the command that starts it says where it is
      return hub;
    } catch (BindException e) {
      throw new Problem("the server cannot listen on " + options.host() + ":" + options.port(), e.getMessage(),
          "stop what listens there, or choose another --port (0 picks a free one)").from(e);
    } catch (IOException | DatabaseException e) {
      throw new Problem("the server cannot start", String.valueOf(e.getMessage()),
          "check " + options.database() + " and its folder: owner, free space").from(e);
    } finally {
      if (hub == null) {
        if (server != null) {
          server.stop(0);
        }
        if (database != null) {
          database.close();
        }
        if (lock != null) {
          lock.close();
        }
      }
    }
  }

  /** Finds out whether one may be started so. @throws Problem when there is no such address, or not without tokens */
  public static void check(ServerOptions options) {
    address(options);
  }

  private static InetSocketAddress address(ServerOptions options) {
    try {
      var address = InetAddress.getByName(options.host());
      if (!address.isLoopbackAddress() && options.tokens().none()) {
        throw new Problem("the server may not listen on " + options.host() + " without tokens",
            "anybody who reaches that address could make this machine's workers run code",
            "leave --no-token out, or listen on 127.0.0.1").ending(Problem.Exit.REFUSED);
      }
      return new InetSocketAddress(address, options.port());
    } catch (UnknownHostException e) {
      throw new Problem("the server cannot listen on " + options.host(), "there is no such address",
          "give --host an address of this machine").from(e);
    }
  }

  /** Where it answers, on this machine at least. */
  public URI url() {
    var address = server.getAddress();
    var name = address.getAddress().isAnyLocalAddress() ? "127.0.0.1" : host;
    return URI.create("http://" + (name.contains(":") ? "[" + name + "]" : name) + ":" + address.getPort());
  }

  /** Looks for vanished workers now instead of at the next interval. */
  public void sweep() throws DatabaseException, InterruptedException {
    reaper.sweep();
  }

  /** Lets running requests finish for some seconds, ends the streams, and closes. */
  @Override
  public void close() throws InterruptedException {
    var url = url();
    pulse.interrupt();
    liveWorkers.streams().forEach(WorkerStream::close);
    outputs.close();
    web.drain(DRAIN);
    server.stop(0); // waits itself for the whole of any other time, idle or not
    threads.shutdownNow();
    pulse.join();
    database.close();
    lock.close();
    LOG.info("stopped serving {}", url);
  }

  /** Made once and kept with the data: tells a restarted server from another one at the same address. */
  private static String serverId(Database database) throws DatabaseException, InterruptedException {
    return database.write(Sync.POWER, sql -> {
      sql.update("INSERT INTO facts (name, value) VALUES ('server_id', ?) ON CONFLICT (name) DO NOTHING",
          UUID.randomUUID().toString());
      return sql.first("SELECT value FROM facts WHERE name = 'server_id'", row -> row.getString(1)).orElseThrow();
    });
  }
}
