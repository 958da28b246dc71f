package tests.store;

import module java.base;
import static org.assertj.core.api.Assertions.*;

import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.SQLException;
import lib.core.Problem;
import lib.store.Database.Sync;
import lib.store.Database;
import lib.store.DatabaseException;
import lib.store.Sql;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A write that returned is there for every later reader and process; one that failed has left nothing. */
class DatabaseTest {
  private static final List<String> FIRST = List.of("CREATE TABLE t (n INTEGER PRIMARY KEY, text TEXT NOT NULL);\n");
  private static final List<String> SECOND = List.of(FIRST.getFirst(),
      "ALTER TABLE t ADD COLUMN more TEXT;\nUPDATE t SET more = text || '!';\n");

  @TempDir
  Path temp;

  @Test
  void aWriteIsSeenAtOnceAndByTheNextProcess() throws Exception {
    try (var database = Database.open(file(), FIRST)) {
      database.write(Sync.POWER, sql -> insert(sql, 1, "one"));
      assertThat(texts(database)).containsExactly("one");
      database.write(Sync.PROCESS, sql -> insert(sql, 2, "two"));
    }
    try (var database = Database.open(file(), FIRST)) {
      assertThat(texts(database)).containsExactly("one", "two");
    }
  }

  @Test
  void itIsItsOwnersAloneWhateverFolderItLiesIn() throws Exception {
    Files.setPosixFilePermissions(temp, PosixFilePermissions.fromString("rwxr-xr-x"));
    try (var database = Database.open(file(), FIRST)) {
      database.write(Sync.POWER, sql -> insert(sql, 1, "one"));
      try (var files = Files.list(temp)) {
        for (var file : files.toList()) {
          assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(file))).as(file.toString()).isEqualTo("rw-------");
        }
      }
    }
  }

  @Test
  void aLookAtADatabaseThatNobodyHasOpenMakesNoFile() throws Exception {
    try (var database = Database.open(file(), FIRST)) {
      database.write(Sync.POWER, sql -> insert(sql, 1, "one"));
      assertThat(Database.<Integer>look(file(), DatabaseTest::count)).as("while it is open").isEqualTo(1);
    }
    var before = files();
    assertThat(Database.<Integer>look(file(), DatabaseTest::count)).isEqualTo(1);
    assertThat(files()).isEqualTo(before);
  }

  private static int count(Sql sql) throws SQLException {
    return sql.first("SELECT COUNT(*) FROM t", row -> row.getInt(1)).orElseThrow();
  }

  private List<Path> files() throws IOException {
    try (var files = Files.list(temp)) {
      return files.sorted().toList();
    }
  }

  @Test
  void aFailedWriteLeavesNothingAndHarmsNoOther() throws Exception {
    try (var database = Database.open(file(), FIRST)) {
      var gate = new CountDownLatch(1);
      try (var threads = Executors.newVirtualThreadPerTaskExecutor()) {
        var busy = threads.submit(() -> database.write(Sync.PROCESS, sql -> {
          await(gate);
          return insert(sql, 1, "a");
        }));
        // these gather while the first one runs, and are committed together
        var failing = threads.submit(() -> database.write(Sync.POWER, sql -> insert(sql, 2, "lost") + insert(sql, 2, "twice")));
        var broken = threads.submit(() -> database.write(Sync.POWER, sql -> {
          insert(sql, 3, "lost too");
          throw new IllegalStateException("our bug");
        }));
        var good = threads.submit(() -> database.write(Sync.POWER, sql -> insert(sql, 4, "b")));
        gate.countDown();
        assertThat(busy.get() + good.get()).isEqualTo(2);
        assertThatThrownBy(failing::get).hasCauseInstanceOf(DatabaseException.class);
        assertThatThrownBy(broken::get).hasCauseInstanceOf(IllegalStateException.class).hasMessageContaining("our bug");
      }
      assertThat(texts(database)).containsExactly("a", "b");
    }
  }

  @Test
  void anErrorInOneWriteEndsNoOther() throws Exception {
    try (var database = Database.open(file(), FIRST)) {
      var gate = new CountDownLatch(1);
      try (var threads = Executors.newVirtualThreadPerTaskExecutor()) {
        var alone = threads.submit(() -> database.write(Sync.PROCESS, sql -> {
          await(gate);
          throw new OutOfMemoryError("in a test");
        }));
        var together = threads.submit(() -> database.write(Sync.PROCESS, sql -> {
          throw new StackOverflowError("in a test");
        }));
        var good = threads.submit(() -> database.write(Sync.PROCESS, sql -> insert(sql, 1, "a")));
        gate.countDown();
        assertThat(good.get()).isEqualTo(1);
        assertThatThrownBy(alone::get).hasRootCauseInstanceOf(OutOfMemoryError.class);
        assertThatThrownBy(together::get).hasRootCauseInstanceOf(StackOverflowError.class);
      }
      assertThat(texts(database)).containsExactly("a");
    }
  }

  @Test
  void anyFolderWillDo() throws Exception {
    var file = Files.createDirectory(temp.resolve("a ?b#c%41")).resolve("x?y.db");
    try (var database = Database.open(file, FIRST)) {
      database.write(Sync.PROCESS, sql -> insert(sql, 1, "one"));
    }
    assertThat(file).isNotEmptyFile();
  }

  @Test
  void manyWritersAtOnceLoseNothing() throws Exception {
    try (var database = Database.open(file(), FIRST)) {
      try (var threads = Executors.newVirtualThreadPerTaskExecutor()) {
        IntStream.range(0, 500).forEach(n -> threads.submit(() -> database.write(n % 50 == 0 ? Sync.POWER : Sync.PROCESS,
            sql -> insert(sql, n, "x"))));
      }
      assertThat(texts(database)).hasSize(500);
    }
  }

  @Test
  void readsWhileAnotherReadIsAtWork() throws Exception {
    try (var database = Database.open(file(), FIRST); var threads = Executors.newVirtualThreadPerTaskExecutor()) {
      var atWork = new CountDownLatch(1);
      var go = new CountDownLatch(1);
      var slow = threads.submit(() -> database.<Integer>read(sql -> {
        atWork.countDown();
        await(go);
        return count(sql);
      }));
      await(atWork);
      database.write(Sync.PROCESS, sql -> insert(sql, 1, "one"));
      assertThat(texts(database)).containsExactly("one");
      go.countDown();
      assertThat(slow.get()).isEqualTo(1);
    }
  }

  @Test
  void closingCommitsWhatIsQueuedAndLaterWritesAreRefused() throws Exception {
    var database = Database.open(file(), FIRST);
    var gate = new CountDownLatch(1);
    var begun = new CompletableFuture<Void>();
    try (var threads = Executors.newVirtualThreadPerTaskExecutor()) {
      threads.submit(() -> database.write(Sync.PROCESS, sql -> {
        begun.complete(null);
        await(gate);
        return insert(sql, 1, "a");
      }));
      begun.get();
      var closing = threads.submit(() -> {
        database.close();
        return null;
      });
      gate.countDown();
      closing.get();
    }
    assertThatThrownBy(() -> database.write(Sync.PROCESS, sql -> insert(sql, 2, "late"))).isInstanceOf(DatabaseException.class);
    database.close();
    try (var again = Database.open(file(), FIRST)) {
      assertThat(texts(again)).containsExactly("a");
    }
  }

  @Test
  void anOlderFormIsBroughtToTheNewestWithItsData() throws Exception {
    try (var database = Database.open(file(), FIRST)) {
      database.write(Sync.PROCESS, sql -> insert(sql, 1, "one"));
    }
    for (var opened = 0; opened < 2; opened++) {
      try (var database = Database.open(file(), SECOND)) {
        assertThat(one(database, "SELECT more FROM t")).isEqualTo("one!");
        assertThat(one(database, "PRAGMA user_version")).isEqualTo("2");
      }
    }
  }

  @Test
  void aNewerFormIsLeftAlone() throws Exception {
    Database.open(file(), SECOND).close();
    var before = Files.readAllBytes(file());
    var problem = catchThrowableOfType(Problem.class, () -> Database.open(file(), FIRST));
    assertThat(problem.line()).contains("newer version", file().toString());
    assertThat(Files.readAllBytes(file())).isEqualTo(before);
  }

  @Test
  void aMigrationThatFailsChangesNothing() throws Exception {
    try (var database = Database.open(file(), FIRST)) {
      database.write(Sync.PROCESS, sql -> insert(sql, 1, "one"));
    }
    var bad = List.of(FIRST.getFirst(), "ALTER TABLE t ADD COLUMN more TEXT;\nINSERT INTO none VALUES (1);\n");
    assertThat(catchThrowableOfType(Problem.class, () -> Database.open(file(), bad)).line()).contains("cannot be opened");
    try (var database = Database.open(file(), SECOND)) {
      assertThat(one(database, "SELECT more FROM t")).isEqualTo("one!");
    }
  }

  @Test
  void whatIsNoDatabaseIsAProblemThatNamesIt() throws Exception {
    Files.writeString(file(), "this is no database, but it is long enough to be taken for a broken one ".repeat(20));
    assertThat(catchThrowableOfType(Problem.class, () -> Database.open(file(), FIRST)).line()).contains(file().toString());
    assertThat(catchThrowableOfType(Problem.class, () -> Database.open(temp.resolve("none/db"), FIRST)).line()).contains("none/db");
  }

  @Test
  void anotherProgramsReaderSeesACommittedStateAndHoldsUpNothing() throws Exception {
    try (var database = Database.open(file(), FIRST); var other = DriverManager.getConnection("jdbc:sqlite:" + file())) {
      database.write(Sync.PROCESS, sql -> insert(sql, 1, "one"));
      other.setAutoCommit(false);
      assertThat(one(other, "SELECT COUNT(*) FROM t")).isEqualTo("1");
      database.write(Sync.POWER, sql -> insert(sql, 2, "two"));
      assertThat(one(other, "SELECT COUNT(*) FROM t")).isEqualTo("1");
      other.rollback();
      assertThat(one(other, "SELECT COUNT(*) FROM t")).isEqualTo("2");
    }
  }

  private Path file() {
    return temp.resolve("x.db");
  }

  private static int insert(Sql sql, int n, String text) throws SQLException {
    return sql.update("INSERT INTO t (n, text) VALUES (?, ?)", n, text);
  }

  private static List<String> texts(Database database) throws DatabaseException {
    return database.read(sql -> sql.list("SELECT text FROM t ORDER BY n", row -> row.getString(1)));
  }

  private static String one(Database database, String text) throws DatabaseException {
    return database.read(sql -> sql.first(text, row -> row.getString(1))).orElseThrow();
  }

  private static String one(Connection c, String sql) throws SQLException {
    try (var select = c.createStatement(); var row = select.executeQuery(sql)) {
      row.next();
      return row.getString(1);
    }
  }

  private static void await(CountDownLatch gate) {
    try {
      gate.await();
    } catch (InterruptedException e) {
      throw new IllegalStateException(e);
    }
  }
}
