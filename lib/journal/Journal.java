package lib.journal;

import module java.base;
import java.sql.ResultSet;
import java.sql.SQLException;
import lib.config.Codebase;
import lib.core.Problem;
import lib.journal.Attempt.Position;
import lib.journal.Attempt.State;
import lib.protocol.CodebaseInfo;
import lib.protocol.TaskReport;
import lib.store.Database.Sync;
import lib.store.Database;
import lib.store.DatabaseDamage;
import lib.store.DatabaseException;
import lib.store.Sql;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The truth about attempts and about the reports that wait for servers. Intent, claim and outcome are on the disk when their call
 * returns; the rest survives the process. Thread-safe.
 */
public final class Journal implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(Journal.class);
  private static final String INSERT = "(server, worker_id, task_id, n, marker, codebase_id, codebase, agent_type, title, state, created_at) "
      + "VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, 'INTENT', ?)";

  private final Database database;
  private final ReportQueue reports;

  private Journal(Database database) {
    this.database = database;
    this.reports = new ReportQueue(database);
  }

  /**
   * Opens or creates the journal. It brings one of an older version to this version's form. It sets a damaged one aside and begins
   * another: the attempts' directories and the servers give back what that held.
   *
   * @throws Problem when it cannot be opened, or was written by a newer version
   */
  public static Journal open(Path file) {
    try {
      var damage = isBarelyBegun(file) ? Optional.<DatabaseDamage>empty() : DatabaseDamage.of(file);
      if (damage.isPresent()) {
        LOG.error("journal damaged aside={}, beginning another from the attempts' directories: {}", damage.get().setAside(Instant.now()),
            damage.get().why().strip().replaceAll("\\s+", " "));
      }
    } catch (IOException e) {
      throw new Problem("the damaged journal " + file + " cannot be set aside", String.valueOf(e.getMessage()),
          "let this user write in its directory").from(e);
    }
    var database = Database.open(file, Schema.MIGRATIONS);
    try {
      database.write(Sync.PROCESS, sql -> null); // a file that is only for reading opens all the same
      return new Journal(database);
    } catch (DatabaseException | InterruptedException e) {
      throw problem(file, e.getMessage());
    }
  }

  /** A journal that cannot be used, for people. It may heal, so that a later start is worth while. */
  public static Problem problem(Path file, String why) {
    return new Problem("the journal " + file + " cannot be used", why,
        "give this user the file and its directory for writing, and the disk some room; then start again").ending(Problem.Exit.TRY_LATER);
  }

  /** Why the journal cannot be trusted any more; empty while it can. The next start sets it aside. */
  public Optional<String> damage() {
    return Optional.ofNullable(database.damage());
  }

  /** Whether a first start ended between making the file and writing it: without any attempt's directory nothing can be lost. */
  private static boolean isBarelyBegun(Path file) throws IOException {
    return Files.isRegularFile(file) && Files.size(file) == 0 && Files.notExists(file.resolveSibling("tasks"));
  }

  /** The reports that wait. */
  public ReportQueue reports() {
    return reports;
  }

  /** The waiting and the refused reports of a journal, oldest first. Changes nothing; a worker may have the journal open. */
  public static List<OutboxEntry> entries(Path file) throws DatabaseException {
    return Files.exists(file) ? Database.look(file, sql -> OutboxEntry.list(sql, "")) : List.of();
  }

  // --- attempts

  /** The number of a task's next attempt, from 1. */
  public int next(String taskId) throws DatabaseException {
    return database.read(sql -> sql.first("SELECT COALESCE(MAX(n), 0) + 1 FROM attempt WHERE task_id = ?", row -> row.getInt(1), taskId))
        .orElseThrow();
  }

  /**
   * Records that we are about to claim this task. On disk when it returns: without it nothing may be claimed.
   *
   * @param draft numbered by {@link #next}
   */
  public Attempt insertIntent(Attempt draft) throws DatabaseException, InterruptedException {
    return database.write(Sync.POWER, sql -> insert(sql, draft));
  }

  /**
   * Takes up an attempt that only its directory knows. It counts as an intent until the server has said whose the task is; on the
   * disk when it returns.
   *
   * @return whether it was not known
   */
  public boolean insertRecovered(Attempt attempt) throws DatabaseException, InterruptedException {
    return update(Sync.POWER, "INSERT OR IGNORE INTO attempt " + INSERT, columns(attempt)) > 0;
  }

  /** Records an attempt that has ended and of which nothing else is known here, with its outcome; on disk when it returns. */
  public Attempt insertEnded(Attempt draft, String verdict, TaskReport outcome, Instant at) throws DatabaseException, InterruptedException {
    return database.write(Sync.POWER, sql -> {
      var attempt = insert(sql, draft);
      end(sql, attempt, verdict, outcome, false, at);
      return attempt;
    });
  }

  private static Attempt insert(Sql sql, Attempt draft) throws SQLException {
    return draft.withId(sql.first("INSERT INTO attempt " + INSERT + " RETURNING id", row -> row.getLong(1), columns(draft)).orElseThrow());
  }

  private static Object[] columns(Attempt draft) {
    return new Object[] {draft.server(), draft.workerId(), draft.taskId(), draft.n(), draft.marker(), draft.codebaseId(),
        draft.codebase(), draft.agentType(), draft.title(), draft.createdAt()};
  }

  /** Forgets an intent whose claim was lost. */
  public void deleteIntent(Attempt attempt) throws DatabaseException, InterruptedException {
    update(Sync.PROCESS, "DELETE FROM attempt WHERE id = ? AND state = 'INTENT'", attempt.id());
  }

  /**
   * Records that the server gave us the task, together with the reports that are due for that. When a loss of power takes it, the
   * intent is left, and the server says whose the task is.
   *
   * @param fence the server's number for this claim; 0 where it gives none
   * @param due that we run it; null where the server knows that from the claim
   */
  public Attempt claimed(Attempt attempt, int fence, long leaseSeconds, TaskReport due, Instant at)
      throws DatabaseException, InterruptedException {
    return database.write(Sync.PROCESS, sql -> {
      sql.update("UPDATE attempt SET state = 'CLAIMED', fence = ?, lease_seconds = ?, claimed_at = ?, marker = ?, codebase_id = ?, agent_type = ?, "
          + "title = ? WHERE id = ?", fence, leaseSeconds, at, attempt.marker(), attempt.codebaseId(), attempt.agentType(), attempt.title(),
          attempt.id());
      if (due != null) {
        ReportQueue.insert(sql, attempt, PendingReport.Kind.STATUS, due, at);
      }
      return attempt.claimed(fence, leaseSeconds);
    });
  }

  /** Records the agent's session. */
  public void session(Attempt attempt, String sessionId) throws DatabaseException, InterruptedException {
    update(Sync.PROCESS, "UPDATE attempt SET session_id = ? WHERE id = ?", sessionId, attempt.id());
  }

  /** Records how much of an attempt's output the server has. A crash may lose the latest: then the server is asked. */
  public void progress(Attempt attempt, Position delivered) throws DatabaseException, InterruptedException {
    update(Sync.PROCESS, "UPDATE attempt SET sent = ?, seq = ? WHERE id = ?", delivered.sent(), delivered.chunks(), attempt.id());
  }

  /**
   * Records the outcome and that it is due, as status and as release; on disk when it returns.
   *
   * @param requeue whether a request to queue the task again follows them
   */
  public void ended(Attempt attempt, String verdict, TaskReport outcome, boolean requeue, Instant at)
      throws DatabaseException, InterruptedException {
    database.write(Sync.POWER, sql -> {
      end(sql, attempt, verdict, outcome, requeue, at);
      return null;
    });
  }

  private static void end(Sql sql, Attempt attempt, String verdict, TaskReport outcome, boolean requeue, Instant at) throws SQLException {
    ReportQueue.insert(sql, attempt, PendingReport.Kind.STATUS, outcome, at);
    ReportQueue.insert(sql, attempt, PendingReport.Kind.RELEASE, outcome, at);
    if (requeue) {
      ReportQueue.insert(sql, attempt, PendingReport.Kind.REQUEUE, outcome.withResult(null), at);
    }
    sql.update("UPDATE attempt SET state = 'ENDED', verdict = ?, ended_at = ? WHERE id = ?", verdict, at, attempt.id());
  }

  /** Settles an attempt whose task is not ours any more, and drops its reports; on disk when it returns. */
  public void over(Attempt attempt, String verdict, Instant at) throws DatabaseException, InterruptedException {
    database.write(Sync.POWER, sql -> {
      ReportQueue.dropAll(sql, attempt, at);
      return sql.update("UPDATE attempt SET state = 'SETTLED', verdict = ?, ended_at = ? WHERE id = ?", verdict, at, attempt.id());
    });
  }

  /** Settles an ended attempt of which no report waits; whether it did. */
  public boolean settle(Attempt attempt) throws DatabaseException, InterruptedException {
    return update(Sync.PROCESS, "UPDATE attempt SET state = 'SETTLED' WHERE id = ? AND state = 'ENDED' AND NOT EXISTS "
        + "(SELECT 1 FROM outgoing WHERE attempt_id = ? AND state = 'WAITING')", attempt.id(), attempt.id()) > 0;
  }

  /** The attempts that are not settled, oldest first. */
  public List<Attempt> open() throws DatabaseException {
    return attempts("WHERE state <> 'SETTLED' ORDER BY id");
  }

  /** The latest attempt at a task that went beyond its intent. */
  public Optional<Attempt> latest(String taskId) throws DatabaseException {
    return attempts("WHERE task_id = ? AND state <> 'INTENT' ORDER BY n DESC LIMIT 1", taskId).stream().findFirst();
  }

  /** The attempt that this report is about. */
  public Optional<Attempt> attemptOf(long report) throws DatabaseException {
    return attempts("WHERE id = (SELECT attempt_id FROM outgoing WHERE id = ?)", report).stream().findFirst();
  }

  /** The directory of the codebase whose task was the first to name this agent's session. */
  public Optional<Path> firstDirectoryOf(String sessionId) throws DatabaseException {
    return database.read(sql -> sql.first("SELECT codebase FROM attempt WHERE session_id = ? AND codebase IS NOT NULL ORDER BY id LIMIT 1",
        row -> Path.of(row.getString(1)), sessionId));
  }

  /** What attempts before this one took of an agent's session, as their verdicts say. */
  public Spent spent(String sessionId, Attempt attempt) throws DatabaseException {
    return database.read(sql -> sql.first("SELECT total(verdict ->> 'tokens_in'), total(verdict ->> 'tokens_out'), total(verdict ->> 'cost')"
        + " FROM attempt WHERE session_id = ? AND id < ? AND json_valid(verdict)", row -> new Spent(row.getLong(1), row.getLong(2), row.getDouble(3)),
        sessionId, attempt.id())).orElseThrow();
  }

  /** Tokens and a cost in US dollars. */
  public record Spent(long tokensIn, long tokensOut, double cost) {}

  private List<Attempt> attempts(String where, Object... values) throws DatabaseException {
    return database.read(sql -> sql.list("SELECT * FROM attempt " + where, Journal::readable, values)).stream().flatMap(Optional::stream)
        .toList();
  }

  /** A row that a failing disk changed within a value looks sound to SQLite; it must not keep the others from being read. */
  private static Optional<Attempt> readable(ResultSet row) throws SQLException {
    try {
      return Optional.of(attempt(row));
    } catch (DateTimeException | IllegalArgumentException e) {
      LOG.error("attempt not understood id={}, leaving it alone: {}", row.getLong("id"), e.getMessage());
      return Optional.empty();
    }
  }

  private static Attempt attempt(ResultSet row) throws SQLException {
    var codebase = row.getString("codebase");
    return new Attempt(row.getLong("id"), row.getString("server"), row.getString("worker_id"), row.getString("task_id"), row.getInt("n"),
        row.getString("marker"), row.getString("codebase_id"), codebase == null ? null : Path.of(codebase), row.getString("agent_type"),
        row.getString("title"), row.getInt("fence"), row.getLong("lease_seconds"), State.valueOf(row.getString("state")),
        row.getString("session_id"), Instant.parse(row.getString("created_at")), new Position(row.getLong("sent"), row.getLong("seq")),
        row.getString("verdict"));
  }

  // --- how long things are kept

  /** An attempt as far as keeping it goes; {@code ended} is when it was made where its end is not known. */
  public record Age(long id, String taskId, int n, boolean settled, Instant ended) {}

  /** Every attempt, oldest first. */
  public List<Age> retentionRows() throws DatabaseException {
    return database.read(sql -> sql.list("SELECT id, task_id, n, state, COALESCE(ended_at, created_at) FROM attempt ORDER BY id",
        row -> new Age(row.getLong(1), row.getString(2), row.getInt(3), row.getString(4).equals(State.SETTLED.name()),
            ended(row.getString(5)))));
  }

  /** A time that cannot be understood keeps its attempt for ever rather than lose it. */
  private static Instant ended(String text) {
    try {
      return Instant.parse(text);
    } catch (DateTimeException e) {
      return Instant.MAX;
    }
  }

  /** Forgets a settled attempt with its reports; none that has not settled. */
  public void forget(List<Age> attempts) throws DatabaseException, InterruptedException {
    database.write(Sync.PROCESS, sql -> {
      for (var attempt : attempts) {
        sql.update("DELETE FROM attempt WHERE id = ? AND state = 'SETTLED'", attempt.id());
      }
      return null;
    });
  }

  // --- codebases that servers had us register

  /** Keeps a codebase that the server had us register, for good. */
  public void saveCodebase(String server, CodebaseInfo codebase, String description, Instant at) throws DatabaseException, InterruptedException {
    update(Sync.POWER, "INSERT INTO codebase (server, path, codebase_id, name, description, registered_at) VALUES "
        + "(?, ?, ?, ?, ?, ?) ON CONFLICT (server, path) DO UPDATE SET codebase_id = excluded.codebase_id, name = excluded.name, "
        + "description = excluded.description", server, codebase.path(), codebase.id(), codebase.name(), description, at);
  }

  /** The codebases that this server had us register. */
  public List<Codebase> savedCodebases(String server) throws DatabaseException {
    return database.read(sql -> sql.list("SELECT name, path, description FROM codebase WHERE server = ? ORDER BY path",
        row -> new Codebase(row.getString(1), Path.of(row.getString(2)), row.getString(3)), server));
  }

  private int update(Sync sync, String text, Object... values) throws DatabaseException, InterruptedException {
    return database.write(sync, sql -> sql.update(text, values));
  }

  @Override
  public void close() throws InterruptedException {
    database.close();
  }
}
