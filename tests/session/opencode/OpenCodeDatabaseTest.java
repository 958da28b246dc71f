package tests.session.opencode;

import module java.base;
import static org.assertj.core.api.Assertions.*;

import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.SQLException;
import lib.session.Message;
import lib.session.SessionStore;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import tests.session.Captured;

/** OpenCode's database from 1.2 on: read while it is written, and only three of its tables. */
class OpenCodeDatabaseTest {
  @TempDir
  Path folder;
  private Path file;
  private SessionStore store;

  @BeforeEach
  void lay() {
    file = Captured.lay("1.18.33", folder).resolve("opencode.db");
    store = Captured.opencode(folder);
  }

  @Test
  void readsNoOtherTable() throws Exception {
    write("PRAGMA foreign_keys = OFF", "DROP TABLE account", "DROP TABLE control_account", "DROP TABLE credential",
        "DROP TABLE session_share", "DROP TABLE project",
        "DROP TABLE session_message", "DROP TABLE session_input", "DROP TABLE event", "DROP TABLE permission");
    assertThat(store.sessions()).hasSize(4);
    assertThat(store.messages(Captured.titled(store, "List the stock"), 10)).hasSize(4);
  }

  @Test
  void skipsRowsThatAreNoJsonOrTooLarge() throws Exception {
    var session = Captured.titled(store, "List the stock");
    var before = store.messages(session, 100);
    write("INSERT INTO part VALUES ('prt_a', '" + before.get(1).id() + "', '" + session.id() + "', 9999999999999, 1, '{\"type\"')",
        "INSERT INTO part VALUES ('prt_b', '" + before.get(1).id() + "', '" + session.id() + "', 9999999999999, 1, "
            + "json_object('type', 'text', 'text', hex(zeroblob(9000000))))",
        "INSERT INTO message VALUES ('msg_a', '" + session.id() + "', 9999999999999, 1, 'no JSON')",
        "INSERT INTO session (id, project_id, slug, directory, title, version, time_created, time_updated)"
            + " VALUES ('ses_a', 'global', 'a', 'relative', 'a', 'a', 1, 1), ('../ses_b', 'global', 'b', '/srv', 'b', 'b', 1, 1),"
            + " ('ses' || char(0, 10), 'global', 'c', '/srv', 'c', 'c', 1, 1)");
    assertThat(store.sessions()).hasSize(4);
    assertThat(store.messages(session, 100)).isEqualTo(before);
  }

  @Test
  void readsBesideAWriter() throws Exception {
    var session = Captured.titled(store, "List the stock");
    var stop = new AtomicBoolean();
    var written = new int[1];
    var writer = Thread.ofPlatform().start(() -> {
      try (var connection = connected(file)) {
        for (; !stop.get(); written[0]++) {
          execute(connection, "INSERT INTO message VALUES ('msg_" + written[0] + "', '" + session.id() + "', " + System.currentTimeMillis()
              + ", 1, '{\"role\":\"user\"}')", "UPDATE session SET time_updated = " + System.currentTimeMillis()
              + " WHERE id = '" + session.id() + "'");
        }
      } catch (SQLException e) {
        throw new AssertionError("the writer was disturbed", e);
      }
    });
    try {
      var last = 0;
      for (var n = 0; n < 100; n++) {
        var now = Captured.titled(store, "List the stock").messages();
        assertThat(now).isGreaterThanOrEqualTo(last);
        assertThat(store.messages(session, 5)).hasSizeBetween(4, 5).extracting(Message::role).contains("user");
        last = now;
      }
    } finally {
      stop.set(true);
      writer.join();
    }
    assertThat(Captured.titled(store, "List the stock").messages()).isEqualTo(4 + written[0]);
  }

  @Test
  void failsWhenTheFileIsNoDatabase() throws IOException {
    Files.deleteIfExists(folder.resolve("opencode.db-wal"));
    Files.writeString(file, "this is no database, and long enough to have a header that could be one ".repeat(20));
    assertThatThrownBy(() -> store.sessions()).isInstanceOf(IOException.class).hasMessageContaining("opencode.db");
  }

  @Test
  void failsWhenAFolderIsInItsPlace() throws IOException {
    for (var end : new String[] {"", "-wal", "-shm"}) {
      Files.deleteIfExists(folder.resolve("opencode.db" + end));
    }
    Files.createDirectory(file);
    assertThatThrownBy(() -> store.sessions()).isInstanceOf(IOException.class).hasMessageContaining("is a folder");
  }

  private void write(String... statements) throws SQLException {
    try (var connection = connected(file)) {
      execute(connection, statements);
    }
  }

  /** Open like OpenCode: with a log, and without a checkpoint at the end where another still reads. */
  private static Connection connected(Path file) throws SQLException {
    return DriverManager.getConnection("jdbc:sqlite:" + file.toUri() + "?journal_mode=WAL&busy_timeout=10000");
  }

  private static void execute(Connection connection, String... statements) throws SQLException {
    for (var text : statements) {
      try (var statement = connection.createStatement()) {
        statement.execute(text);
      }
    }
  }
}
