package lib.server.db;

import module java.base;
import com.fasterxml.jackson.databind.JsonNode;
import java.sql.ResultSet;
import java.sql.SQLException;
import lib.core.Json;
import lib.server.rules.Eligibility.Candidate;
import lib.store.Sql;

/** Registered workers as rows. Statements only; the caller has the transaction. */
public final class WorkerTable {
  private WorkerTable() {}

  /** A worker as it registered. @param codebases the ids it said it has @param lastSeen as of its last heartbeat */
  public record Worker(String id, String name, String host, List<String> capabilities, JsonNode models, List<String> codebases,
      String globalId, String registeredAt, String lastSeen) {}

  /** Adds the worker or replaces what was known of it. */
  public static void put(Sql sql, Worker w) throws SQLException {
    sql.update("""
        INSERT INTO workers (id, name, hostname, capabilities, models, codebases, global_codebase_id, registered_at, last_seen)
        VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT (id) DO UPDATE SET name = excluded.name,
        hostname = excluded.hostname, capabilities = excluded.capabilities, models = excluded.models,
        codebases = excluded.codebases, global_codebase_id = excluded.global_codebase_id,
        registered_at = excluded.registered_at, last_seen = excluded.last_seen""", w.id, w.name, w.host,
        Json.array(w.capabilities), w.models, Json.array(w.codebases), w.globalId, w.registeredAt, w.lastSeen);
  }

  public static Optional<Worker> find(Sql sql, String id) throws SQLException {
    return sql.first("SELECT * FROM workers WHERE id = ?", WorkerTable::read, id);
  }

  public static List<Worker> all(Sql sql) throws SQLException {
    return sql.list("SELECT * FROM workers ORDER BY registered_at", WorkerTable::read);
  }

  /** The worker as routing sees it, by its name for want of a role. */
  public static Optional<Candidate> candidate(Sql sql, String id) throws SQLException {
    return sql.first("SELECT name, capabilities, codebases FROM workers WHERE id = ?", row ->
        new Candidate(id, row.getString(1), Set.copyOf(texts(row.getString(2))), Set.copyOf(texts(row.getString(3)))), id);
  }

  /** When each worker was last seen, by id. */
  public static Map<String, String> lastSeen(Sql sql) throws SQLException {
    var times = new HashMap<String, String>();
    sql.walk("SELECT id, last_seen FROM workers", row -> times.put(row.getString(1), row.getString(2)) == null);
    return times;
  }

  public static void setLastSeen(Sql sql, String id, String stamp) throws SQLException {
    sql.update("UPDATE workers SET last_seen = ? WHERE id = ?", stamp, id);
  }

  public static void delete(Sql sql, String id) throws SQLException {
    sql.update("DELETE FROM workers WHERE id = ?", id);
  }

  /** How many tasks each worker has completed. */
  public static Map<String, Integer> completed(Sql sql) throws SQLException {
    var counts = new HashMap<String, Integer>();
    sql.walk("SELECT worker_id, COUNT(*) FROM tasks WHERE status = 'completed' GROUP BY worker_id", row ->
        counts.put(row.getString(1), row.getInt(2)) == null);
    return counts;
  }

  private static Worker read(ResultSet row) throws SQLException {
    return new Worker(row.getString("id"), row.getString("name"), row.getString("hostname"), texts(row.getString("capabilities")),
        JsonColumn.read(row.getString("models")), texts(row.getString("codebases")), row.getString("global_codebase_id"),
        row.getString("registered_at"), row.getString("last_seen"));
  }

  private static List<String> texts(String array) throws SQLException {
    return JsonColumn.read(array).valueStream().map(JsonNode::asText).toList();
  }
}
