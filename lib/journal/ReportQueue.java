package lib.journal;

import module java.base;
import java.sql.ResultSet;
import java.sql.SQLException;
import lib.core.Json;
import lib.protocol.TaskReport;
import lib.store.Database.Sync;
import lib.store.Database;
import lib.store.DatabaseException;
import lib.store.Sql;

/**
 * The reports that wait for a server, in the journal's table {@code outgoing}. The table is the queue: a report waits in it until
 * the server takes or refuses it, a newer one replaces it, or a person drops it. Thread-safe.
 */
public final class ReportQueue {

  /** How a report's way ends. */
  public enum Outcome { ACCEPTED, REFUSED, REPLACED }

  /**
   * What an attempt has to deliver.
   *
   * @param state how far the attempt has come
   * @param next the oldest report that waits
   */
  public record Delivery(Attempt.State state, Optional<PendingReport> next) {}

  private static final String WAITS = "state = 'WAITING'";
  private static final String RUNNING = "kind = 'STATUS' AND json_extract(body, '$.status') = 'running'";

  private final Database database;

  ReportQueue(Database database) {
    this.database = database;
  }

  /** What this attempt has to deliver now; nothing, settled, when the journal does not know it. */
  public Delivery delivery(Attempt attempt) throws DatabaseException {
    return database.read(sql -> sql.first("SELECT a.state, o.id, o.kind, o.body FROM attempt a LEFT JOIN outgoing o ON o.attempt_id = a.id "
        + "AND o.state = 'WAITING' WHERE a.id = ? ORDER BY o.id LIMIT 1", row -> delivery(row, attempt), attempt.id()))
        .orElse(new Delivery(Attempt.State.SETTLED, Optional.empty()));
  }

  private static Delivery delivery(ResultSet row, Attempt attempt) throws SQLException {
    return new Delivery(Attempt.State.valueOf(row.getString(1)), row.getString(3) == null ? Optional.empty()
        : Optional.of(new PendingReport(row.getLong(2), attempt.id(), PendingReport.Kind.valueOf(row.getString(3)),
            TaskReport.read(Json.readObject(row.getString(4)).orElseThrow()))));
  }

  /** Whether this report need not be sent any more: it does not wait, or it says less than a later one. */
  public boolean isNeedless(PendingReport report) throws DatabaseException {
    return database.read(sql -> sql.first("SELECT NOT EXISTS (SELECT 1 FROM outgoing WHERE id = ? AND state = 'WAITING') OR ? AND EXISTS "
        + "(SELECT 1 FROM outgoing WHERE attempt_id = ? AND id > ? AND state = 'WAITING')", row -> row.getBoolean(1), report.id(),
        report.isOutcome() ? 0 : 1, report.attemptId(), report.id())).orElseThrow();
  }

  /** How many reports wait, for whichever server. */
  public int count() throws DatabaseException {
    return database.read(sql -> sql.first("SELECT COUNT(*) FROM outgoing WHERE " + WAITS, row -> row.getInt(1))).orElseThrow();
  }

  /** Adds a report that is no outcome, unless the attempt has ended; whether it did. It survives the process. */
  public boolean add(Attempt attempt, TaskReport report, Instant at) throws DatabaseException, InterruptedException {
    return database.write(Sync.PROCESS, sql -> {
      var runs = sql.first("SELECT 1 FROM attempt WHERE id = ? AND state IN ('CLAIMED', 'STARTED')", row -> true, attempt.id()).isPresent();
      if (runs) {
        insert(sql, attempt, PendingReport.Kind.STATUS, report, at);
      }
      return runs;
    });
  }

  static void insert(Sql sql, Attempt attempt, PendingReport.Kind kind, TaskReport report, Instant at) throws SQLException {
    sql.update("INSERT INTO outgoing (attempt_id, kind, body, state, created_at) VALUES (?, ?, ?, 'WAITING', ?)", attempt.id(), kind,
        Json.write(report.toJson()), at);
  }

  static void dropAll(Sql sql, Attempt attempt, Instant at) throws SQLException {
    sql.update("UPDATE outgoing SET state = 'DROPPED', done_at = ? WHERE attempt_id = ? AND " + WAITS, at, attempt.id());
  }

  /**
   * Records the end of a report's way. When a crash loses this the report is sent again, which is harmless.
   *
   * @param tries how often it was sent in vain
   * @param error why the server did not take it; null when it did
   */
  public void record(PendingReport report, Outcome outcome, int tries, String error, Instant at) throws DatabaseException, InterruptedException {
    update(Sync.PROCESS, "UPDATE outgoing SET state = ?, error = ?, tries = ?, done_at = ? WHERE id = ? AND " + WAITS, outcome, error,
        tries, at, report.id());
  }

  /** Records for people how often a report was sent in vain, and why. */
  public void recordFailure(PendingReport report, int tries, String error) throws DatabaseException, InterruptedException {
    update(Sync.PROCESS, "UPDATE outgoing SET tries = ?, error = ? WHERE id = ?", tries, error, report.id());
  }

  /** Has all reports of an attempt that wait say this instead; on the disk when it returns. */
  public void replace(Attempt attempt, TaskReport report) throws DatabaseException, InterruptedException {
    update(Sync.POWER, "UPDATE outgoing SET body = ? WHERE attempt_id = ? AND " + WAITS, Json.write(report.toJson()), attempt.id());
  }

  /** Has the outcome that the server took delivered once more, since it has forgotten it; whether there is one. */
  public boolean repeatOutcome(Attempt attempt) throws DatabaseException, InterruptedException {
    return database.write(Sync.POWER, sql -> {
      var repeated = sql.update("UPDATE outgoing SET state = 'WAITING', done_at = NULL WHERE attempt_id = ? AND state = 'ACCEPTED' "
          + "AND kind <> 'REQUEUE' AND NOT (" + RUNNING + ")", attempt.id()) > 0;
      if (repeated) {
        sql.update("UPDATE attempt SET state = 'ENDED' WHERE id = ? AND state = 'SETTLED'", attempt.id());
      }
      return repeated;
    });
  }

  /** Has a refused report and its attempt wait again; false when a later attempt has made it untrue, or there is none. */
  public boolean retry(long id) throws DatabaseException, InterruptedException {
    return database.write(Sync.POWER, sql -> {
      var retried = OutboxEntry.list(sql, " AND o.id = ?", id).stream().anyMatch(OutboxEntry::retryable);
      if (retried) {
        sql.update("UPDATE outgoing SET state = 'WAITING', error = NULL, done_at = NULL WHERE id = ?", id);
        sql.update("UPDATE attempt SET state = 'ENDED' WHERE id = (SELECT attempt_id FROM outgoing WHERE id = ?) AND state = 'SETTLED'", id);
      }
      return retried;
    });
  }

  /** Gives a report up that waits or was refused; false when there is none. */
  public boolean drop(long id, Instant at) throws DatabaseException, InterruptedException {
    return update(Sync.POWER, "UPDATE outgoing SET state = 'DROPPED', done_at = ? WHERE id = ? AND state IN ('WAITING', 'REFUSED')", at, id);
  }

  private boolean update(Sync sync, String text, Object... values) throws DatabaseException, InterruptedException {
    return database.write(sync, sql -> sql.update(text, values) > 0);
  }
}
