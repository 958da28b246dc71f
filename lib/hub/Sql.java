package lib.hub;

import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/** Statements with their values, in the SQL that SQLite and PostgreSQL share. */
final class Sql {
  private Sql() {}

  /** Reads the row that the cursor is on. */
  interface Row<T> {
    T read(ResultSet row) throws SQLException;
  }

  /** Runs a statement and says how many rows it changed. */
  static int run(Connection connection, String sql, Object... values) throws SQLException {
    try (var statement = prepare(connection, sql, values)) {
      return statement.executeUpdate();
    }
  }

  static <T> List<T> list(Connection connection, String sql, Row<T> row, Object... values) throws SQLException {
    var all = new ArrayList<T>();
    walk(connection, sql, r -> all.add(row.read(r)), values);
    return all;
  }

  static <T> Optional<T> first(Connection connection, String sql, Row<T> row, Object... values) throws SQLException {
    var all = new ArrayList<T>(1);
    walk(connection, sql, r -> {
      all.add(row.read(r));
      return false;
    }, values);
    return all.stream().findFirst();
  }

  /** Goes through the rows until one says false. */
  static void walk(Connection connection, String sql, Row<Boolean> goOn, Object... values) throws SQLException {
    try (var statement = prepare(connection, sql, values); var rows = statement.executeQuery()) {
      while (rows.next() && goOn.read(rows)) {
        continue;
      }
    }
  }

  private static PreparedStatement prepare(Connection connection, String sql, Object... values) throws SQLException {
    var statement = connection.prepareStatement(sql);
    try {
      for (var i = 0; i < values.length; i++) {
        statement.setObject(i + 1, values[i]);
      }
      return statement;
    } catch (SQLException e) {
      statement.close();
      throw e;
    }
  }
}
