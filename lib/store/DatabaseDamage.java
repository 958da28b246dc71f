package lib.store;

import module java.base;
import java.sql.DriverManager;
import java.sql.SQLException;
import org.sqlite.SQLiteErrorCode;
import org.sqlite.SQLiteException;

/**
 * A database file that cannot be trusted any more: found before it is opened, and set aside.
 *
 * @param why what is wrong with it, for people
 */
public record DatabaseDamage(Path file, String why) {
  /** Checking takes about 1 ms for each MiB; a larger file is checked only when the process before did not close it. */
  private static final long ALWAYS_CHECKED = 4L << 20;
  private static final DateTimeFormatter STAMP = DateTimeFormatter.ofPattern("yyyyMMdd'T'HHmmss'Z'").withZone(ZoneOffset.UTC);

  /**
   * What is wrong with a database file; empty when nothing is, when there is none, or when it may not be read, which opening
   * it will say.
   */
  public static Optional<DatabaseDamage> of(Path file) {
    try {
      var why = Files.isDirectory(file) ? Optional.of("it is a folder") : !Files.isReadable(file) ? Optional.<String>empty()
          : Files.size(file) == 0 ? Optional.of("it is empty") : check(file);
      return why.map(text -> new DatabaseDamage(file, text));
    } catch (IOException e) {
      return Optional.empty();
    }
  }

  private static Optional<String> check(Path file) throws IOException {
    NativeLibrary.require();
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

  /** Whether a failure says that the file itself is broken: its pages make no sense, or it is shorter than they say. */
  static boolean damaged(SQLException e) {
    return Set.of(SQLiteErrorCode.SQLITE_CORRUPT, SQLiteErrorCode.SQLITE_NOTADB).contains(code(e))
        || e instanceof SQLiteException known && known.getResultCode() == SQLiteErrorCode.SQLITE_IOERR_SHORT_READ;
  }

  /** SQLite's main code for a failure. */
  static SQLiteErrorCode code(SQLException e) {
    return e instanceof SQLiteException known ? SQLiteErrorCode.getErrorCode(known.getResultCode().code & 0xff) : SQLiteErrorCode.UNKNOWN_ERROR;
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
}
