package tests.worker.recovery;

import module java.base;
import static org.assertj.core.api.Assertions.assertThat;

import lib.agent.process.AttemptDirectory;
import lib.core.Json;
import lib.journal.Attempt;
import lib.outbox.Outbox;
import lib.worker.context.WorkerEvent;
import lib.worker.recovery.Recovery;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import tests.Program;
import tests.fake.FakeServer.Version;
import tests.worker.MadeWorker;

/** Recovery settles several doubtful claims at once, and finds every attempt on record. */
class RecoveryTest extends MadeWorker {
  private static final int TASKS = 20; // more than it asks about at once
  private Outbox outbox;
  private Recovery recovery;
  private final LinkedBlockingQueue<String> adopted = new LinkedBlockingQueue<>();

  @BeforeEach
  void open() throws Exception {
    server.become(Version.HEAD);
    make(null);
    outbox = outbox();
    recovery = new Recovery(context, running, outbox);
    context.events().subscribe(event -> {
      if (event instanceof WorkerEvent.ClaimConfirmed confirmed) {
        adopted.add(confirmed.attempt().taskId());
      }
    });
  }

  @AfterEach
  void close() throws Exception {
    endLoops();
    outbox.close();
  }

  private Attempt draft(String task) {
    return Attempt.draft(server.url().toString(), "w1", task(task), 1, folder, Instant.now());
  }

  private String claimed() throws Exception {
    var task = server.addTask("c", "x");
    server.change(task, json -> json.put("status", "running").put("worker_id", "w1"));
    journal.insertIntent(draft(task));
    return task;
  }

  @Test
  void settlesOtherClaimsWhenTheServerHangsOnOne() throws Exception {
    var stuck = claimed();
    server.on("GET", "/v1/agent/tasks/" + stuck).hang();
    for (var i = 1; i < TASKS; i++) {
      claimed();
    }
    recovery.restore();
    loop(recovery::run);
    for (var i = 1; i < TASKS; i++) {
      assertThat(adopted.poll(20, TimeUnit.SECONDS)).as("task " + i).isNotNull().isNotEqualTo(stuck);
    }
    Program.await("the others' release", () -> running.unresolved().size() == 1);
    assertThat(running.unresolved()).containsExactly(stuck);
    assertThat(journal.open()).filteredOn(attempt -> attempt.state() == Attempt.State.INTENT).hasSize(1);
  }

  @Test
  void reportsARunningTaskAsLostOnceWhenNobodyHereKnowsIt() throws Exception {
    var known = server.addTask("c", "x");
    var unknown = server.addTask("c", "x");
    var elsewhere = server.addTask("c", "x");
    for (var task : List.of(known, unknown, elsewhere)) {
      server.change(task, json -> json.put("status", "running").put("worker_id", task.equals(elsewhere) ? "w2" : "w1"));
    }
    running.add(task(known), folder);
    recovery.run();
    Program.await("the report", () -> outbox.depth() == 0 && server.status(unknown).equals("failed"));
    assertThat(server.task(unknown).path("error").asText()).contains("lost its record");
    assertThat(List.of(server.status(known), server.status(elsewhere))).containsOnly("running");
    assertThat(journal.latest(unknown).orElseThrow().state()).isEqualTo(Attempt.State.SETTLED);
    assertThat(journal.latest(unknown).orElseThrow().marker()).as("a task that is queued again is run").isNotEqualTo(task(unknown).marker());
  }

  @Test
  void findsOtherAttemptsWhenOneFolderIsUnreadable() throws Exception {
    for (var task : List.of("a", "b", "c")) {
      AttemptDirectory.of(folder, task, 1).writeInputs("", Json.object(), draft(task).toJson());
    }
    var bad = AttemptDirectory.of(folder, "b", 1).file("attempt.json");
    Files.delete(bad);
    Files.createDirectory(bad);
    recovery.restore();
    assertThat(journal.open()).extracting(Attempt::taskId).containsExactlyInAnyOrder("a", "c");
  }
}
