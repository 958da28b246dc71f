package lib.store;

import module java.base;
import java.sql.Connection;
import java.sql.DriverManager;
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
    /** Does the work; gives what is to be said once it is committed. */
    Runnable attempt(Sql sql) throws SQLException {
      var result = work.run(sql);
      return () -> done.complete(result);
    }

    /** The same, undone alone when it fails. */
    Runnable attemptAlone(Sql sql) throws SQLException {
      sql.update("SAVEPOINT job");
      try {
        var result = attempt(sql);
        sql.update("RELEASE job");
        return result;
      } catch (SQLException | RuntimeException | Error e) {
        sql.update("ROLLBACK TO job");
        sql.update("RELEASE job");
        return () -> done.completeExceptionally(e);
      }
    }
  }

  private record Reader(Connection connection, Sql sql) {}

  private static final Job<Void> CLOSE = new Job<>(Sync.PROCESS, c -> null, new CompletableFuture<>());

  private final Path file;
  private final Connection writer;
  private final Sql writing;
  private final Semaphore readers = new Semaphore(MAX_READERS);
  private final Deque<Reader> idle = new ConcurrentLinkedDeque<>(); // the one used last is first, so that few are opened
  private final BlockingQueue<Job<?>> queue = new ArrayBlockingQueue<>(MAX_QUEUED);
  private final Thread thread;
  private Sync synced; // what the writer's connection is set to; only its thread knows
  private volatile boolean closed;
  private volatile String damage;

  private Database(Path file, Connection writer) {
    this.file = file;
    this.writer = writer;
    this.writing = new Sql(writer);
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
    return await(job.done);
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
      var reader = idle.poll();
      if (reader == null) {
        var connection = connect(file);
        reader = new Reader(connection, new Sql(connection));
      }
      try {
        return work.run(reader.sql);
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
        reader.connection.close();
      }
      writer.close(); // last: it folds the log into the file
    } catch (SQLException e) {
      throw new IllegalStateException("closing " + file, e);
    } finally {
      readers.release(MAX_READERS);
    }
  }

  private <T> T await(CompletableFuture<T> done) throws DatabaseException, InterruptedException {
    try {
      return done.get();
    } catch (ExecutionException e) {
      if (e.getCause() instanceof SQLException sql) {
        throw failed(sql);
      }
      throw e.getCause() instanceof RuntimeException known ? known : new IllegalStateException(e.getCause());
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
        writing.update("PRAGMA synchronous=" + (sync == Sync.POWER ? "FULL" : "NORMAL"));
        synced = sync;
      }
      writing.update("BEGIN IMMEDIATE");
      if (batch.size() == 1) {
        finish.add(batch.getFirst().attempt(writing));
      } else {
        for (var job : batch) {
          finish.add(job.attemptAlone(writing));
        }
      }
      writing.update("COMMIT");
    } catch (SQLException | RuntimeException | Error e) { // memory may have run out in one job: the next ones go on
      rollback(e);
      batch.forEach(job -> job.done.completeExceptionally(e));
      return;
    }
    finish.forEach(Runnable::run);
  }

  private void rollback(Throwable cause) {
    try {
      writing.update("ROLLBACK");
    } catch (SQLException | RuntimeException | Error e) {
      cause.addSuppressed(e); // SQLite rolls back by itself after some errors, and says so by refusing this
    }
  }

  private static Connection connect(Path file) throws SQLException {
    var connection = DriverManager.getConnection("jdbc:sqlite:" + file.toUri()); // a plain path's ? would begin options
    try (var statement = connection.createStatement()) {
      statement.execute("PRAGMA busy_timeout=" + BUSY_MILLIS);
      statement.execute("PRAGMA journal_mode=WAL");
      statement.execute("PRAGMA foreign_keys=ON");
      return connection;
    } catch (SQLException e) {
      connection.close();
      throw e;
    }
  }

  private static void migrate(Path file, Connection writer, List<String> migrations) throws SQLException {
    try (var statement = writer.createStatement()) {
      statement.execute("PRAGMA synchronous=FULL");
      int done;
      try (var version = statement.executeQuery("PRAGMA user_version")) {
        version.next();
        done = version.getInt(1);
      }
      if (done > migrations.size()) {
        throw new Problem(file + " was written by a newer version", "it is of form " + done + ", this version knows "
            + migrations.size(), "run the newer version, or use another folder");
      }
      for (var next = done; next < migrations.size(); next++) {
        statement.execute("BEGIN IMMEDIATE");
        for (var sql : migrations.get(next).split(";\\s*\n")) {
          if (!sql.isBlank()) {
            statement.execute(sql);
          }
        }
        statement.execute("PRAGMA user_version=" + (next + 1));
        statement.execute("COMMIT");
      }
    }
  }
}
