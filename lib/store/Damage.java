package lib.store;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.time.Instant;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Collectors;
import org.sqlite.SQLiteErrorCode;
import org.sqlite.SQLiteException;

/**
 * A database file that cannot be trusted any more: found before it is opened, set aside, and read as far as it can be.
 *
 * @param why what is wrong with it, for people
 */
public record Damage(Path file, String why) {
  /** Checking takes about 1 ms for each MiB; a larger file is checked only when the process before did not close it. */
  private static final long ALWAYS_CHECKED = 4L << 20;
  /** Each try that fails is a row or a range of them; a file with more damage than that is given up. */
  private static final int MAX_FAILURES = 20_000;
  private static final long MAX_ROW = 1L << 40; // where the largest number itself cannot be read
  private static final DateTimeFormatter STAMP = DateTimeFormatter.ofPattern("yyyyMMdd'T'HHmmss'Z'").withZone(ZoneOffset.UTC);

  /**
   * What is wrong with a database file; empty when nothing is, when there is none, or when it may not be read, which opening
   * it will say.
   */
  public static Optional<Damage> of(Path file) {
    try {
      if (Files.isDirectory(file)) {
        return Optional.of(new Damage(file, "it is a folder"));
      }
      if (!Files.exists(file) || !Files.isReadable(file)) {
        return Optional.empty();
      }
      if (Files.size(file) == 0) {
        return Optional.of(new Damage(file, "it is empty"));
      }
      return check(file).map(why -> new Damage(file, why));
    } catch (IOException e) {
      return Optional.empty();
    }
  }

  private static Optional<String> check(Path file) throws IOException {
    var unclean = Files.exists(beside(file, "-wal"));
    try (var connection = DriverManager.getConnection("jdbc:sqlite:" + file.toUri()); var statement = connection.createStatement()) {
      statement.execute("PRAGMA busy_timeout=1000");
      statement.executeQuery("PRAGMA user_version").close();
      if (!unclean && Files.size(file) > ALWAYS_CHECKED) {
        return Optional.empty();
      }
      try (var answer = statement.executeQuery("PRAGMA quick_check(1)")) {
        return answer.next() && !answer.getString(1).equals("ok") ? Optional.of(answer.getString(1)) : Optional.empty();
      }
    } catch (SQLException e) {
      return damaged(e) ? Optional.of(e.getMessage()) : Optional.empty();
    }
  }

  private static boolean damaged(SQLException e) {
    return e instanceof SQLiteException known && switch (SQLiteErrorCode.getErrorCode(known.getResultCode().code & 0xff)) {
      case SQLITE_CORRUPT, SQLITE_NOTADB -> true;
      default -> false;
    };
  }

  /** Moves the file out of the way together with what SQLite keeps beside it, and says where to. */
  public Path setAside(Instant now) throws IOException {
    var to = file.resolveSibling(file.getFileName() + ".damaged-" + STAMP.format(now));
    for (var n = 2; Files.exists(to); n++) {
      to = file.resolveSibling(file.getFileName() + ".damaged-" + STAMP.format(now) + "-" + n);
    }
    Files.move(file, to);
    for (var end : List.of("-wal", "-shm")) {
      if (Files.exists(beside(file, end))) {
        Files.move(beside(file, end), beside(to, end));
      }
    }
    return to;
  }

  private static Path beside(Path file, String end) {
    return file.resolveSibling(file.getFileName() + end);
  }

  /**
   * Copies what can still be read into a database that has these tables, empty; rows that it does not take are left out.
   *
   * @param tables parents before children
   * @return the rows saved of each table
   */
  public static Map<String, Integer> save(Path from, Database to, List<String> tables) throws StoreFailed, InterruptedException {
    var saved = new LinkedHashMap<String, Integer>();
    if (!Files.isRegularFile(from)) {
      return saved;
    }
    try (var connection = DriverManager.getConnection("jdbc:sqlite:" + from.toUri()); var statement = connection.createStatement()) {
      statement.execute("PRAGMA writable_schema=ON"); // else a file that is shorter than it says is not read at all
      for (var table : tables) {
        var reader = new Reader(connection, table);
        reader.range(1, reader.last());
        saved.put(table, to.write(Database.Sync.POWER, sql -> insert(sql, table, reader.rows)));
      }
    } catch (SQLException e) {
      return saved; // not a database at all: there is nothing to read
    }
    return saved;
  }

  private static int insert(Sql sql, String table, List<Map<String, Object>> rows) throws SQLException {
    var known = sql.list("SELECT name FROM pragma_table_info('" + table + "')", row -> row.getString(1));
    var saved = 0;
    for (var row : rows) {
      row.keySet().retainAll(known);
      var marks = row.keySet().stream().map(name -> "?").collect(Collectors.joining(", "));
      sql.update("SAVEPOINT row");
      try {
        saved += sql.update("INSERT OR IGNORE INTO " + table + " (" + String.join(", ", row.keySet()) + ") VALUES (" + marks + ")",
            row.values().toArray());
      } catch (SQLException e) { // a child whose parent is lost, or a value that cannot be
        sql.update("ROLLBACK TO row");
      }
      sql.update("RELEASE row");
    }
    return saved;
  }

  /** Reads a table in ranges of row numbers; one that fails is halved until the row that cannot be read is known. */
  private static final class Reader {
    private final Connection connection;
    private final String table;
    private final List<Map<String, Object>> rows = new ArrayList<>();
    private int failures;

    private Reader(Connection connection, String table) {
      this.connection = connection;
      this.table = table;
    }

    private long last() {
      try (var statement = connection.createStatement(); var answer = statement.executeQuery("SELECT MAX(rowid) FROM " + table)) {
        return answer.next() ? answer.getLong(1) : 0;
      } catch (SQLException e) {
        return MAX_ROW;
      }
    }

    private void range(long first, long last) {
      if (first > last || failures > MAX_FAILURES) {
        return;
      }
      var found = new ArrayList<Map<String, Object>>();
      try (var select = connection.prepareStatement("SELECT * FROM " + table + " NOT INDEXED WHERE rowid BETWEEN ? AND ? ORDER BY rowid")) {
        select.setLong(1, first);
        select.setLong(2, last);
        try (var answer = select.executeQuery()) {
          while (answer.next()) {
            var row = new LinkedHashMap<String, Object>();
            for (var column = 1; column <= answer.getMetaData().getColumnCount(); column++) {
              row.put(answer.getMetaData().getColumnName(column), answer.getObject(column));
            }
            found.add(row);
          }
        }
        rows.addAll(found);
      } catch (SQLException e) {
        failures++;
        if (first < last) {
          var middle = first + (last - first) / 2;
          range(first, middle);
          range(middle + 1, last);
        }
      }
    }
  }
}
