package tests.journal;

import module java.base;
import static org.assertj.core.api.Assertions.assertThat;

import java.sql.DriverManager;
import java.sql.SQLException;
import lib.client.ServerFeatures;
import lib.config.Codebase;
import lib.core.Json;
import lib.journal.Attempt.Position;
import lib.journal.Attempt.State;
import lib.journal.Attempt;
import lib.journal.Journal;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import tests.FakeTime;
import tests.Program;
import tests.Project;
import tests.fake.FakeServer.Version;
import tests.fake.FakeServer;
import tests.outbox.Delivery;

/** A worker that was upgraded finishes what the version before it left. */
class OldJournalTest {
  @TempDir
  Path temp;

  private Path file;

  @BeforeEach
  void makeOld() throws IOException, SQLException {
    file = temp.resolve("journal.db");
    try (var connection = DriverManager.getConnection("jdbc:sqlite:" + file); var statement = connection.createStatement()) {
      for (var sql : Files.readString(Project.file("tests/journal/journal-v1.sql")).split(";\\s*\n")) {
        statement.execute(sql);
      }
    }
  }

  @Test
  void theFirstFormIsUnderstood() throws Exception {
    try (var journal = Journal.open(file)) {
      assertThat(journal.open()).hasSize(2);
      assertThat(journal.open().getFirst()).satisfies(attempt -> {
        assertThat(attempt.state()).isEqualTo(State.ENDED);
        assertThat(attempt.codebase()).isEqualTo(Path.of("/srv/proj"));
        assertThat(attempt.sessionId()).isEqualTo("ses_1");
        assertThat(attempt.n()).isEqualTo(2);
        assertThat(attempt.delivered()).as("the server is asked for the rest").isEqualTo(new Position(0, 4));
        assertThat(attempt.verdict()).isEqualTo("{\"reason\":\"agent-error\"}");
      });
      assertThat(journal.open().getLast()).extracting(Attempt::state, Attempt::delivered).containsExactly(State.INTENT, Position.START);
      assertThat(journal.latest("task-3")).map(Attempt::fence).contains(7);
      assertThat(journal.savedCodebases("http://old.example")).containsExactly(new Codebase("more", Path.of("/srv/more"), "registered at run time"));
    }
  }

  @Test
  void deliversWhatWaits() throws Exception {
    try (var server = FakeServer.start(Version.V13); var journal = Journal.open(file)) {
      server.addTask(Json.object().put("id", "task-1"));
      try (var outbox = Delivery.outbox(server, journal, temp, new FakeTime(), Delivery.listener(new ArrayList<>()))) {
        outbox.deliver(ServerFeatures.other(URI.create(journal.open().getFirst().server())));
        outbox.resume(journal.open().getFirst());
        Program.await("the end of all deliveries", () -> outbox.depth() == 0);
      }
      assertThat(server.history("task-1")).containsExactly("failed");
      assertThat(server.task("task-1").path("error").asText()).isEqualTo("why; it failed");
      assertThat(server.requests("POST", "/v1/worker/tasks/release")).hasSize(1);
      assertThat(journal.open()).extracting(Attempt::taskId).isEqualTo(List.of("task-2"));
    }
  }
}
