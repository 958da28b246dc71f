package lib.server.worker;

import module java.base;
import java.sql.SQLException;
import lib.protocol.Task;
import lib.server.db.CodebaseTable.Codebase;
import lib.server.db.CodebaseTable;
import lib.server.db.IncreasingTime;
import lib.server.db.SessionTable;
import lib.server.http.ApiError;
import lib.store.Database.Sync;
import lib.store.Database;
import lib.store.DatabaseException;
import lib.store.Sql;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Registers and deletes codebases. Thread-safe. */
public final class CodebaseRegistry {
  private static final Logger LOG = LoggerFactory.getLogger(CodebaseRegistry.class);

  private final Database database;
  private final IncreasingTime stamps;

  public CodebaseRegistry(Database database, IncreasingTime stamps) {
    this.database = database;
    this.stamps = stamps;
  }

  /**
   * A worker says that it has a folder. A path that this worker, nobody, or a worker that is gone had before keeps its
   * id; where another living worker has the same path, it is another machine's folder and gets an id of its own.
   *
   * @param given without id, owner and times
   */
  public Codebase register(Codebase given, String worker, Predicate<String> alive) throws DatabaseException, InterruptedException {
    return database.write(Sync.POWER, sql -> {
      var before = CodebaseTable.withPath(sql, given.path()).stream()
          .filter(c -> c.owner() == null || c.owner().equals(worker) || !alive.test(c.owner()))
          .max(Comparator.comparing((Codebase c) -> worker.equals(c.owner())).thenComparing(Codebase::updatedAt));
      var now = stamps.next();
      var id = before.isPresent() ? before.get().id() : newId(sql);
      var codebase = new Codebase(id, given.name(), given.path(), given.description(), given.config(), worker,
          before.map(Codebase::registeredAt).orElse(now), now);
      CodebaseTable.put(sql, codebase);
      if (before.map(Codebase::owner).filter(worker::equals).isEmpty()) {
        LOG.info("codebase registered id={} worker={}", id, worker);
      }
      return codebase;
    });
  }

  /**
   * The folder as it is compared: absolute ones normalised, as text, since it is another machine's and need not be a path
   * on this one; others are the worker's to understand.
   */
  public static String normal(String path) {
    if (path.isBlank() || path.indexOf('\uFFFD') >= 0) {
      throw ApiError.of(400, "path is not a path");
    }
    if (!path.startsWith("/")) {
      return path.strip();
    }
    var parts = new ArrayDeque<String>();
    for (var part : path.split("/")) {
      if (part.equals("..")) {
        parts.pollLast();
      } else if (!part.isEmpty() && !part.equals(".")) {
        parts.add(part);
      }
    }
    return "/" + String.join("/", parts);
  }

  /** Checks within a transaction that tasks and sessions may name it. @throws ApiError when there is none with this id */
  public static void check(Sql sql, String id) throws SQLException {
    if (!id.equals(Task.GLOBAL) && sql.first("SELECT 1 FROM codebases WHERE id = ?", row -> true, id).isEmpty()) {
      throw unknown();
    }
  }

  public static ApiError unknown() {
    return ApiError.of(404, "Codebase not found");
  }

  /** Deletes the codebase with its sessions. @throws ApiError when there is none with this id */
  public void delete(String id) throws DatabaseException, InterruptedException {
    database.write(Sync.POWER, sql -> {
      if (CodebaseTable.delete(sql, id) == 0) {
        throw unknown();
      }
      SessionTable.drop(sql, id);
      return null;
    });
    LOG.info("codebase deleted id={}", id);
  }

  /** Releases the codebases of a worker that has unregistered: the next one that registers the path gets the id. */
  public void releaseFrom(String worker) throws DatabaseException, InterruptedException {
    database.write(Sync.POWER, sql -> {
      CodebaseTable.release(sql, worker, stamps.next());
      return null;
    });
  }

  /** Eight hexadecimal digits, as other servers make them. */
  private static String newId(Sql sql) throws SQLException {
    var id = UUID.randomUUID().toString().substring(0, 8);
    return CodebaseTable.find(sql, id).isPresent() ? newId(sql) : id;
  }
}
