package tests.store;

import module java.base;
import static org.assertj.core.api.Assertions.*;

import lib.store.Database.Sync;
import lib.store.Database;
import lib.store.DatabaseException;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A statement that is kept for the next time behaves as one that is new. */
class SqlTest {
  private static final String INSERT = "INSERT INTO t (n, text) VALUES (?, ?)";
  private static final String SELECT = "SELECT n, text FROM t WHERE n > ? ORDER BY n";

  @TempDir
  Path temp;
  private Database database;

  @BeforeEach
  void open() {
    database = Database.open(temp.resolve("x.db"), List.of("CREATE TABLE t (n INTEGER PRIMARY KEY, text TEXT);\n"));
  }

  @AfterEach
  void close() throws InterruptedException {
    database.close();
  }

  @Test
  void valuesOfTheTimeBeforeAreGone() throws Exception {
    insert(1, "one");
    insert(2, null);
    assertThat(database.<List<String>>read(sql -> sql.list(SELECT, row -> row.getString(2), 0))).containsExactly("one", null);
    assertThat(database.<List<String>>read(sql -> sql.list(SELECT, row -> row.getString(2), 1L))).singleElement().isNull();
  }

  @Test
  void whatIsNoNumberIsItsText() throws Exception {
    insert(1, Path.of("/a b"));
    insert(2, Instant.EPOCH);
    insert(3, Sync.POWER);
    assertThat(database.<List<String>>read(sql -> sql.list(SELECT, row -> row.getString(2), 0)))
        .containsExactly("/a b", "1970-01-01T00:00:00Z", "POWER");
  }

  @Test
  void theSameTextMayRunWhileItsRowsAreRead() throws Exception {
    for (var n = 1; n <= 3; n++) {
      insert(n, "x");
    }
    for (var again = 0; again < 2; again++) {
      var pairs = new ArrayList<String>();
      database.read(sql -> {
        sql.walk(SELECT, outer -> sql.list(SELECT, inner -> pairs.add(outer.getInt(1) + "-" + inner.getInt(1)),
            outer.getInt(1)) != null, 0);
        return null;
      });
      assertThat(pairs).containsExactly("1-2", "1-3", "2-3");
    }
  }

  @Test
  void rowsLeftUnreadDoNotHoldAnOldState() throws Exception {
    insert(1, "x");
    insert(2, "x");
    assertThat(database.<Integer>read(sql -> sql.first(SELECT, row -> row.getInt(1), 0).orElseThrow())).isEqualTo(1);
    insert(3, "x");
    assertThat(database.<List<Integer>>read(sql -> sql.list(SELECT, row -> row.getInt(1), 0))).containsExactly(1, 2, 3);
  }

  @Test
  void aStatementThatFailedWorksTheNextTime() throws Exception {
    insert(1, "x");
    assertThatThrownBy(() -> insert(1, "again")).isInstanceOf(DatabaseException.class);
    insert(2, "y");
    assertThat(database.<List<String>>read(sql -> sql.list(SELECT, row -> row.getString(2), 0))).containsExactly("x", "y");
  }

  private void insert(int n, Object text) throws Exception {
    database.write(Sync.PROCESS, sql -> sql.update(INSERT, n, text));
  }
}
