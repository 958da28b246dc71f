package lib.store;

import module java.base;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;

/**
 * Runs statements on one connection. They stay prepared for the next time, since preparing one takes longer than running
 * it. Values are numbers, text or null; of anything else (a path, a time, an enum) its text is taken. Not thread-safe.
 */
public final class Sql {
  private final Connection connection;
  private final Map<String, PreparedStatement> kept = new HashMap<>();

  Sql(Connection connection) {
    this.connection = connection;
  }

  void close() throws SQLException {
    connection.close();
  }

  /** Reads the row that the cursor is on. */
  public interface Row<T> {
    T read(ResultSet row) throws SQLException;
  }

  /** Runs a statement that gives no rows, and says how many it changed. */
  public int update(String text, Object... values) throws SQLException {
    return with(text, values, PreparedStatement::executeUpdate);
  }

  public <T> List<T> list(String text, Row<T> row, Object... values) throws SQLException {
    var all = new ArrayList<T>();
    walk(text, r -> all.add(row.read(r)), values);
    return all;
  }

  public <T> Optional<T> first(String text, Row<T> row, Object... values) throws SQLException {
    var all = new ArrayList<T>(1);
    walk(text, r -> {
      all.add(row.read(r));
      return false;
    }, values);
    return all.stream().findFirst();
  }

  /** Goes through the rows until one says false. */
  public void walk(String text, Row<Boolean> goOn, Object... values) throws SQLException {
    with(text, values, statement -> {
      try (var rows = statement.executeQuery()) {
        while (rows.next() && goOn.read(rows)) {
          continue;
        }
      }
      return null;
    });
  }

  private interface Use<T> {
    T of(PreparedStatement statement) throws SQLException;
  }

  /** A statement in use is not among those kept, so that the same text may run again meanwhile; one that failed is not kept. */
  private <T> T with(String text, Object[] values, Use<T> use) throws SQLException {
    var statement = kept.remove(text);
    if (statement == null) {
      statement = connection.prepareStatement(text);
    }
    var whole = false;
    try {
      for (var i = 0; i < values.length; i++) {
        statement.setObject(i + 1, values[i] == null || values[i] instanceof Number ? values[i] : values[i].toString());
      }
      var result = use.of(statement);
      whole = true;
      return result;
    } finally {
      if (!whole || kept.putIfAbsent(text, statement) != null) {
        statement.close();
      }
    }
  }
}
