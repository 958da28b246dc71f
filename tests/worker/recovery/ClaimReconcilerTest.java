package tests.worker.recovery;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import lib.agent.process.AttemptDirectory;
import lib.core.Clock;
import lib.core.Environment;
import lib.core.Json;
import lib.journal.Attempt;
import lib.journal.Journal;
import lib.wire.Client;
import lib.wire.Server;
import lib.worker.context.WorkerIdentity;
import lib.worker.recovery.ClaimReconciler;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import tests.Program;
import tests.fake.FakeServer;
import tests.fake.FakeServer.Version;

/** Claims in doubt are settled several at once, and all that is known about attempts is found. */
class ClaimReconcilerTest {
  private static final int TASKS = 20; // more than are asked about at once

  @TempDir
  private Path state;
  private FakeServer server;
  private Journal journal;
  private WorkerIdentity identity;
  private ClaimReconciler settling;
  private final LinkedBlockingQueue<String> adopted = new LinkedBlockingQueue<>();

  @BeforeEach
  void open() throws Exception {
    server = FakeServer.start(Version.HEAD);
    journal = Journal.open(state.resolve("journal.db"));
    identity = new WorkerIdentity("me", "w", "w", "host", List.of(), state);
    var client = new Client(new Server(server.url(), null, null, new Environment(Map.of(), state, state, "host")), Duration.ofSeconds(30));
    settling = new ClaimReconciler(client, journal, identity, false, attempt -> adopted.add(attempt.taskId()), () -> { }, Clock.SYSTEM,
        new Random(1));
  }

  @AfterEach
  void close() throws Exception {
    journal.close();
    server.close();
  }

  private Attempt draft(String task, int n) {
    return Attempt.draft(server.url().toString(), "me", task, n, "m", "c", state, "build", "t", Instant.now());
  }

  private String claimed() throws Exception {
    var task = server.addTask("c", "x");
    server.change(task, json -> json.put("status", "running").put("worker_id", "me"));
    settling.add(journal.insertIntent(draft(task, 1)));
    return task;
  }

  @Test
  void aTaskThatTheServerDoesNotAnswerAboutHoldsUpNoOther() throws Exception {
    var stuck = claimed();
    server.on("GET", "/v1/agent/tasks/" + stuck).hang();
    for (var i = 1; i < TASKS; i++) {
      claimed();
    }
    var thread = Thread.ofVirtual().start(settling);
    try {
      for (var i = 1; i < TASKS; i++) {
        assertThat(adopted.poll(20, TimeUnit.SECONDS)).as("task " + i).isNotNull().isNotEqualTo(stuck);
      }
      Program.await("the others' release", () -> settling.tasks().size() == 1);
      assertThat(settling.tasks()).containsExactly(stuck);
    } finally {
      thread.interrupt();
      thread.join();
    }
    assertThat(journal.open()).filteredOn(attempt -> attempt.state() == Attempt.State.INTENT).hasSize(1);
  }

  @Test
  void oneFolderThatCannotBeReadDoesNotHideTheOthers() throws Exception {
    for (var task : List.of("a", "b", "c")) {
      AttemptDirectory.of(state, task, 1).writeInputs("", Json.object(), draft(task, 1).toJson());
    }
    var bad = AttemptDirectory.of(state, "b", 1).file("attempt.json");
    Files.delete(bad);
    Files.createDirectory(bad);
    ClaimReconciler.find(journal, identity);
    assertThat(journal.open()).extracting(Attempt::taskId).containsExactlyInAnyOrder("a", "c");
  }
}
