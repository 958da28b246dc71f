package lib.session;

import java.io.IOException;
import java.nio.file.AccessDeniedException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.function.BooleanSupplier;
import org.sqlite.SQLiteConfig;
import org.sqlite.SQLiteErrorCode;
import org.sqlite.SQLiteException;

/**
 * Another program's SQLite database, read while that program writes it. Each look opens it anew, read-only, and closes it, so
 * that it keeps no lock and no checkpoint back. It is never written, and nothing is laid beside it where that could shut its
 * owner out.
 */
public final class BorrowedDatabase {
  private static final int BUSY_MILLIS = 5_000;
  private static final int TRIES = 3; // each some milliseconds; a writer that never rests is met at the next look
  private static final long LARGEST_COPY = 1L << 30;

  /** How it can be opened. */
  public enum Way {
    /** With {@code mode=ro}: SQLite reads the log beside it, and lays its index there when that is missing. */
    PLAIN,
    /** A copy of the database and its log, in a folder of our own. */
    COPY,
    /** With {@code immutable=1}: nothing beside it is looked at or made. */
    IMMUTABLE
  }

  /** What is asked of the open database. */
  public interface Look<T> {
    T at(Connection connection) throws SQLException;
  }

  /** What lies there; null for a file that does not. */
  record Present(Stamp db, Stamp wal, Stamp shm) {
    /** Without the index, which every reader touches. */
    boolean same(Present other) {
      return other != null && db.equals(other.db) && Objects.equals(wal, other.wal);
    }
  }

  private final Path file;
  private final BooleanSupplier own;

  /** Over a file that need not be there. */
  BorrowedDatabase(Path file) {
    this(file, () -> own(file));
  }

  /** @param own whether we are the database's owner or root */
  public BorrowedDatabase(Path file, BooleanSupplier own) {
    this.file = file;
    this.own = own;
  }

  /**
   * The rule. Others may read along where log and index are there; without the index they could only make one, and a
   * database that was closed for good they could only open by making both. All of it was measured with SQLite 3.40 and 3.54.
   *
   * @param own whether we are the database's owner or root, whose files SQLite gives to the owner
   */
  public static Way way(boolean wal, boolean shm, boolean own) {
    return own || wal && shm ? Way.PLAIN : wal ? Way.COPY : Way.IMMUTABLE;
  }

  /**
   * What lies there now; empty when there is no database, or an empty one.
   *
   * @throws IOException for a folder in its place: nobody has sessions in none
   */
  Optional<Present> files() throws IOException {
    var real = real();
    if (Files.isDirectory(real)) {
      throw new IOException("the database " + file + " is a folder");
    }
    return Stamp.ofFile(real).filter(stamp -> stamp.size() > 0)
        .map(stamp -> new Present(stamp, Stamp.ofFile(beside(real, "-wal")).orElse(null), Stamp.ofFile(beside(real, "-shm")).orElse(null)));
  }

  /**
   * Looks at it; empty when there is none yet.
   *
   * @throws IOException when it may not be read, is no database, or is written without a pause
   */
  public <T> Optional<T> read(Look<T> look) throws IOException {
    for (var n = 0; n < TRIES; n++) {
      var before = files().orElse(null);
      if (before == null) {
        return Optional.empty();
      }
      if (!Files.isReadable(file)) {
        throw new AccessDeniedException(file.toString());
      }
      var way = way(before.wal != null, before.shm != null, own.getAsBoolean());
      try {
        T seen;
        try {
          seen = open(way, look);
        } catch (SQLiteException e) {
          if (way != Way.PLAIN || !shutOut(e)) {
            throw e;
          }
          way = before.wal != null ? Way.COPY : Way.IMMUTABLE; // the folder is read-only even for its owner
          seen = open(way, look);
        }
        if (way == Way.PLAIN || before.same(files().orElse(null))) {
          return Optional.ofNullable(seen);
        }
      } catch (SQLiteException e) {
        if (code(e) == SQLiteErrorCode.SQLITE_CANTOPEN) {
          return Optional.empty(); // it is being made
        }
        if (way == Way.PLAIN || before.same(files().orElse(null))) {
          throw new IOException(file + " cannot be read: " + e.getMessage(), e);
        }
      } catch (SQLException e) {
        throw new IOException(file + " cannot be read: " + e.getMessage(), e);
      } catch (NoSuchFileException e) {
        continue; // its log went while it was copied
      }
    }
    throw new IOException(file + " was written each time it was looked at");
  }

  private <T> T open(Way way, Look<T> look) throws SQLException, IOException {
    return switch (way) {
      case PLAIN -> connected(real(), "mode=ro", look);
      case IMMUTABLE -> connected(real(), "mode=ro&immutable=1", look);
      case COPY -> copied(look);
    };
  }

  private <T> T copied(Look<T> look) throws SQLException, IOException {
    var real = real();
    var wal = beside(real, "-wal");
    if (Files.size(real) + Files.size(wal) > LARGEST_COPY) {
      throw new IOException(file + " can only be read as a copy, and is too large for one; let this user write its folder");
    }
    var folder = Files.createTempDirectory("sessions"); // 0700
    var copy = folder.resolve("copy.db");
    try {
      Files.copy(real, copy, StandardCopyOption.REPLACE_EXISTING);
      Files.copy(wal, beside(copy, "-wal"), StandardCopyOption.REPLACE_EXISTING);
      return connected(copy, "mode=ro", look);
    } finally {
      for (var end : List.of("-shm", "-wal", "")) {
        Files.deleteIfExists(beside(copy, end));
      }
      Files.delete(folder);
    }
  }

  private static <T> T connected(Path db, String how, Look<T> look) throws SQLException {
    var config = new SQLiteConfig();
    config.setReadOnly(true);
    config.setBusyTimeout(BUSY_MILLIS);
    try (var connection = DriverManager.getConnection("jdbc:sqlite:" + db.toUri() + "?" + how, config.toProperties())) {
      connection.setAutoCommit(false); // all statements of a look see one state
      return look.at(connection);
    }
  }

  private static boolean own(Path file) {
    var user = System.getProperty("user.name");
    try {
      return "root".equals(user) || Files.getOwner(file).getName().equals(user);
    } catch (IOException | UnsupportedOperationException e) {
      return false; // the careful way is right for everybody
    }
  }

  private static boolean shutOut(SQLiteException e) {
    return switch (code(e)) {
      case SQLITE_CANTOPEN, SQLITE_READONLY -> true;
      default -> false;
    };
  }

  private static SQLiteErrorCode code(SQLiteException e) {
    return SQLiteErrorCode.getErrorCode(e.getResultCode().code & 0xff);
  }

  /** A database can be a link, and its log lies beside what the link names. */
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
