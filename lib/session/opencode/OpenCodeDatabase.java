package lib.session.opencode;

import module java.base;
import com.fasterxml.jackson.core.JsonProcessingException;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import lib.core.Json;
import lib.session.Message;
import lib.session.Session;
import lib.session.files.ForeignDatabase;
import lib.session.opencode.OpenCodeFormat.Piece;

/**
 * One of OpenCode's databases, from 1.2 on, measured on 1.2.1 and 1.18.33. It reads the tables {@code session}, {@code message}
 * and {@code part}, and columns that every version has; other tables hold logins. Every answer is empty as long as there is no
 * table of sessions.
 */
final class OpenCodeDatabase {
  private static final String SESSIONS = """
      SELECT id, project_id, directory, title, version, summary_additions, summary_deletions, summary_files, time_created,
        time_updated, (SELECT count(*) FROM message WHERE session_id = session.id) AS messages
      FROM session WHERE parent_id IS NULL""";

  private final ForeignDatabase database;

  /** Reads a file that need not exist. */
  OpenCodeDatabase(Path file) {
    this.database = new ForeignDatabase(file);
  }

  Optional<List<Session>> sessions() throws IOException {
    return read(connection -> sessions(connection, SESSIONS));
  }

  /** The session of this id: an empty list when there is none. */
  Optional<List<Session>> session(String id) throws IOException {
    return read(connection -> sessions(connection, SESSIONS + " AND id = ?", id));
  }

  /** The newest messages of a session, oldest first; an empty list when there is no such session. */
  Optional<List<Message>> messages(String session, int max) throws IOException {
    return read(connection -> messages(connection, session, max));
  }

  void release() throws IOException {
    database.release();
  }

  private <T> Optional<T> read(ForeignDatabase.Query<T> query) throws IOException {
    return database.read(connection -> rows(connection, "SELECT 1 FROM sqlite_master WHERE type = 'table' AND name = 'session'", row -> 1)
        .isEmpty() ? null : query.run(connection));
  }

  private static List<Session> sessions(Connection connection, String text, Object... values) throws SQLException {
    return rows(connection, text, OpenCodeDatabase::session, values).stream().flatMap(Optional::stream).toList();
  }

  private static Optional<Session> session(ResultSet row) throws SQLException {
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

  private static List<Message> messages(Connection connection, String session, int max) throws SQLException {
    return OpenCodeFormat.messages(
        pieces(connection, "message WHERE session_id = ? ORDER BY time_created DESC, id DESC LIMIT ?", session, max),
        message -> pieces(connection, "part WHERE message_id = ? ORDER BY time_created, id", message.id()));
  }

  /** Rows that are too large or no JSON are left out. */
  private static List<Piece> pieces(Connection connection, String from, Object... values) throws SQLException {
    var text = "SELECT id, CASE WHEN length(CAST(data AS BLOB)) <= " + OpenCodeFormat.MAX_PIECE + " THEN data END FROM " + from;
    return rows(connection, text, OpenCodeDatabase::piece, values).stream().flatMap(Optional::stream).toList();
  }

  private static Optional<Piece> piece(ResultSet row) throws SQLException {
    var data = row.getString(2);
    try {
      return data == null ? Optional.empty() : Optional.of(new Piece(row.getString(1), Json.read(data), data.length()));
    } catch (JsonProcessingException e) {
      return Optional.empty(); // not OpenCode's
    }
  }

  private interface Row<T> {
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
        return rows;
      }
    }
  }
}
