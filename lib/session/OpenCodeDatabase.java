package lib.session;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import lib.core.Clock;
import lib.core.Json;

/**
 * OpenCode's database, versions from 1.2 on (measured on 1.2.1 and 1.18.33): the tables {@code session}, {@code message} and
 * {@code part}, of which only columns are named that every version has. No other table is read: some hold logins. While its
 * files look the same it is not opened at all; otherwise rows are read whose {@code time_updated} has changed. Every answer is
 * empty as long as there is no database with a table of sessions.
 */
final class OpenCodeDatabase {
  private static final long LARGEST_PIECE = 16L << 20;
  private static final long PIECES_KEPT = 32L << 20;
  private static final String SESSION = """
      SELECT id, project_id, directory, title, version, summary_additions, summary_deletions, summary_files, time_created,
        time_updated, (SELECT count(*) FROM message WHERE session_id = session.id) AS messages
      FROM session WHERE id = ? AND parent_id IS NULL""";

  private record Known(Instant updated, boolean settled, Session session) {}

  private record Seen(BorrowedDatabase.Present files, boolean settled, Map<String, Known> sessions) {
    boolean still(BorrowedDatabase.Present now) {
      return settled && files.same(now);
    }
  }

  /** How many rows, when the last one changed, and something that differs when any other did. */
  private record Rows(int number, long latest, long mixed) {}

  private record Piece(long updated, boolean settled, JsonNode json, int bytes) {}

  private final BorrowedDatabase database;
  private final Clock time;
  private final LinkedHashMap<String, Piece> pieces = new LinkedHashMap<>(16, 0.75f, true);
  private long bytes;
  private Seen seen;

  /** Over the file {@code opencode.db}, which need not be there. */
  OpenCodeDatabase(Path file, Clock time) {
    this.database = new BorrowedDatabase(file);
    this.time = time;
  }

  /** All sessions but those of sub-agents. */
  Optional<List<Session>> sessions() throws IOException {
    var files = database.files().orElse(null);
    if (files == null) {
      seen = null;
    } else if (seen == null || !seen.still(files)) {
      var now = time.now();
      var before = seen == null ? Map.<String, Known>of() : seen.sessions;
      var settled = files.db().settled(now) && (files.wal() == null || files.wal().settled(now));
      seen = database.read(connection -> hasSessions(connection) ? read(connection, before, now) : null)
          .map(sessions -> new Seen(files, settled, sessions)).orElse(null);
    }
    return Optional.ofNullable(seen).map(now -> now.sessions.values().stream().map(Known::session)
        .map(session -> OpenCodeForm.counted(session, session.messages())).toList());
  }

  /** The session of this id: an empty list when there is none. */
  Optional<List<Session>> session(String id) throws IOException {
    return database.read(connection -> {
      if (!hasSessions(connection)) {
        return null;
      }
      return rows(connection, SESSION, OpenCodeDatabase::session, id).stream().flatMap(Optional::stream).toList();
    });
  }

  /** The newest messages of a session, oldest first. */
  Optional<List<Message>> messages(String session, int most) throws IOException {
    return database.read(connection -> hasSessions(connection) ? messages(connection, session, most) : null);
  }

  private static boolean hasSessions(Connection connection) throws SQLException {
    return !rows(connection, "SELECT name FROM sqlite_master WHERE type = 'table' AND name = ?", row -> row.getString(1), "session")
        .isEmpty();
  }

  private static Map<String, Known> read(Connection connection, Map<String, Known> before, Instant now) throws SQLException {
    record Changed(String id, Instant updated) {}
    var all = new HashMap<String, Known>();
    for (var row : rows(connection, "SELECT id, time_updated FROM session WHERE parent_id IS NULL",
        r -> new Changed(r.getString(1), instant(r, 2)))) {
      var known = before.get(row.id);
      if (known == null || !known.settled || row.updated == null || !row.updated.equals(known.updated)) {
        // what was written within the clock's last moments may still gain a message under the same time
        var settled = row.updated != null && Duration.between(row.updated, now).abs().compareTo(Stamp.COARSE) > 0;
        known = rows(connection, SESSION, OpenCodeDatabase::session, row.id).stream().flatMap(Optional::stream).findFirst()
            .map(session -> new Known(row.updated, settled, session)).orElse(null);
      }
      if (known != null) {
        all.put(row.id, known);
      }
    }
    return all;
  }

  private static Optional<Session> session(ResultSet row) throws SQLException {
    var folder = OpenCodeForm.folder(row.getString("directory"));
    if (folder == null || !Listing.isName(row.getString("id"))) { // servers refuse a list with an id that is none
      return Optional.empty();
    }
    var summary = Json.object();
    for (var name : List.of("additions", "deletions", "files")) {
      var number = row.getLong("summary_" + name);
      if (!row.wasNull()) {
        summary.put(name, number);
      }
    }
    return Optional.of(new Session(row.getString("id"), OpenCodeForm.KIND, OpenCodeForm.title(row.getString("title")), folder,
        row.getString("project_id"), instant(row, "time_created"), instant(row, "time_updated"), row.getInt("messages"), summary,
        row.getString("version")));
  }

  private List<Message> messages(Connection connection, String session, int most) throws SQLException {
    var messages = new ArrayList<Message>();
    var size = 0L;
    for (var id : rows(connection, "SELECT id FROM message WHERE session_id = ? ORDER BY time_created DESC, id DESC LIMIT ?",
        row -> row.getString(1), session, Math.max(0, most))) {
      var head = pieces(connection, "message", "id", id).stream().findFirst().map(Map.Entry::getValue).orElse(null);
      if (head == null) {
        continue;
      }
      size += head.bytes;
      var parts = new ArrayList<ObjectNode>();
      for (var part : pieces(connection, "part", "message_id", id)) {
        size += part.getValue().bytes;
        parts.add(OpenCodeForm.part(part.getKey(), part.getValue().json));
      }
      if (size > OpenCodeFiles.LARGEST_ANSWER && !messages.isEmpty()) {
        break;
      }
      messages.add(OpenCodeForm.message(id, head.json, parts));
    }
    messages.sort(Comparator.comparing(Message::created, Comparator.nullsFirst(Comparator.naturalOrder())).thenComparing(Message::id));
    return messages;
  }

  /** The rows of a message or of its parts, in order; those that are too large or no JSON are left out. */
  private List<Map.Entry<String, Piece>> pieces(Connection connection, String table, String column, String id) throws SQLException {
    record Changed(String id, long updated) {}
    var all = new ArrayList<Map.Entry<String, Piece>>();
    for (var row : rows(connection, "SELECT id, time_updated FROM " + table + " WHERE " + column + " = ? ORDER BY time_created, id",
        r -> new Changed(r.getString(1), r.getLong(2)), id)) {
      var piece = pieces.get(row.id);
      if (piece == null || !piece.settled || piece.updated != row.updated) {
        var settled = Math.abs(time.now().toEpochMilli() - row.updated) > Stamp.COARSE.toMillis();
        piece = rows(connection, "SELECT data FROM " + table + " WHERE id = ? AND length(CAST(data AS BLOB)) <= ?",
            r -> piece(r.getString(1), row.updated, settled), row.id, LARGEST_PIECE).stream().flatMap(Optional::stream).findFirst()
            .orElse(null);
        keep(row.id, piece);
      }
      if (piece != null) {
        all.add(Map.entry(row.id, piece));
      }
    }
    return all;
  }

  private static Optional<Piece> piece(String data, long updated, boolean settled) {
    try {
      return data == null ? Optional.empty() : Optional.of(new Piece(updated, settled, Json.read(data), data.length()));
    } catch (JsonProcessingException e) {
      return Optional.empty(); // not OpenCode's
    }
  }

  private void keep(String id, Piece piece) {
    var old = pieces.remove(id);
    bytes -= old == null ? 0 : old.bytes;
    if (piece == null) {
      return;
    }
    pieces.put(id, piece);
    bytes += piece.bytes;
    while (bytes > PIECES_KEPT && pieces.size() > 1) {
      bytes -= pieces.pollFirstEntry().getValue().bytes;
    }
  }

  private static Instant instant(ResultSet row, String column) throws SQLException {
    return OpenCodeForm.instant(row.getLong(column));
  }

  private static Instant instant(ResultSet row, int column) throws SQLException {
    return OpenCodeForm.instant(row.getLong(column));
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
