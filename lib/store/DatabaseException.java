package lib.store;

import module java.base;
import java.sql.SQLException;
import org.sqlite.SQLiteErrorCode;

/** A database could not do what was asked; nothing of that write has happened. */
public final class DatabaseException extends Exception {
  DatabaseException(String message, Throwable cause) {
    super(message, cause);
  }

  static DatabaseException of(SQLException e) {
    return new DatabaseException(reason(e), e);
  }

  /** Why, in words for people where the cause is known. */
  static String reason(SQLException e) {
    if (DatabaseDamage.damaged(e)) {
      return "it is damaged: " + e.getMessage();
    }
    return switch (DatabaseDamage.code(e)) {
      case SQLITE_FULL -> "the disk is full";
      case SQLITE_READONLY -> "this user may not write it, or the directory it is in";
      case SQLITE_CANTOPEN -> "this user cannot open it, or make the files beside it";
      default -> e.getMessage();
    };
  }

  /** Whether the disk is full or failing, so that it may heal by itself. */
  public boolean disk() {
    return getCause() instanceof SQLException e && !DatabaseDamage.damaged(e) && Set.of(SQLiteErrorCode.SQLITE_FULL, SQLiteErrorCode.SQLITE_IOERR,
        SQLiteErrorCode.SQLITE_READONLY, SQLiteErrorCode.SQLITE_CANTOPEN).contains(DatabaseDamage.code(e));
  }
}
