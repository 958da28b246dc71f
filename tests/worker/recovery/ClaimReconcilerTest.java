package tests.worker.recovery;

import module java.base;
import static org.assertj.core.api.Assertions.assertThat;

import lib.agent.process.AttemptDirectory;
import lib.core.Clock;
import lib.core.Json;
import lib.journal.Attempt;
import lib.journal.AttemptKey;
import lib.journal.Journal;
import lib.outbox.Outbox;
import lib.worker.admission.RunningTasks;
import lib.worker.context.WorkerContext;
import lib.worker.context.WorkerEvent;
import lib.worker.recovery.ClaimReconciler;
import lib.worker.recovery.Recovery;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import tests.Program;
import tests.fake.FakeServer.Version;
import tests.fake.FakeServer;
import tests.worker.MadeWorker;

/** Recovery settles several doubtful claims at once, and finds every attempt on record. */
class ClaimReconcilerTest {
  private static final int TASKS = 20; // more than the reconciler asks about at once

  @TempDir
  private Path state;
  private FakeServer server;
  private Journal journal;
  private WorkerContext context;
  private RunningTasks running;
  private Outbox outbox;
  private ClaimReconciler settling;
  private final LinkedBlockingQueue<String> adopted = new LinkedBlockingQueue<>();

  @BeforeEach
  void open() throws Exception {
    server = FakeServer.start(Version.HEAD);
    journal = Journal.open(state.resolve("journal.db"));
    context = MadeWorker.of(server, null, state, journal, Clock.SYSTEM, Map.of());
    running = new RunningTasks(context.settings(), Clock.SYSTEM);
    outbox = MadeWorker.outbox(context);
    settling = new ClaimReconciler(context, running, outbox);
    context.events().subscribe(event -> {
      if (event instanceof WorkerEvent.ClaimConfirmed confirmed) {
        adopted.add(confirmed.attempt().taskId());
      }
    });
  }

  @AfterEach
  void close() throws Exception {
    outbox.close();
    journal.close();
    server.close();
  }

  private Attempt draft(String task, int n) {
    return Attempt.draft(new AttemptKey(server.url().toString(), "w1", task, n, "m"), new Attempt.Work("c", state, "build", "t"),
        Instant.now());
  }

  private String claimed() throws Exception {
    var task = server.addTask("c", "x");
    server.change(task, json -> json.put("status", "running").put("worker_id", "w1"));
    settling.add(journal.insertIntent(draft(task, 1)));
    return task;
  }

  @Test
  void settlesOtherClaimsWhenTheServerHangsOnOne() throws Exception {
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
      Program.await("the others' release", () -> running.unresolved().size() == 1);
      assertThat(running.unresolved()).containsExactly(stuck);
    } finally {
      thread.interrupt();
      thread.join();
    }
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
    running.add(MadeWorker.task(known), state);
    outbox.deliver(context.server().known().orElseThrow());
    settling.run();
    Program.await("the report", () -> outbox.depth() == 0 && server.status(unknown).equals("failed"));
    assertThat(server.task(unknown).path("error").asText()).contains("lost its record");
    assertThat(List.of(server.status(known), server.status(elsewhere))).containsOnly("running");
    assertThat(journal.latest(unknown).orElseThrow().state()).isEqualTo(Attempt.State.SETTLED);
    assertThat(journal.latest(unknown).orElseThrow().marker()).as("a task that is queued again is run").isNotEqualTo(MadeWorker.task(unknown).marker());
  }

  @Test
  void findsOtherAttemptsWhenOneFolderIsUnreadable() throws Exception {
    for (var task : List.of("a", "b", "c")) {
      AttemptDirectory.of(state, task, 1).writeInputs("", Json.object(), draft(task, 1).toJson());
    }
    var bad = AttemptDirectory.of(state, "b", 1).file("attempt.json");
    Files.delete(bad);
    Files.createDirectory(bad);
    new Recovery(context, outbox, settling).restore();
    assertThat(journal.open()).extracting(Attempt::taskId).containsExactlyInAnyOrder("a", "c");
  }
}
