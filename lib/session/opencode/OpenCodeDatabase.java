package lib.session.opencode;

import module java.base;
import com.fasterxml.jackson.core.JsonProcessingException;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import lib.core.Json;
import lib.session.Message;
import lib.session.Session;
import lib.session.SessionSource;
import lib.session.files.ForeignDatabase;
import lib.session.opencode.OpenCodeFormat.Piece;

/**
 * One of OpenCode's databases, from 1.2 on, measured on 1.2.1 and 1.18.33. It reads the tables {@code session}, {@code message}
 * and {@code part}, and columns that every version has; other tables hold logins. A session's row can be read only when there is a table of them.
 */
final class OpenCodeDatabase implements SessionSource {
  private static final String SESSIONS = """
      SELECT id, project_id, directory, title, version, summary_additions, summary_deletions, summary_files, time_created,
        time_updated, (SELECT count(*) FROM message WHERE session_id = session.id) AS messages
      FROM session WHERE parent_id IS NULL""";

  private final ForeignDatabase database;

  /** Reads a file that need not exist. */
  OpenCodeDatabase(Path file) {
    this.database = new ForeignDatabase(file);
  }

  /** Whether OpenCode has begun to use it. */
  boolean hasSessions() throws IOException {
    return !read(connection -> rows(connection, "SELECT 1 FROM sqlite_master WHERE type = 'table' AND name = 'session'", row -> 1)).isEmpty();
  }

  @Override
  public List<Session> sessions(String id) throws IOException {
    return read(connection -> id == null ? rows(connection, SESSIONS, OpenCodeDatabase::session)
        : rows(connection, SESSIONS + " AND id = ?", OpenCodeDatabase::session, id));
  }

  @Override
  public List<Message> messages(Session session, int max) throws IOException {
    return read(connection -> OpenCodeFormat.messages(
        pieces(connection, "message WHERE session_id = ? ORDER BY time_created DESC, id DESC LIMIT ?", session.id(), max),
        message -> pieces(connection, "part WHERE message_id = ? ORDER BY time_created, id", message.id())));
  }

  @Override
  public void release() throws IOException {
    database.release();
  }

  private <T> List<T> read(ForeignDatabase.Query<List<T>> query) throws IOException {
    return database.read(query).orElse(List.of());
  }

  private static Session session(ResultSet row) throws SQLException {
    var json = Json.object().put("id", row.getString("id")).put("directory", row.getString("directory"))
        .put("title", row.getString("title")).put("projectID", row.getString("project_id")).put("version", row.getString("version"));
    var summary = json.putObject("summary");
    for (var name : List.of("additions", "deletions", "files")) {
      var number = row.getLong("summary_" + name);
      if (!row.wasNull()) {
        summary.put(name, number);
      }
    }
    json.putObject("time").put("created", row.getLong("time_created")).put("updated", row.getLong("time_updated"));
    return OpenCodeFormat.session(json, row.getInt("messages"));
  }

  /** Rows that are too large or no JSON are left out. */
  private static List<Piece> pieces(Connection connection, String from, Object... values) throws SQLException {
    var text = "SELECT id, CASE WHEN length(CAST(data AS BLOB)) <= " + OpenCodeFormat.MAX_PIECE + " THEN data END FROM " + from;
    return rows(connection, text, OpenCodeDatabase::piece, values);
  }

  private static Piece piece(ResultSet row) throws SQLException {
    var data = row.getString(2);
    try {
      return data == null ? null : new Piece(row.getString(1), Json.read(data), data.length());
    } catch (JsonProcessingException e) {
      return null; // not OpenCode's
    }
  }

  private interface Row<T> {
    /** Null for a row to leave out. */
    T of(ResultSet row) throws SQLException;
  }

  private static <T> List<T> rows(Connection connection, String text, Row<T> read, Object... values) throws SQLException {
    try (var statement = connection.prepareStatement(text)) {
      for (var n = 0; n < values.length; n++) {
        statement.setObject(n + 1, values[n]);
      }
      try (var answer = statement.executeQuery()) {
        var rows = new ArrayList<T>();
        while (answer.next()) {
          rows.add(read.of(answer));
        }
        rows.removeIf(Objects::isNull);
        return rows;
      }
    }
  }
}
