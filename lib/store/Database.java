package lib.store;

import module java.base;
import java.sql.SQLException;
import lib.core.Problem;
import org.sqlite.SQLiteConfig;

/**
 * A SQLite database of one process. All writes go through one platform thread that commits what has gathered while the
 * disk was busy, so that many small durable writes cost few syncs. Thread-safe.
 */
public final class Database implements AutoCloseable {
  /** At the bound a writer waits: memory stays flat however slow the disk is. */
  private static final int MAX_QUEUED = 4096;
  /** Small enough that one commit never holds up the next for long. */
  private static final int MAX_BATCH = 256;
  /** A long list then holds up no heartbeat; each open one takes some 2 MB. */
  private static final int MAX_READERS = 4;
  private static final int BUSY_MILLIS = 10_000; // another process's reader, for example sqlite3 in a shell

  /** What a write survives once it has returned. */
  public enum Sync {
    /** The end of this process. */
    PROCESS,
    /** The end of the machine's power: the write is on the disk. */
    POWER
  }

  /** Statements. Must not commit; those of a write are one transaction, each of a read sees what is committed then. */
  public interface Work<T> {
    T run(Sql sql) throws SQLException;
  }

  private record Job<T>(Sync sync, Work<T> work, CompletableFuture<T> done) {
    /** Does the work, undone alone when it fails; gives what is to be said once it is committed. */
    Runnable attempt(Sql sql) throws SQLException {
      sql.update("SAVEPOINT job");
      try {
        var result = work.run(sql);
        sql.update("RELEASE job");
        return () -> done.complete(result);
      } catch (SQLException | RuntimeException | Error e) {
        if (!undo(sql, "ROLLBACK TO job", e)) {
          throw e;
        }
        sql.update("RELEASE job");
        return () -> done.completeExceptionally(e);
      }
    }
  }

  private static final Job<Void> CLOSE = new Job<>(Sync.PROCESS, c -> null, new CompletableFuture<>());

  private final Path file;
  private final Sql writer;
  private final Semaphore readers = new Semaphore(MAX_READERS);
  private final Deque<Sql> idle = new ConcurrentLinkedDeque<>(); // the one used last is first, so that few are opened
  private final BlockingQueue<Job<?>> queue = new ArrayBlockingQueue<>(MAX_QUEUED);
  private final Thread thread;
  private Sync synced; // what the writer's connection is set to; only its thread knows
  private volatile boolean closed;
  private volatile String damage;

  private Database(Path file, Sql writer) {
    this.file = file;
    this.writer = writer;
    this.thread = Thread.ofPlatform().name("store " + file.getFileName()).start(this::writeLoop);
  }

  /**
   * Opens or creates the database and brings it to the newest form.
   *
   * @param migrations one script per version, never changed once released; {@code user_version} counts those done
   * @throws Problem when it cannot be opened, or was written by a newer version
   */
  public static Database open(Path file, List<String> migrations) {
    NativeLibrary.require();
    try {
      if (!Files.exists(file)) {
        DurableFiles.create(file, new byte[0]); // its owner's alone from birth; SQLite gives the files beside it the same mode
      }
      var writer = connect(file);
      try {
        migrate(file, writer, migrations);
        return new Database(file, writer);
      } catch (SQLException | RuntimeException e) {
        writer.close(); // else a migration that failed would keep the file locked
        throw e;
      }
    } catch (SQLException | IOException e) {
      throw new Problem("the database " + file + " cannot be opened", e instanceof SQLException sql ? DatabaseException.reason(sql) : e.toString(),
          "check the owner of the file and its directory, its free space, and that it is a database of this program").from(e);
    }
  }

  /**
   * Reads from a database that another process may have open, and changes nothing. Where no process has, it makes no file either,
   * so that the folder may be one that is only for reading.
   *
   * @throws DatabaseException when it cannot be read
   */
  public static <T> T look(Path file, Work<T> work) throws DatabaseException {
    var config = new SQLiteConfig();
    config.setReadOnly(true);
    var alone = !Files.exists(file.resolveSibling(file.getFileName() + "-wal"));
    NativeLibrary.require();
    try (var connection = config.createConnection("jdbc:sqlite:" + file.toUri() + (alone ? "?immutable=1" : ""))) {
      return work.run(new Sql(connection));
    } catch (SQLException e) {
      throw DatabaseException.of(e);
    }
  }

  /** Runs the work in a transaction and returns when it is committed as durably as asked; waits when the queue is full. */
  public <T> T write(Sync sync, Work<T> work) throws DatabaseException, InterruptedException {
    var job = new Job<>(sync, work, new CompletableFuture<T>());
    synchronized (queue) { // nothing may be queued behind the last job
      if (closed) {
        throw new DatabaseException(file + " is closed", null);
      }
      queue.put(job);
    }
    try {
      return job.done.get();
    } catch (ExecutionException e) {
      if (e.getCause() instanceof SQLException sql) {
        throw failed(sql);
      }
      throw e.getCause() instanceof RuntimeException known ? known : new IllegalStateException(e.getCause());
    }
  }

  /** Why the file cannot be trusted any more, as a failure has shown; null while it can. */
  public String damage() {
    return damage;
  }

  private DatabaseException failed(SQLException e) {
    damage = DatabaseDamage.damaged(e) ? e.getMessage() : damage;
    return DatabaseException.of(e);
  }

  /** Runs queries; sees everything committed. Work must not read again: all readers may wait for each other then. */
  public <T> T read(Work<T> work) throws DatabaseException {
    readers.acquireUninterruptibly();
    try {
      if (closed) {
        throw new DatabaseException(file + " is closed", null);
      }
      var idler = idle.poll();
      var reader = idler != null ? idler : connect(file);
      try {
        return work.run(reader);
      } finally {
        idle.push(reader);
      }
    } catch (SQLException e) {
      throw failed(e);
    } finally {
      readers.release();
    }
  }

  /** Commits what is queued and closes. */
  @Override
  public void close() throws InterruptedException {
    synchronized (queue) {
      if (closed) {
        return;
      }
      closed = true;
      queue.put(CLOSE);
    }
    thread.join();
    readers.acquireUninterruptibly(MAX_READERS);
    try {
      for (var reader : idle) {
        reader.close();
      }
      writer.close(); // last: it folds the log into the file
    } catch (SQLException e) {
      throw new IllegalStateException("closing " + file, e);
    } finally {
      readers.release(MAX_READERS);
    }
  }

  private void writeLoop() {
    var batch = new ArrayList<Job<?>>();
    var open = true;
    while (open) {
      try {
        batch.add(queue.take());
      } catch (InterruptedException e) {
        throw new IllegalStateException("nobody interrupts the writer", e);
      }
      queue.drainTo(batch, MAX_BATCH);
      open = !batch.remove(CLOSE);
      commit(batch);
      batch.clear();
    }
  }

  private void commit(List<Job<?>> batch) {
    if (batch.isEmpty()) {
      return;
    }
    var finish = new ArrayList<Runnable>();
    try {
      var sync = batch.stream().map(Job::sync).max(Comparator.naturalOrder()).orElseThrow();
      if (sync != synced) {
        writer.update("PRAGMA synchronous=" + (sync == Sync.POWER ? "FULL" : "NORMAL"));
        synced = sync;
      }
      writer.update("BEGIN IMMEDIATE");
      for (var job : batch) {
        finish.add(job.attempt(writer));
      }
      writer.update("COMMIT");
    } catch (SQLException | RuntimeException | Error e) { // memory may have run out in one job: the next ones go on
      undo(writer, "ROLLBACK", e);
      batch.forEach(job -> job.done.completeExceptionally(e));
      return;
    }
    finish.forEach(Runnable::run);
  }

  /** False when SQLite, as after some errors, has rolled back all by itself and therefore refuses this. */
  private static boolean undo(Sql sql, String rollback, Throwable cause) {
    try {
      sql.update(rollback);
      return true;
    } catch (SQLException | RuntimeException | Error e) {
      cause.addSuppressed(e);
      return false;
    }
  }

  private static Sql connect(Path file) throws SQLException {
    var config = new SQLiteConfig();
    config.setBusyTimeout(BUSY_MILLIS);
    config.setJournalMode(SQLiteConfig.JournalMode.WAL);
    config.enforceForeignKeys(true);
    return new Sql(config.createConnection("jdbc:sqlite:" + file.toUri())); // a plain path's ? would begin options
  }

  private static void migrate(Path file, Sql writer, List<String> migrations) throws SQLException {
    writer.update("PRAGMA synchronous=FULL");
    var done = writer.first("PRAGMA user_version", row -> row.getInt(1)).orElseThrow();
    if (done > migrations.size()) {
      throw new Problem(file + " was written by a newer version", "it is of form " + done + ", this version knows "
          + migrations.size(), "run the newer version, or use another folder");
    }
    for (var next = done; next < migrations.size(); next++) {
      writer.update("BEGIN IMMEDIATE");
      for (var sql : migrations.get(next).split(";\\s*\n")) {
        if (!sql.isBlank()) {
          writer.update(sql);
        }
      }
      writer.update("PRAGMA user_version=" + (next + 1));
      writer.update("COMMIT");
    }
  }
}
