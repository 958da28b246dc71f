package lib.server.db;

import module java.base;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.sql.ResultSet;
import java.sql.SQLException;
import lib.core.Json;
import lib.protocol.Timestamps;
import lib.server.http.ApiRequest;
import lib.server.http.JsonBody;
import lib.store.Sql;

/**
 * Sessions and their messages as rows and as the JSON that clients see. Each worker's row of a session is its own;
 * readers see the newest of them. Statements only; the caller has the transaction.
 */
public final class SessionTable {
  /** Of one answer: clients refuse more than 64 MiB, and a session or a message may have 1 MiB. */
  private static final long MAX_LIST_CHARS = 8L << 20;
  private static final int MAX_SHORT = 4096; // characters of a field that stays when a list is full: as long as a path can be
  private static final List<String> KEPT = List.of("id", "title", "project_id", "directory", "version", "messageCount", "agent_kind", "created",
      "created_at", "updated", "updated_at", "codebase_id", "workspace_id", "worker_id", "synced_at");
  private static final String NEWEST = """
      FROM sessions s WHERE s.codebase_id = ? AND NOT EXISTS (SELECT 1 FROM sessions o WHERE o.codebase_id = s.codebase_id
      AND o.id = s.id AND (o.updated > s.updated OR (o.updated = s.updated AND o.synced_at > s.synced_at)))""";
  private static final String ROW = "SELECT s.codebase_id, s.worker_id, s.created, s.updated, s.synced_at, s.session ";
  private static final String MESSAGES = " FROM messages WHERE codebase_id = ? AND session_id = ? AND worker_id = ?";

  private static final String ABANDONED = " synced_at < ? AND worker_id NOT IN (SELECT id FROM workers WHERE last_seen >= ?)";

  private SessionTable() {}

  /** A worker's session. */
  public record Key(String codebase, String session, String worker) {}

  // --- writing

  /** Replaces what the worker has uploaded of the codebase's sessions, by id; there may be none. */
  public static void replace(Sql sql, String codebase, String worker, Map<String, ObjectNode> sessions, String now) throws SQLException {
    sql.update("INSERT INTO session_lists (codebase_id, worker_id, synced_at) VALUES (?, ?, ?) "
        + "ON CONFLICT (codebase_id, worker_id) DO UPDATE SET synced_at = excluded.synced_at", codebase, worker, now);
    for (var session : sessions.entrySet()) {
      put(sql, new Key(codebase, session.getKey(), worker), session.getValue(), now);
    }
    sql.update("DELETE FROM sessions WHERE codebase_id = ? AND worker_id = ? AND synced_at <> ?", codebase, worker, now);
  }

  /** Adds the session or replaces it; its messages stay. */
  private static void put(Sql sql, Key key, ObjectNode session, String now) throws SQLException {
    var searched = searched(session.path("title").asText("") + "\n" + key.session);
    var created = stamp(session, "created", "created_at");
    var updated = stamp(session, "updated", "updated_at");
    sql.update("""
        INSERT INTO sessions (codebase_id, id, worker_id, created, updated, synced_at, search_text, session)
        VALUES (?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT (codebase_id, id, worker_id) DO UPDATE SET created = excluded.created,
        updated = excluded.updated, synced_at = excluded.synced_at, search_text = excluded.search_text, session = excluded.session""",
        key.codebase, key.session, key.worker, created, updated.isEmpty() ? created : updated, now, searched, session.toString());
  }

  /** Removes all that this worker uploaded of the codebase. */
  public static void removeAll(Sql sql, String codebase, String worker) throws SQLException {
    sql.update("DELETE FROM sessions WHERE codebase_id = ? AND worker_id = ?", codebase, worker);
    sql.update("DELETE FROM session_lists WHERE codebase_id = ? AND worker_id = ?", codebase, worker);
  }

  /** Removes all sessions of a deleted codebase. */
  public static void drop(Sql sql, String codebase) throws SQLException {
    for (var table : List.of("sessions", "session_lists", "resumes")) { // messages go with their sessions
      sql.update("DELETE FROM " + table + " WHERE codebase_id = ?", codebase);
    }
  }

  /** How many sessions belong to workers that were last seen before this time, or have unregistered before it. */
  public static int countAbandoned(Sql sql, String oldest) throws SQLException {
    return sql.first("SELECT COUNT(*) FROM sessions WHERE" + ABANDONED, row -> row.getInt(1), oldest, oldest).orElseThrow();
  }

  /** Removes them. @return how many there were */
  public static int removeAbandoned(Sql sql, String oldest) throws SQLException {
    sql.update("DELETE FROM session_lists WHERE" + ABANDONED, oldest, oldest);
    return sql.update("DELETE FROM sessions WHERE" + ABANDONED, oldest, oldest);
  }

  public static void putMessages(Sql sql, Key key, List<ObjectNode> messages) throws SQLException {
    sql.update("DELETE" + MESSAGES, key.codebase, key.session, key.worker);
    var seq = 0;
    for (var message : messages) {
      sql.update("INSERT INTO messages (codebase_id, session_id, worker_id, seq, message) VALUES (?, ?, ?, ?, ?)",
          key.codebase, key.session, key.worker, seq++, message.toString());
    }
  }

  // --- reading

  /** The workers that have uploaded sessions of the codebase. */
  public static List<String> uploaders(Sql sql, String codebase) throws SQLException {
    return sql.list("SELECT worker_id FROM session_lists WHERE codebase_id = ?", row -> row.getString(1), codebase);
  }

  /** The workers that have the session, whose is newest first. */
  public static List<String> holders(Sql sql, String codebase, String session) throws SQLException {
    return sql.list("SELECT worker_id FROM sessions WHERE codebase_id = ? AND id = ? ORDER BY updated DESC, synced_at DESC",
        row -> row.getString(1), codebase, session);
  }

  /** When a worker last uploaded the codebase's sessions; empty when none has. */
  public static Optional<String> syncedAt(Sql sql, String codebase) throws SQLException {
    return sql.first("SELECT synced_at FROM session_lists WHERE codebase_id = ? ORDER BY synced_at DESC LIMIT 1",
        row -> row.getString(1), codebase);
  }

  /**
   * A page of the codebase's sessions, newest first; those that do not fit into an answer come with their main fields only.
   *
   * @param text what title or id must contain, in upper or lower case; empty for any
   */
  public static ArrayNode page(Sql sql, String codebase, String text, int limit, int offset) throws SQLException {
    var page = Json.MAPPER.createArrayNode();
    var chars = new long[1];
    sql.walk(ROW + NEWEST + " AND s.search_text LIKE ? ESCAPE '!' ORDER BY s.updated DESC, s.id LIMIT ? OFFSET ?", row -> {
      chars[0] += row.getString("session").length();
      page.add(chars[0] <= MAX_LIST_CHARS ? json(row) : shortened(json(row)));
      return true;
    }, codebase, pattern(text), limit, offset);
    return page;
  }

  /** How many there are in all pages. */
  public static int total(Sql sql, String codebase, String text) throws SQLException {
    return sql.first("SELECT COUNT(*) " + NEWEST + " AND s.search_text LIKE ? ESCAPE '!'", row -> row.getInt(1), codebase, pattern(text))
        .orElseThrow();
  }

  public static Optional<ObjectNode> find(Sql sql, String codebase, String session) throws SQLException {
    return sql.first(ROW + NEWEST + " AND s.id = ?", SessionTable::json, codebase, session);
  }

  /** The newest messages, oldest first, as many as are asked for and fit into an answer, at least one. */
  public static ArrayNode messages(Sql sql, Key key, int limit) throws SQLException {
    var newest = new ArrayList<JsonNode>();
    var chars = new long[1];
    sql.walk("SELECT message" + MESSAGES + " ORDER BY seq DESC LIMIT ?", row -> {
      var text = row.getString(1);
      chars[0] += text.length();
      return (chars[0] <= MAX_LIST_CHARS || newest.isEmpty()) && newest.add(JsonColumn.read(text));
    }, key.codebase, key.session, key.worker, limit);
    return Json.MAPPER.createArrayNode().addAll(newest.reversed());
  }

  public static int countMessages(Sql sql, Key key) throws SQLException {
    return sql.first("SELECT COUNT(*)" + MESSAGES, row -> row.getInt(1), key.codebase, key.session, key.worker).orElseThrow();
  }

  private static String pattern(String text) {
    return "%" + searched(text).replaceAll("[!%_]", "!$0") + "%";
  }

  private static String searched(String text) {
    return text.replace('\0', ' ').toLowerCase(Locale.ROOT); // databases differ in case, and PostgreSQL takes no zeros
  }

  /** The time as stored, so that texts sort as times do; empty, and thereby oldest, when the session has none. */
  private static String stamp(ObjectNode session, String field, String other) {
    var own = Timestamps.read(session, field, other);
    return ApiRequest.stamp(own != null ? own : Timestamps.read(session.path("time"), field), "");
  }

  private static ObjectNode json(ResultSet row) throws SQLException {
    var json = (ObjectNode) JsonColumn.read(row.getString("session"));
    for (var time : List.of("created", "updated")) {
      if (!row.getString(time).isEmpty()) {
        json.put(time, row.getString(time)).put(time + "_at", row.getString(time));
      }
    }
    return json.put("codebase_id", row.getString("codebase_id")).put("workspace_id", row.getString("codebase_id"))
        .put("worker_id", row.getString("worker_id")).put("synced_at", row.getString("synced_at"));
  }

  private static ObjectNode shortened(ObjectNode session) {
    session.retain(KEPT).properties().removeIf(field -> !field.getValue().isValueNode());
    session.properties().stream().filter(field -> field.getValue().isTextual()).forEach(field ->
        field.setValue(session.textNode(JsonBody.cut(field.getValue().asText(), MAX_SHORT))));
    return session;
  }
}
