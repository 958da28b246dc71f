package lib.server.db;

import module java.base;
import com.fasterxml.jackson.databind.JsonNode;
import java.sql.ResultSet;
import java.sql.SQLException;
import lib.protocol.Task;
import lib.server.http.ApiError;
import lib.store.Sql;

/** Codebases as rows. Statements only; the caller has the transaction. */
public final class CodebaseTable {
  private CodebaseTable() {}

  /** One codebase. @param owner the worker that has it, or null @param config the agent's settings, a JSON object */
  public record Codebase(String id, String name, String path, String description, JsonNode config, String owner,
      String registeredAt, String updatedAt) {}

  /** Adds the codebase or replaces it. */
  public static void put(Sql sql, Codebase c) throws SQLException {
    sql.update("""
        INSERT INTO codebases (id, name, path, description, agent_config, worker_id, registered_at, updated_at)
        VALUES (?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT (id) DO UPDATE SET name = excluded.name,
        description = excluded.description, agent_config = excluded.agent_config, worker_id = excluded.worker_id,
        updated_at = excluded.updated_at""", c.id, c.name, c.path, c.description, c.config, c.owner, c.registeredAt, c.updatedAt);
  }

  public static Optional<Codebase> find(Sql sql, String id) throws SQLException {
    return sql.first("SELECT * FROM codebases WHERE id = ?", CodebaseTable::read, id);
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

  public static List<Codebase> all(Sql sql) throws SQLException {
    return sql.list("SELECT * FROM codebases ORDER BY name, path", CodebaseTable::read);
  }

  public static int count(Sql sql) throws SQLException {
    return sql.first("SELECT COUNT(*) FROM codebases", row -> row.getInt(1)).orElseThrow();
  }

  public static List<Codebase> withPath(Sql sql, String path) throws SQLException {
    return sql.list("SELECT * FROM codebases WHERE path = ?", CodebaseTable::read, path);
  }

  /** The ids of those that the worker has. */
  public static List<String> of(Sql sql, String worker) throws SQLException {
    return sql.list("SELECT id FROM codebases WHERE worker_id = ? ORDER BY name, path", row -> row.getString(1), worker);
  }

  /** The worker that has the codebase; empty when none has, or there is no such codebase. */
  public static Optional<String> owner(Sql sql, String id) throws SQLException {
    return sql.first("SELECT worker_id FROM codebases WHERE id = ? AND worker_id IS NOT NULL", row -> row.getString(1), id);
  }

  /** Takes all of its codebases from a worker. */
  public static void release(Sql sql, String worker, String now) throws SQLException {
    sql.update("UPDATE codebases SET worker_id = NULL, updated_at = ? WHERE worker_id = ?", now, worker);
  }

  /** @return how many there were, 0 or 1 */
  public static int delete(Sql sql, String id) throws SQLException {
    return sql.update("DELETE FROM codebases WHERE id = ?", id);
  }

  private static Codebase read(ResultSet row) throws SQLException {
    return new Codebase(row.getString("id"), row.getString("name"), row.getString("path"), row.getString("description"),
        JsonColumn.read(row.getString("agent_config")), row.getString("worker_id"), row.getString("registered_at"), row.getString("updated_at"));
  }
}
