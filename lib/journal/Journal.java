package lib.journal;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.DateTimeException;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import lib.agent.output.OutputPosition;
import lib.config.Codebase;
import lib.core.Json;
import lib.core.Problem;
import lib.store.Database;
import lib.store.Database.Sync;
import lib.store.Sql;
import lib.store.StoreFailed;
import lib.wire.RemoteCodebase;
import lib.wire.Report;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The truth about attempts and about what is owed to servers. Intent, claim and outcome are on the disk when their call
 * returns; the rest survives the process. Thread-safe.
 */
public final class Journal implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(Journal.class);
  private final Database database;

  private Journal(Database database) {
    this.database = database;
  }

  /**
   * Opens or creates the journal. One of an older version is brought to this version's form; a damaged one is set aside beside
   * it, which the log says, and what can still be read of it is kept.
   *
   * @throws Problem when it cannot be opened, or was written by a newer version
   */
  public static Journal open(Path file) {
    try {
      Rescue.damaged(file, Schema.MIGRATIONS);
      return new Journal(Database.open(file, Schema.MIGRATIONS));
    } catch (IOException | StoreFailed e) {
      throw new Problem("the damaged journal " + file + " cannot be replaced", String.valueOf(e.getMessage()),
          "let this user write in its folder, and see that the disk has room").from(e);
    } catch (InterruptedException e) {
      throw new IllegalStateException("nobody interrupts the start", e);
    }
  }

  // --- attempts

  /** The number of a task's next attempt, from 1. */
  public int next(String taskId) throws StoreFailed {
    return database.read(sql -> sql.first("SELECT COALESCE(MAX(n), 0) + 1 FROM attempt WHERE task_id = ?", row -> row.getInt(1), taskId))
        .orElseThrow();
  }

  /**
   * Records that we are about to claim this task. On disk when it returns: without it nothing may be claimed.
   *
   * @param draft numbered by {@link #next}
   */
  public Attempt insertIntent(Attempt draft) throws StoreFailed, InterruptedException {
    return database.write(Sync.POWER, sql -> draft.recorded(sql.first("INSERT INTO attempt (server, worker_id, task_id, n, marker, "
        + "codebase_id, codebase, agent_type, title, state, created_at) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?) RETURNING id",
        row -> row.getLong(1), draft.server(), draft.workerId(), draft.taskId(), draft.n(), draft.marker(), draft.codebaseId(),
        draft.codebase(), draft.agentType(), draft.title(), Attempt.State.INTENT, draft.createdAt()).orElseThrow()));
  }

  /**
   * Takes up an attempt that its folder tells of and the journal does not. It counts as an intent until the server has said
   * whose the task is; on the disk when it returns.
   *
   * @return whether it was not known
   */
  public boolean insertRecovered(Attempt attempt) throws StoreFailed, InterruptedException {
    return database.write(Sync.POWER, sql -> sql.update("INSERT OR IGNORE INTO attempt (server, worker_id, task_id, n, marker, "
        + "codebase_id, codebase, agent_type, title, state, created_at) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)", attempt.server(),
        attempt.workerId(), attempt.taskId(), attempt.n(), attempt.marker(), attempt.codebaseId(), attempt.codebase(),
        attempt.agentType(), attempt.title(), Attempt.State.INTENT, attempt.createdAt()) > 0);
  }

  /** Settles an attempt that is not ours any more, and drops what it owes. */
  public void over(Attempt attempt, String verdict, Instant at) throws StoreFailed, InterruptedException {
    database.write(Sync.POWER, sql -> {
      sql.update("UPDATE outgoing SET state = 'DROPPED', done_at = ? WHERE attempt_id = ? AND state = 'WAITING'", at, attempt.id());
      return sql.update("UPDATE attempt SET state = 'SETTLED', verdict = ?, ended_at = ? WHERE id = ?", verdict, at, attempt.id());
    });
  }

  /** Forgets an intent whose claim was lost. */
  public void deleteIntent(Attempt attempt) throws StoreFailed, InterruptedException {
    update(Sync.PROCESS, "DELETE FROM attempt WHERE id = ? AND state = 'INTENT'", attempt.id());
  }

  /**
   * Records that the server gave us the task, together with the reports it owes for that. On disk when it returns.
   *
   * @param fence the server's number for this claim; 0 where it gives none
   * @param reports that we run it, unless the server knows that from the claim
   */
  public Claimed claimed(Attempt attempt, int fence, long leaseSeconds, List<Report> reports, Instant at)
      throws StoreFailed, InterruptedException {
    return database.write(Sync.POWER, sql -> {
      sql.update("UPDATE attempt SET state = 'CLAIMED', fence = ?, lease_seconds = ?, claimed_at = ? WHERE id = ?", fence,
          leaseSeconds, at, attempt.id());
      var owed = new ArrayList<PendingReport>();
      for (var report : reports) {
        owed.add(insert(sql, attempt, PendingReport.Kind.STATUS, report, at));
      }
      return new Claimed(attempt.claimed(fence, leaseSeconds), owed);
    });
  }

  /** A claimed attempt and the reports that it owes for that. */
  public record Claimed(Attempt attempt, List<PendingReport> owed) {}

  public void started(Attempt attempt, Instant at) throws StoreFailed, InterruptedException {
    update(Sync.PROCESS, "UPDATE attempt SET state = 'STARTED', started_at = ? WHERE id = ?", at, attempt.id());
  }

  public void session(Attempt attempt, String sessionId) throws StoreFailed, InterruptedException {
    update(Sync.PROCESS, "UPDATE attempt SET session_id = ? WHERE id = ?", sessionId, attempt.id());
  }

  /**
   * Records the outcome together with the reports it owes; on disk when it returns.
   *
   * @param reports empty when the task is somebody else's by now: then what was still to be told is dropped too
   * @param again whether a request to queue the task again follows them
   */
  public List<PendingReport> ended(Attempt attempt, String verdict, List<Report> reports, boolean again, Instant at)
      throws StoreFailed, InterruptedException {
    return database.write(Sync.POWER, sql -> {
      sql.update("UPDATE attempt SET state = 'ENDED', verdict = ?, ended_at = ? WHERE id = ?", verdict, at, attempt.id());
      if (reports.isEmpty()) {
        sql.update("UPDATE outgoing SET state = 'DROPPED', done_at = ? WHERE attempt_id = ? AND state = 'WAITING'", at, attempt.id());
      }
      var owed = new ArrayList<PendingReport>();
      for (var report : reports) {
        owed.add(insert(sql, attempt, PendingReport.Kind.STATUS, report, at));
        owed.add(insert(sql, attempt, PendingReport.Kind.RELEASE, report, at));
        if (again) {
          owed.add(insert(sql, attempt, PendingReport.Kind.REQUEUE, report.withResult(null), at));
        }
      }
      return owed;
    });
  }

  /** How far output is delivered, and the end of the chunk that is on its way. */
  public void progress(Attempt attempt, OutputPosition sent, OutputPosition sending, long seq) throws StoreFailed, InterruptedException {
    update(Sync.PROCESS, "UPDATE attempt SET sent = ?, sending = ?, seq = ? WHERE id = ?", sent.text(),
        sending == null ? null : sending.text(), seq, attempt.id());
  }

  /**
   * Records that the server has taken or refused everything, {@code told} being the last of it.
   *
   * @return false when something waits again by now: then the attempt is not settled
   */
  public boolean settled(Attempt attempt, OutputPosition sent, long seq, List<DeliveryResult> told) throws StoreFailed, InterruptedException {
    return database.write(Sync.PROCESS, sql -> {
      recordDeliveries(sql, told);
      sql.update("UPDATE attempt SET sent = ?, sending = NULL, seq = ? WHERE id = ? AND state = 'ENDED'", sent.text(), seq, attempt.id());
      return sql.update("UPDATE attempt SET state = 'SETTLED' WHERE id = ? AND state = 'ENDED' AND NOT EXISTS "
          + "(SELECT 1 FROM outgoing WHERE attempt_id = ? AND state = 'WAITING')", attempt.id(), attempt.id()) > 0;
    });
  }

  /** The attempts that are not settled, oldest first. */
  public List<Attempt> open() throws StoreFailed {
    return attempts("WHERE state <> 'SETTLED' ORDER BY id");
  }

  /** The latest attempt at a task that went beyond its intent. */
  public Optional<Attempt> latest(String taskId) throws StoreFailed {
    return attempts("WHERE task_id = ? AND state <> 'INTENT' ORDER BY n DESC LIMIT 1", taskId).stream().findFirst();
  }

  /** The folder of the codebase whose task was the first to tell of this agent's session. */
  public Optional<Path> firstDirectoryOf(String sessionId) throws StoreFailed {
    return database.read(sql -> sql.first("SELECT codebase FROM attempt WHERE session_id = ? AND codebase IS NOT NULL ORDER BY id LIMIT 1",
        row -> Path.of(row.getString(1)), sessionId));
  }

  // --- reports

  /** Records a report that is no outcome: it survives the process. */
  public PendingReport addReport(Attempt attempt, Report report, Instant at) throws StoreFailed, InterruptedException {
    return database.write(Sync.PROCESS, sql -> insert(sql, attempt, PendingReport.Kind.STATUS, report, at));
  }

  /** The attempt's reports that no server has taken or refused, oldest first. */
  public List<PendingReport> pendingReports(Attempt attempt) throws StoreFailed {
    return database.read(sql -> sql.list("SELECT id, kind, body, attempt_id FROM outgoing WHERE attempt_id = ? AND state = 'WAITING' "
        + "ORDER BY id", Journal::outgoing, attempt.id()));
  }

  /** Records the end of reports' ways. Losing this to a crash only means sending them again, which is harmless. */
  public void recordDeliveries(List<DeliveryResult> told) throws StoreFailed, InterruptedException {
    database.write(Sync.PROCESS, sql -> recordDeliveries(sql, told));
  }

  private static Void recordDeliveries(Sql sql, List<DeliveryResult> told) throws SQLException {
    for (var one : told) {
      sql.update("UPDATE outgoing SET state = ?, error = ?, tries = ?, done_at = ? WHERE id = ? AND state = 'WAITING'", one.how(),
          one.error(), one.tries(), one.at(), one.outgoing().id());
    }
    return null;
  }

  /** Notes how often a report was tried in vain and why; for people. */
  public void recordFailure(PendingReport outgoing, int tries, String error) throws StoreFailed, InterruptedException {
    update(Sync.PROCESS, "UPDATE outgoing SET tries = ?, error = ? WHERE id = ?", tries, error, outgoing.id());
  }

  // --- what people do with reports

  /** What waits in a journal and what servers refused, oldest first. Changes nothing; a worker may have the journal open. */
  public static List<OutboxEntry> entries(Path file) throws StoreFailed {
    return Files.exists(file) ? Database.look(file, sql -> OutboxEntry.list(sql, "")) : List.of();
  }

  /** The same, for one report. */
  public Optional<OutboxEntry> entry(long id) throws StoreFailed {
    return database.read(sql -> OutboxEntry.list(sql, " AND o.id = ?", id)).stream().findFirst();
  }

  /** Puts a refused report back to those that wait, and its attempt back to those that owe; false when it may not be. */
  public boolean retry(long id) throws StoreFailed, InterruptedException {
    return database.write(Sync.POWER, sql -> {
      var back = OutboxEntry.list(sql, " AND o.id = ?", id).stream().anyMatch(OutboxEntry::retryable);
      if (back) {
        sql.update("UPDATE outgoing SET state = 'WAITING', error = NULL, done_at = NULL WHERE id = ?", id);
        sql.update("UPDATE attempt SET state = 'ENDED' WHERE id = (SELECT attempt_id FROM outgoing WHERE id = ?) AND state = 'SETTLED'", id);
      }
      return back;
    });
  }

  /** Gives a report up that waits or was refused; false when there is none. */
  public boolean drop(long id, Instant at) throws StoreFailed, InterruptedException {
    return database.write(Sync.POWER, sql -> sql.update("UPDATE outgoing SET state = 'DROPPED', done_at = ? WHERE id = ? "
        + "AND state IN ('WAITING', 'REFUSED')", at, id) > 0);
  }

  /** The attempt that owes this report. */
  public Optional<Attempt> attemptOf(long outgoing) throws StoreFailed {
    return attempts("WHERE id = (SELECT attempt_id FROM outgoing WHERE id = ?)", outgoing).stream().findFirst();
  }

  // --- how long things are kept

  /** An attempt as far as keeping it goes; {@code ended} is when it was made where its end is not known. */
  public record Age(long id, String taskId, int n, boolean settled, Instant ended) {}

  /** Every attempt, oldest first. */
  public List<Age> retentionRows() throws StoreFailed {
    return database.read(sql -> sql.list("SELECT id, task_id, n, state, COALESCE(ended_at, created_at) FROM attempt ORDER BY id",
        row -> new Age(row.getLong(1), row.getString(2), row.getInt(3), row.getString(4).equals(Attempt.State.SETTLED.name()),
            ended(row.getString(5)))));
  }

  /** What cannot be understood is kept for ever rather than lost. */
  private static Instant ended(String text) {
    try {
      return Instant.parse(text);
    } catch (DateTimeException e) {
      return Instant.MAX;
    }
  }

  /** Forgets a settled attempt with its reports; none that has not settled. */
  public void forget(List<Age> attempts) throws StoreFailed, InterruptedException {
    database.write(Sync.PROCESS, sql -> {
      for (var attempt : attempts) {
        sql.update("DELETE FROM attempt WHERE id = ? AND state = 'SETTLED'", attempt.id());
      }
      return null;
    });
  }

  // --- servers

  /** Keeps what the server at this address called itself, for a start at which it does not answer; empty for one without an id. */
  public void met(String address, String id) throws StoreFailed, InterruptedException {
    update(Sync.PROCESS, "INSERT INTO server (address, id) VALUES (?, ?) ON CONFLICT (address) DO UPDATE SET id = excluded.id", address, id);
  }

  /** What the server at this address called itself when it last answered. */
  public Optional<String> met(String address) throws StoreFailed {
    return database.read(sql -> sql.first("SELECT id FROM server WHERE address = ?", row -> row.getString(1), address));
  }

  // --- codebases registered at run time

  /** Keeps a folder that the server had us register, for good. */
  public void saveCodebase(String server, RemoteCodebase codebase, String description, Instant at) throws StoreFailed, InterruptedException {
    update(Sync.POWER, "INSERT INTO codebase (server, path, codebase_id, name, description, registered_at) VALUES "
        + "(?, ?, ?, ?, ?, ?) ON CONFLICT (server, path) DO UPDATE SET codebase_id = excluded.codebase_id, name = excluded.name, "
        + "description = excluded.description", server, codebase.path(), codebase.id(), codebase.name(), description, at);
  }

  /** The folders that this server had us register. */
  public List<Codebase> savedCodebases(String server) throws StoreFailed {
    return database.read(sql -> sql.list("SELECT name, path, description FROM codebase WHERE server = ? ORDER BY path",
        row -> new Codebase(row.getString(1), Path.of(row.getString(2)), row.getString(3)), server));
  }

  @Override
  public void close() throws InterruptedException {
    database.close();
  }

  // --- underneath

  private static PendingReport insert(Sql sql, Attempt attempt, PendingReport.Kind kind, Report report, Instant at) throws SQLException {
    var id = sql.first("INSERT INTO outgoing (attempt_id, kind, body, state, created_at) VALUES (?, ?, ?, 'WAITING', ?) RETURNING id",
        row -> row.getLong(1), attempt.id(), kind, Json.write(report.toJson()), at).orElseThrow();
    return new PendingReport(id, attempt.id(), kind, report);
  }

  private List<Attempt> attempts(String where, Object... values) throws StoreFailed {
    return database.read(sql -> sql.list("SELECT * FROM attempt " + where, Journal::readable, values)).stream().flatMap(Optional::stream)
        .toList();
  }

  /** A row that a failing disk changed within a value looks sound to SQLite; it must not keep the others from being read. */
  private static Optional<Attempt> readable(ResultSet row) throws SQLException {
    try {
      return Optional.of(attempt(row));
    } catch (DateTimeException | IllegalArgumentException | IndexOutOfBoundsException e) {
      LOG.error("attempt {} in the journal is left alone, it cannot be understood: {}", row.getLong("id"), e.getMessage());
      return Optional.empty();
    }
  }

  static PendingReport outgoing(ResultSet row) throws SQLException {
    return new PendingReport(row.getLong(1), row.getLong(4), PendingReport.Kind.valueOf(row.getString(2)),
        Report.read(Json.readObject(row.getString(3)).orElseThrow()));
  }

  static Attempt attempt(ResultSet row) throws SQLException {
    var codebase = row.getString("codebase");
    var sent = OutputPosition.read(row.getString("sent"));
    return new Attempt(row.getLong("id"), row.getString("server"), row.getString("worker_id"), row.getString("task_id"),
        row.getInt("n"), row.getString("marker"), row.getInt("fence"), row.getLong("lease_seconds"), row.getString("codebase_id"),
        codebase == null ? null : Path.of(codebase), row.getString("agent_type"), row.getString("title"),
        Attempt.State.valueOf(row.getString("state")), row.getString("session_id"), Instant.parse(row.getString("created_at")),
        sent == null ? OutputPosition.START : sent, OutputPosition.read(row.getString("sending")), row.getLong("seq"), row.getString("verdict"));
  }

  private void update(Sync sync, String text, Object... values) throws StoreFailed, InterruptedException {
    database.write(sync, sql -> sql.update(text, values));
  }
}
