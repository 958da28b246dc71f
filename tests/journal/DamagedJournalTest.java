package tests.journal;

import module java.base;
import static org.assertj.core.api.Assertions.*;

import java.sql.DriverManager;
import lib.core.Problem;
import lib.journal.Attempt;
import lib.journal.Journal;
import lib.protocol.CodebaseInfo;
import lib.protocol.TaskReport;
import lib.protocol.TaskStatus;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import tests.worker.MadeWorker;

/** A damaged journal keeps no worker from starting: it is set aside, and another begins (P10). */
class DamagedJournalTest {
  private static final Instant NOW = Instant.parse("2026-01-01T00:00:00Z");
  private static final int ATTEMPTS = 200;
  private static final int PAGE = 4096;

  private static byte[] filled;

  @TempDir
  Path temp;
  private Path file;

  @BeforeAll
  static void fill(@TempDir Path folder) throws Exception {
    var file = folder.resolve("journal.db");
    try (var journal = Journal.open(file)) {
      journal.saveCodebase("s", new CodebaseInfo("cb", "name", "/p", "w"), "about", NOW);
      for (var i = 1; i <= ATTEMPTS; i++) {
        var claimed = journal.claimed(journal.insertIntent(Attempt.draft("s", "w", MadeWorker.task("t" + i), 1, Path.of("/c" + "x".repeat(200)), NOW)), i, 900,
            null, NOW);
        journal.ended(claimed, "{}", new TaskReport("t" + i, "w", TaskStatus.FAILED, null, "r".repeat(100), "why", i), false, NOW);
      }
    }
    filled = Files.readAllBytes(file);
  }

  @BeforeEach
  void write() throws IOException {
    file = Files.write(temp.resolve("journal.db"), filled);
  }

  private List<Path> aside() throws IOException {
    try (var files = Files.list(temp)) {
      return files.filter(f -> f.getFileName().toString().matches("journal\\.db\\.damaged-\\d{8}T\\d{6}Z")).toList();
    }
  }

  private void overwrite(long from, int bytes) throws IOException {
    try (var open = new RandomAccessFile(file.toFile(), "rw")) {
      open.seek(from);
      open.write("garbage ".repeat(bytes / 8).getBytes());
    }
  }

  private void expectOpen(int attempts) throws Exception {
    try (var journal = Journal.open(file)) {
      assertThat(journal.open()).hasSize(attempts);
    }
  }

  @Test
  void leavesASoundOneAlone() throws Exception {
    expectOpen(ATTEMPTS);
    assertThat(aside()).isEmpty();
  }

  @Test
  void readsTheOthersWhenAnAttemptHasGarbageInItsValues() throws Exception {
    try (var database = DriverManager.getConnection("jdbc:sqlite:" + file); var statement = database.createStatement()) {
      statement.execute("UPDATE attempt SET state = 'STARTEX' WHERE id = 1");
      statement.execute("UPDATE attempt SET created_at = 'yesterday', ended_at = NULL WHERE id = 2");
    }
    try (var journal = Journal.open(file)) {
      assertThat(journal.open()).hasSize(ATTEMPTS - 2);
      assertThat(journal.retentionRows()).hasSize(ATTEMPTS);
    }
  }

  @Test
  void opensWhicheverPageIsDamaged() throws Exception {
    var whole = Files.readAllBytes(file);
    for (var page = 0; page < whole.length / PAGE; page++) {
      Files.write(file, whole);
      overwrite((long) page * PAGE, PAGE);
      try (var journal = Journal.open(file)) {
        intend(journal, "new");
        assertThat(journal.open()).as("page " + page).extracting(Attempt::taskId).contains("new");
      }
      Files.deleteIfExists(temp.resolve("journal.db-wal"));
      Files.deleteIfExists(temp.resolve("journal.db-shm"));
    }
  }

  @Test
  void setsACutFileAsideWithWhatSqliteKeepsBesideIt() throws Exception {
    var copy = Files.createDirectory(temp.resolve("copy"));
    try (var journal = Journal.open(file)) {
      intend(journal, "late");
      for (var end : List.of("", "-wal")) { // as a process that was killed leaves them
        Files.copy(temp.resolve("journal.db" + end), copy.resolve("journal.db" + end));
      }
    }
    file = copy.resolve("journal.db");
    try (var open = new RandomAccessFile(file.toFile(), "rw")) {
      open.setLength(open.length() / 2);
    }
    expectOpen(0);
    try (var files = Files.list(copy)) {
      assertThat(files.map(f -> f.getFileName().toString().replaceAll("\\d{8}T\\d{6}Z", "then"))).contains("journal.db.damaged-then",
          "journal.db.damaged-then-wal");
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"", "this is no database, but a text that somebody put here by mistake, longer than a header of 100 characters is"})
  void setsAFileAsideThatIsNoDatabase(String content) throws Exception {
    Files.createDirectory(file.resolveSibling("tasks")); // there were attempts
    Files.writeString(file, content);
    expectOpen(0);
    assertThat(aside()).singleElement().satisfies(old -> assertThat(old).hasContent(content));
  }

  @Test
  void usesAnEmptyOneThatAnInterruptedFirstStartLeft() throws Exception {
    Files.writeString(file, "");
    expectOpen(0);
    assertThat(aside()).isEmpty();
  }

  @Test
  void setsADirectoryInItsPlaceAside() throws Exception {
    Files.delete(file);
    Files.createDirectory(file);
    expectOpen(0);
    assertThat(aside()).singleElement().satisfies(old -> assertThat(old).isDirectory());
  }

  @Test
  void refusesANewerOne() throws Exception {
    try (var database = DriverManager.getConnection("jdbc:sqlite:" + file); var statement = database.createStatement()) {
      statement.execute("PRAGMA user_version=99");
    }
    assertThatThrownBy(() -> Journal.open(file)).isInstanceOf(Problem.class).hasMessageContaining("newer version");
    assertThat(aside()).isEmpty();
  }

  private static void intend(Journal journal, String task) {
    try {
      journal.insertIntent(Attempt.draft("s", "w", MadeWorker.task(task), 1, null, NOW));
    } catch (Exception e) {
      throw new AssertionError(e);
    }
  }
}
