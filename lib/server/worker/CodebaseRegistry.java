package lib.server.worker;

import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.ArrayDeque;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.UUID;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Predicate;
import lib.protocol.Task;
import lib.server.db.IncreasingTime;
import lib.server.db.SessionTable;
import lib.server.http.ApiError;
import lib.store.Database.Sync;
import lib.store.Database;
import lib.store.DatabaseException;
import lib.store.Sql;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** The registered codebases: in memory for every decision, in the database for the next start. Thread-safe. */
public final class CodebaseRegistry {
  private static final Logger LOG = LoggerFactory.getLogger(CodebaseRegistry.class);

  /** One codebase. @param owner the worker that has it, or null; @param config the agent's settings, a JSON object */
  public record Codebase(String id, String name, String path, String description, String config, String owner,
      String registeredAt, String updatedAt, String lastTriggered) {}

  private final Database database;
  private final IncreasingTime stamps;
  private final Map<String, Codebase> codebases = new ConcurrentHashMap<>();

  public CodebaseRegistry(Database database, IncreasingTime stamps) throws DatabaseException {
    this.database = database;
    this.stamps = stamps;
    database.read(sql -> sql.list("SELECT * FROM codebases", CodebaseRegistry::read)).forEach(b -> codebases.put(b.id, b));
  }

  /**
   * A worker says that it has a folder. A path that this worker, nobody, or a worker that is gone had before keeps its
   * id; where another living worker has the same path, it is another machine's folder and gets an id of its own.
   */
  public Codebase register(String name, String path, String description, String config, String worker, Predicate<String> alive)
      throws DatabaseException, InterruptedException {
    var saved = database.write(Sync.POWER, sql -> {
      var before = sql.list("SELECT * FROM codebases WHERE path = ?", CodebaseRegistry::read, path).stream()
          .filter(b -> b.owner == null || b.owner.equals(worker) || !alive.test(b.owner))
          .max(Comparator.comparing((Codebase b) -> worker.equals(b.owner)).thenComparing(Codebase::updatedAt));
      var now = stamps.next();
      var codebase = new Codebase(before.map(Codebase::id).orElseGet(this::newId), name, path, description, config,
          worker, before.map(Codebase::registeredAt).orElse(now), now, before.map(Codebase::lastTriggered).orElse(null));
      sql.update("""
          INSERT INTO codebases (id, name, path, description, agent_config, worker_id, registered_at, updated_at, last_triggered)
          VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT (id) DO UPDATE SET name = excluded.name,
          description = excluded.description, agent_config = excluded.agent_config, worker_id = excluded.worker_id,
          updated_at = excluded.updated_at""", codebase.id, name, path, description, config, worker,
          codebase.registeredAt, now, codebase.lastTriggered);
      return codebase;
    });
    if (!worker.equals(owner(saved.id))) {
      LOG.info("codebase registered id={} worker={}", saved.id, worker);
    }
    reload(saved.id);
    return saved;
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

  public Optional<Codebase> find(String id) {
    return Optional.ofNullable(codebases.get(id));
  }

  /** @throws ApiError when there is none with this id */
  public Codebase get(String id) {
    return find(id).orElseThrow(CodebaseRegistry::unknown);
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

  /** The worker that has it, or null. */
  public String owner(String id) {
    return find(id).map(Codebase::owner).orElse(null);
  }

  public List<Codebase> all() {
    return codebases.values().stream().sorted(Comparator.comparing(Codebase::name).thenComparing(Codebase::path)).toList();
  }

  public List<Codebase> of(String worker) {
    return all().stream().filter(b -> worker.equals(b.owner)).toList();
  }

  public void delete(String id) throws DatabaseException, InterruptedException {
    get(id);
    database.write(Sync.POWER, sql -> {
      SessionTable.drop(sql, id);
      return sql.update("DELETE FROM codebases WHERE id = ?", id);
    });
    reload(id);
    LOG.info("codebase deleted id={}", id);
  }

  /** Releases the codebases of a worker that has unregistered: the next one that registers the path gets the id. */
  public void releaseFrom(String worker) throws DatabaseException, InterruptedException {
    database.write(Sync.POWER, sql ->
        sql.update("UPDATE codebases SET worker_id = NULL, updated_at = ? WHERE worker_id = ?", stamps.next(), worker));
    for (var codebase : of(worker)) {
      reload(codebase.id);
    }
  }

  public void markTriggered(String id) throws DatabaseException, InterruptedException {
    var now = stamps.next();
    database.write(Sync.PROCESS, sql ->
        sql.update("UPDATE codebases SET last_triggered = ?, updated_at = ? WHERE id = ?", now, now, id));
    reload(id);
  }

  /** Takes the row into memory after a commit. One at a time, so that the last one has seen every commit before it. */
  private synchronized void reload(String id) throws DatabaseException {
    database.read(sql -> sql.first("SELECT * FROM codebases WHERE id = ?", CodebaseRegistry::read, id))
        .ifPresentOrElse(codebase -> codebases.put(id, codebase), () -> codebases.remove(id));
  }

  /** Eight hexadecimal digits, as other servers make them. */
  private String newId() {
    var id = UUID.randomUUID().toString().substring(0, 8);
    return codebases.containsKey(id) ? newId() : id;
  }

  private static Codebase read(ResultSet row) throws SQLException {
    return new Codebase(row.getString("id"), row.getString("name"), row.getString("path"), row.getString("description"),
        row.getString("agent_config"), row.getString("worker_id"), row.getString("registered_at"),
        row.getString("updated_at"), row.getString("last_triggered"));
  }
}
