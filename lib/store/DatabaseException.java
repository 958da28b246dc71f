package lib.store;

import java.sql.SQLException;
import org.sqlite.SQLiteErrorCode;
import org.sqlite.SQLiteException;

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
    return e instanceof SQLiteException known ? switch (SQLiteErrorCode.getErrorCode(known.getResultCode().code & 0xff)) {
      case SQLITE_FULL -> "the disk is full";
      case SQLITE_READONLY -> "this user may not write it, or the directory it is in";
      case SQLITE_CANTOPEN -> "this user cannot open it, or make the files beside it";
      default -> e.getMessage();
    } : e.getMessage();
  }

  /** Whether the disk is full or failing, so that it may heal by itself. */
  public boolean disk() {
    return getCause() instanceof SQLiteException e && !DatabaseDamage.damaged(e) && switch (SQLiteErrorCode.getErrorCode(e.getResultCode().code & 0xff)) {
      case SQLITE_FULL, SQLITE_IOERR, SQLITE_READONLY, SQLITE_CANTOPEN -> true;
      default -> false;
    };
  }
}
