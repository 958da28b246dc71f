package tests.session.files;

import module java.base;
import static org.assertj.core.api.Assertions.*;
import static org.junit.jupiter.api.Assumptions.assumeFalse;

import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.SQLException;
import lib.session.files.ForeignDatabase;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import tests.session.Captured;

/**
 * Another program's database is read with its log, and nothing is made beside it that could lock its owner out. The reader gets
 * as a parameter that we are somebody else, since these tests may run as root.
 */
class ForeignDatabaseTest {
  @TempDir
  Path folder;

  @Test
  void readsALogWithoutItsIndexFromACopy() throws IOException {
    var file = Captured.lay("1.2.1", folder).resolve("opencode.db");
    assertThat(Files.size(file)).as("everything is in the log").isEqualTo(4096);
    var copies = copies();
    var database = new ForeignDatabase(file, () -> false);
    assertThat(database.read(ForeignDatabaseTest::sessions)).contains(5);
    assertThat(names()).as("nothing was laid beside it").containsExactly("opencode.db", "opencode.db-wal");
    database.release();
    assertThat(copies()).as("and no copy stays").isEqualTo(copies);
  }

  @Test
  void copiesADatabaseOncePerPass() throws Exception {
    var file = Captured.lay("1.2.1", folder).resolve("opencode.db");
    var copies = copies();
    var database = new ForeignDatabase(file, () -> false);
    for (var n = 0; n < 3; n++) {
      assertThat(database.read(ForeignDatabaseTest::sessions)).contains(5);
      assertThat(copies()).hasSize(copies.size() + 1);
    }
    try (var writer = DriverManager.getConnection("jdbc:sqlite:" + file); var statement = writer.createStatement()) {
      statement.execute("DELETE FROM session WHERE directory = '/srv/notes'");
    }
    assertThat(database.read(ForeignDatabaseTest::sessions)).as("all of a pass sees one state").contains(5);
    database.release();
    assertThat(copies()).isEqualTo(copies);
    assertThat(database.read(ForeignDatabaseTest::sessions)).contains(4);
    database.release();
  }

  @Test
  void makesNothingWhenTheDatabaseWasClosed() throws Exception {
    var file = closed();
    assertThat(new ForeignDatabase(file, () -> false).read(ForeignDatabaseTest::sessions)).contains(5);
    assertThat(names()).containsExactly("opencode.db");
  }

  @Test
  void readsTheLogWhenItIsOpenElsewhere() throws Exception {
    var file = Captured.lay("1.2.1", folder).resolve("opencode.db");
    try (var writer = DriverManager.getConnection("jdbc:sqlite:" + file); var statement = writer.createStatement()) {
      statement.execute("DELETE FROM session WHERE directory = '/srv/notes'");
      assertThat(names()).contains("opencode.db-shm", "opencode.db-wal");
      assertThat(new ForeignDatabase(file, () -> false).read(ForeignDatabaseTest::sessions)).contains(4);
    }
  }

  @Test
  void followsALinkToTheLog() throws IOException {
    Captured.lay("1.2.1", folder.resolve("data"));
    var link = Files.createSymbolicLink(folder.resolve("opencode.db"), folder.resolve("data/opencode.db"));
    assertThat(new ForeignDatabase(link, () -> false).read(ForeignDatabaseTest::sessions)).contains(5);
  }

  @Test
  void opensAPathThatUrlsWriteDifferently() throws IOException {
    var odd = Captured.lay("1.2.1", folder.resolve("a b%20?c#d&mode=rw")).resolve("opencode.db");
    for (var own : List.of(true, false)) {
      assertThat(new ForeignDatabase(odd, () -> own).read(ForeignDatabaseTest::sessions)).contains(5);
    }
  }

  @Test
  void isEmptyWhenThereIsNoDatabaseYet() throws IOException {
    var file = folder.resolve("opencode.db");
    assertThat(new ForeignDatabase(file, () -> true).read(ForeignDatabaseTest::sessions)).isEmpty();
    Files.write(file, new byte[0]);
    assertThat(new ForeignDatabase(file, () -> true).read(ForeignDatabaseTest::sessions)).isEmpty();
    assertThat(names()).containsExactly("opencode.db");
  }

  @Test
  void readsInAReadOnlyFolderOfItsOwner() throws Exception {
    assumeFalse("root".equals(System.getProperty("user.name")), "root may write everywhere");
    for (var closed : List.of(true, false)) {
      var file = closed ? closed() : Captured.lay("1.2.1", folder).resolve("opencode.db");
      Files.setPosixFilePermissions(folder, PosixFilePermissions.fromString("r-xr-xr-x"));
      try {
        assertThat(new ForeignDatabase(file, () -> true).read(ForeignDatabaseTest::sessions)).contains(5);
      } finally {
        Files.setPosixFilePermissions(folder, PosixFilePermissions.fromString("rwxr-xr-x"));
      }
    }
  }

  @Test
  void failsWhenTheDatabaseMayNotBeRead() throws Exception {
    assumeFalse("root".equals(System.getProperty("user.name")), "root may read everything");
    var file = closed();
    Files.setPosixFilePermissions(file, PosixFilePermissions.fromString("---------"));
    assertThatThrownBy(() -> new ForeignDatabase(file, () -> false).read(ForeignDatabaseTest::sessions))
        .isInstanceOf(AccessDeniedException.class);
  }

  /** The database as a program leaves it that closed it well: without a log. */
  private Path closed() throws SQLException {
    var file = Captured.lay("1.2.1", folder).resolve("opencode.db");
    try (var connection = DriverManager.getConnection("jdbc:sqlite:" + file); var statement = connection.createStatement()) {
      statement.execute("PRAGMA wal_checkpoint(TRUNCATE)");
    }
    assertThat(folder.resolve("opencode.db-wal")).doesNotExist();
    return file;
  }

  private static int sessions(Connection connection) throws SQLException {
    try (var statement = connection.createStatement(); var row = statement.executeQuery("SELECT count(*) FROM session")) {
      return row.getInt(1);
    }
  }

  private Set<String> names() throws IOException {
    try (var all = Files.list(folder)) {
      return new TreeSet<>(all.map(path -> path.getFileName().toString()).toList());
    }
  }

  private static Set<String> copies() throws IOException {
    try (var all = Files.list(Path.of(System.getProperty("java.io.tmpdir")))) {
      return new TreeSet<>(all.map(path -> path.getFileName().toString()).filter(name -> name.matches("sessions\\d+")).toList());
    }
  }
}
