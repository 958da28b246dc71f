package lib.store;

import java.sql.SQLException;
import org.sqlite.SQLiteErrorCode;
import org.sqlite.SQLiteException;

/** A database could not do what was asked; nothing of that write has happened. */
public final class StoreFailed extends Exception {
  StoreFailed(String message, Throwable cause) {
    super(message, cause);
  }

  static StoreFailed of(SQLException e) {
    return new StoreFailed(e.getMessage(), e);
  }

  /** Whether the disk is full or failing, so that it may heal by itself. */
  public boolean disk() {
    return getCause() instanceof SQLiteException e && switch (SQLiteErrorCode.getErrorCode(e.getResultCode().code & 0xff)) {
      case SQLITE_FULL, SQLITE_IOERR, SQLITE_READONLY, SQLITE_CANTOPEN -> true;
      default -> false;
    };
  }
}
