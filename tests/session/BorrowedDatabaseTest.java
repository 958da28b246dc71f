package tests.session;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.Assumptions.assumeFalse;

import java.io.IOException;
import java.nio.file.AccessDeniedException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import lib.session.BorrowedDatabase.Way;
import lib.session.BorrowedDatabase;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/**
 * A database of somebody else is read whole, its log too, whatever lies beside it, and nothing is laid there: a file of ours
 * could shut its owner out. That we are somebody else is told to the reader, since these tests may run as root.
 */
class BorrowedDatabaseTest {
  @TempDir
  Path folder;

  @ParameterizedTest
  @CsvSource({
    "true,  true,  false, PLAIN", // log and index are there: to be read by everybody
    "true,  false, false, COPY", // the index could only be made
    "false, false, false, IMMUTABLE", // closed for good: both could only be made
    "false, true,  false, IMMUTABLE",
    "true,  true,  true,  PLAIN", // the owner's own files shut nobody out
    "true,  false, true,  PLAIN",
    "false, false, true,  PLAIN"})
  void theWayFollowsFromWhatLiesThereAndWhoseItIs(boolean wal, boolean shm, boolean own, Way way) {
    assertThat(BorrowedDatabase.way(wal, shm, own)).isEqualTo(way);
  }

  @Test
  void aLogWithoutItsIndexIsReadFromACopy() throws IOException {
    var file = Captured.lay("1.2.1", folder).resolve("opencode.db");
    assertThat(Files.size(file)).as("everything is in the log").isEqualTo(4096);
    var copies = copies();
    assertThat(new BorrowedDatabase(file, () -> false).read(BorrowedDatabaseTest::sessions)).contains(5);
    assertThat(names()).as("nothing was laid beside it").containsExactly("opencode.db", "opencode.db-wal");
    assertThat(copies()).as("and no copy stays").isEqualTo(copies);
  }

  @Test
  void oneThatWasClosedForGoodIsReadWithoutMakingAnything() throws Exception {
    var file = closed();
    assertThat(new BorrowedDatabase(file, () -> false).read(BorrowedDatabaseTest::sessions)).contains(5);
    assertThat(names()).containsExactly("opencode.db");
  }

  @Test
  void oneThatIsOpenElsewhereIsReadWithItsLog() throws Exception {
    var file = Captured.lay("1.2.1", folder).resolve("opencode.db");
    try (var writer = DriverManager.getConnection("jdbc:sqlite:" + file); var statement = writer.createStatement()) {
      statement.execute("DELETE FROM session WHERE directory = '/srv/notes'");
      assertThat(names()).contains("opencode.db-shm", "opencode.db-wal");
      assertThat(new BorrowedDatabase(file, () -> false).read(BorrowedDatabaseTest::sessions)).contains(4);
    }
  }

  @Test
  void aLinkToOneIsFollowedToItsLog() throws IOException {
    Captured.lay("1.2.1", folder.resolve("data"));
    var link = Files.createSymbolicLink(folder.resolve("opencode.db"), folder.resolve("data/opencode.db"));
    assertThat(new BorrowedDatabase(link, () -> false).read(BorrowedDatabaseTest::sessions)).contains(5);
  }

  @Test
  void aPathMayHoldWhatUrlsHoldDifferently() throws IOException {
    var odd = Captured.lay("1.2.1", folder.resolve("a b%20?c#d&mode=rw")).resolve("opencode.db");
    for (var own : List.of(true, false)) {
      assertThat(new BorrowedDatabase(odd, () -> own).read(BorrowedDatabaseTest::sessions)).contains(5);
    }
  }

  @Test
  void nothingIsReadWhereNothingIsYet() throws IOException {
    var file = folder.resolve("opencode.db");
    assertThat(new BorrowedDatabase(file, () -> true).read(BorrowedDatabaseTest::sessions)).isEmpty();
    Files.write(file, new byte[0]);
    assertThat(new BorrowedDatabase(file, () -> true).read(BorrowedDatabaseTest::sessions)).isEmpty();
    assertThat(names()).containsExactly("opencode.db");
  }

  @Test
  void theOwnerOfAFolderThatIsReadOnlyGetsAlong() throws Exception {
    assumeFalse("root".equals(System.getProperty("user.name")), "root may write everywhere");
    for (var closed : List.of(true, false)) {
      var file = closed ? closed() : Captured.lay("1.2.1", folder).resolve("opencode.db");
      Files.setPosixFilePermissions(folder, PosixFilePermissions.fromString("r-xr-xr-x"));
      try {
        assertThat(new BorrowedDatabase(file, () -> true).read(BorrowedDatabaseTest::sessions)).contains(5);
      } finally {
        Files.setPosixFilePermissions(folder, PosixFilePermissions.fromString("rwxr-xr-x"));
      }
    }
  }

  @Test
  void oneThatMayNotBeReadIsNotTakenForNone() throws Exception {
    assumeFalse("root".equals(System.getProperty("user.name")), "root may read everything");
    var file = closed();
    Files.setPosixFilePermissions(file, PosixFilePermissions.fromString("---------"));
    assertThatThrownBy(() -> new BorrowedDatabase(file, () -> false).read(BorrowedDatabaseTest::sessions))
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
