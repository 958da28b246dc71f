package lib.session.files;

import module java.base;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.SQLException;
import lib.store.NativeLibrary;
import org.sqlite.SQLiteConfig;
import org.sqlite.SQLiteErrorCode;
import org.sqlite.SQLiteException;

/**
 * Reads another program's SQLite database while that program writes it. The database is never written, and nothing is made
 * beside it that could lock its owner out. Each read opens and closes it, so that no lock or checkpoint waits. For one thread
 * at a time.
 */
public final class ForeignDatabase {
  private static final int BUSY_MILLIS = 5_000;
  private static final int MAX_TRIES = 3; // each takes milliseconds; a writer without a pause is read at the next pass
  private static final long MAX_COPY = 1L << 30; // bytes; the temporary folder may be memory

  /** Reads from the open database. */
  public interface Query<T> {
    T run(Connection connection) throws SQLException;
  }

  /** The database and its log; null for what is not there. */
  private record Stamps(FileStamp database, FileStamp log) {}

  private final Path file;
  private final BooleanSupplier isOwner;
  private Path copy; // of this pass; null for none

  /** Reads a file that need not exist. */
  public ForeignDatabase(Path file) {
    this(file, () -> isOwner(file));
  }

  /** @param isOwner whether we are the database's owner or root */
  public ForeignDatabase(Path file, BooleanSupplier isOwner) {
    this.file = file;
    this.isOwner = isOwner;
  }

  /**
   * Runs a query; empty when there is no database yet. A copy serves all queries until {@link #release}.
   *
   * @throws IOException when it may not be read, is no database, or is written without a pause
   */
  public <T> Optional<T> read(Query<T> query) throws IOException {
    var before = stamps();
    if (before.database == null) {
      return Optional.empty();
    }
    if (!Files.isReadable(file)) {
      throw new AccessDeniedException(file.toString());
    }
    try {
      if (copy == null && (isOwner.getAsBoolean() || before.log != null && Files.exists(beside(real(), "-shm")))) {
        try {
          return Optional.of(run(real(), "mode=ro", query));
        } catch (SQLiteException e) {
          if (code(e) != SQLiteErrorCode.SQLITE_CANTOPEN && code(e) != SQLiteErrorCode.SQLITE_READONLY) {
            throw e;
          }
        }
      }
      return Optional.of(aside(query)); // the folder is read-only even for its owner, or the files are somebody else's
    } catch (SQLException e) {
      if (e instanceof SQLiteException lite && code(lite) == SQLiteErrorCode.SQLITE_CANTOPEN) {
        return Optional.empty(); // its program is making it
      }
      throw new IOException(file + " cannot be read: " + e.getMessage(), e);
    }
  }

  /**
   * Reads without making the log's index, which would belong to us and lock its owner out: a copy of the database and its log, or
   * the database alone when it has no log, as {@code immutable=1}. Measured with SQLite 3.40 and 3.54.
   */
  private <T> T aside(Query<T> query) throws SQLException, IOException {
    for (var n = 0; n < MAX_TRIES; n++) {
      var before = stamps();
      if (copy != null || before.log != null && copy(before)) {
        return run(copy, "mode=ro", query);
      }
      if (before.log == null) {
        try {
          var result = run(real(), "mode=ro&immutable=1", query);
          if (before.equals(stamps())) {
            return result;
          }
        } catch (SQLException e) {
          if (before.equals(stamps())) {
            throw e;
          }
        }
      }
    }
    throw new IOException(file + " was written during each try");
  }

  /** Deletes the copy, so that the next query sees the database as it is then. */
  public void release() throws IOException {
    if (copy != null) {
      for (var end : List.of("-shm", "-wal", "")) {
        Files.deleteIfExists(beside(copy, end));
      }
      Files.deleteIfExists(copy.getParent());
      copy = null;
    }
  }

  /** @throws IOException for a folder in its place, which says nothing about sessions */
  private Stamps stamps() throws IOException {
    var real = real();
    if (Files.isDirectory(real)) {
      throw new IOException("the database " + file + " is a folder");
    }
    return new Stamps(FileStamp.of(real).filter(stamp -> stamp.size() > 0).orElse(null), FileStamp.of(beside(real, "-wal")).orElse(null));
  }

  /** Returns whether a copy of one moment could be made. */
  private boolean copy(Stamps before) throws IOException {
    if (before.database != null && before.database.size() + before.log.size() > MAX_COPY) {
      throw new IOException(file + " can only be read as a copy, and is too large for one; let this user write its folder");
    }
    copy = Files.createTempDirectory("sessions").resolve("copy.db"); // 0700
    var isWhole = false;
    try {
      Files.copy(real(), copy);
      Files.copy(beside(real(), "-wal"), beside(copy, "-wal"));
      isWhole = before.equals(stamps());
    } catch (NoSuchFileException e) {
      return false; // its program closed it
    } finally {
      if (!isWhole) {
        release();
      }
    }
    return isWhole;
  }

  private static <T> T run(Path database, String how, Query<T> query) throws SQLException {
    var config = new SQLiteConfig();
    config.setReadOnly(true);
    config.setBusyTimeout(BUSY_MILLIS);
    NativeLibrary.require();
    try (var connection = DriverManager.getConnection("jdbc:sqlite:" + database.toUri() + "?" + how, config.toProperties())) {
      connection.setAutoCommit(false); // all statements of a query see one state
      return query.run(connection);
    }
  }

  private static boolean isOwner(Path file) {
    var user = System.getProperty("user.name");
    try {
      return "root".equals(user) || Files.getOwner(file).getName().equals(user);
    } catch (IOException | UnsupportedOperationException e) {
      return false; // the careful mode is right for everybody
    }
  }

  private static SQLiteErrorCode code(SQLiteException e) {
    return SQLiteErrorCode.getErrorCode(e.getResultCode().code & 0xff);
  }

  /** A database can be a link, and its log lies beside the real file. */
  private Path real() {
    try {
      return file.toRealPath();
    } catch (IOException e) {
      return file;
    }
  }

  private static Path beside(Path file, String end) {
    return file.resolveSibling(file.getFileName() + end);
  }
}
