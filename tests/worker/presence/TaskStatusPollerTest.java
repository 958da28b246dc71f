package tests.worker.presence;

import module java.base;
import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.node.ObjectNode;
import lib.client.ServerFeatures;
import lib.core.Clock;
import lib.journal.Attempt;
import lib.journal.AttemptKey;
import lib.journal.Journal;
import lib.outbox.Outbox;
import lib.protocol.TaskReport;
import lib.protocol.TaskStatus;
import lib.worker.admission.Codebases;
import lib.worker.admission.RunningTasks.RunningTask;
import lib.worker.admission.RunningTasks;
import lib.worker.admission.StopRequest;
import lib.worker.context.RestartingLoop;
import lib.worker.context.WorkerContext;
import lib.worker.context.WorkerEvent;
import lib.worker.presence.TaskStatusPoller;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import tests.Program;
import tests.fake.FakeServer.Version;
import tests.fake.FakeServer;
import tests.worker.MadeWorker;

/** A task that is queued again while it runs goes on where it runs, and ends once. */
class TaskStatusPollerTest {
  @TempDir
  private Path folder;
  private FakeServer server;
  private Journal journal;
  private WorkerContext context;
  private RunningTasks running;
  private Outbox outbox;
  private TaskStatusPoller poller;
  private Thread thread;
  private String task;
  private Attempt attempt;
  private RunningTask place;

  @BeforeEach
  void open() throws Exception {
    server = FakeServer.start(Version.HEAD);
    journal = Journal.open(folder.resolve("journal.db"));
  }

  @AfterEach
  void close() throws Exception {
    thread.interrupt();
    thread.join();
    outbox.close();
    journal.close();
    server.close();
  }

  /** A task runs here. @param features null for those of another server than our own */
  private void run(ServerFeatures features, int fence) throws Exception {
    context = MadeWorker.of(server, features, folder, journal, Clock.SYSTEM, Map.of());
    running = new RunningTasks(context.settings(), context.clock());
    outbox = MadeWorker.outbox(context);
    var stream = MadeWorker.feeds(context, new Codebases(context.settings().now(), List.of()), running).stream();
    poller = new TaskStatusPoller(context, running, outbox, stream);
    task = server.addTask("cb", "talk");
    context.client().claim(task, "w1");
    var draft = Attempt.draft(new AttemptKey(context.server().features().key(), "w1", task, 1, "m"), new Attempt.Work("cb", folder, "build", "t"),
        Instant.now());
    attempt = journal.claimed(journal.insertIntent(draft), fence, 0, List.of(TaskReport.running(task, "w1", null, fence)), Instant.now());
    outbox.open(attempt);
    place = running.add(MadeWorker.task(task), folder);
    place.claimed(attempt);
    Program.await("the report that it runs", () -> outbox.isDelivered(attempt));
    thread = Thread.ofVirtual().start(new RestartingLoop("poller", poller::run, Clock.SYSTEM));
  }

  private void queuedAgain() {
    server.change(task, json -> json.put("status", "pending").putNull("worker_id"));
  }

  private long claims() {
    return server.requests("POST", "/v1/worker/tasks/claim").size();
  }

  private ObjectNode lastClaim() {
    return server.requests("POST", "/v1/worker/tasks/claim").getLast().json();
  }

  @Test
  void claimsATaskAgainThatWasQueuedAgainAndSaysThatItRuns() throws Exception {
    run(null, 0);
    queuedAgain();
    context.events().publish(new WorkerEvent.RunningTaskAnnounced(task));
    Program.await("the report that it runs", () -> server.status(task).equals("running") && claims() == 2);
    Program.await("the status call", () -> server.requests("PUT", "/v1/agent/tasks/" + task + "/status").size() == 2);
    assertThat(place.stops().isPresent()).isFalse();
  }

  @Test
  void namesItsAttemptToAServerThatNumbersClaims() throws Exception {
    run(ServerFeatures.own("srv"), 7);
    queuedAgain();
    context.events().publish(new WorkerEvent.RunningTaskAnnounced(task));
    Program.await("the second claim", () -> claims() == 2);
    assertThat(lastClaim().path("attempt").asInt()).isEqualTo(7);
    assertThat(place.stops().isPresent()).isFalse();
  }

  @Test
  void stopsATaskThatAServerThatNumbersClaimsRefuses() throws Exception {
    run(ServerFeatures.own("srv"), 7);
    queuedAgain();
    server.on("POST", "/v1/worker/tasks/claim").answer(409, "already claimed by another worker");
    context.events().publish(new WorkerEvent.RunningTaskAnnounced(task));
    Program.await("the stop request", () -> place.stops().isPresent());
    assertThat(place.stops().current()).map(StopRequest::cause).contains(StopRequest.Cause.SUPERSEDED);
  }

  @Test
  void stopsACancelledTaskAndSaysNothingOverIt() throws Exception {
    run(null, 0);
    server.change(task, json -> json.put("status", "cancelled"));
    context.events().publish(new WorkerEvent.RunningTaskAnnounced(task));
    Program.await("the stop request", () -> place.stops().isPresent());
    assertThat(place.stops().current()).map(StopRequest::cause).contains(StopRequest.Cause.CANCELLED);
    assertThat(server.status(task)).isEqualTo("cancelled");
  }

  @Test
  void sendsTheOutcomeAgainWhenTheTaskHasEndedBeforeItIsClaimedAgain() throws Exception {
    run(ServerFeatures.own("srv"), 7);
    outbox.finish(attempt, "{}", List.of(new TaskReport(task, "w1", TaskStatus.COMPLETED, null, "done", null, 7)), false);
    Program.await("its delivery", () -> outbox.depth() == 0);
    queuedAgain();
    context.events().publish(new WorkerEvent.RunningTaskAnnounced(task));
    Program.await("the outcome", () -> claims() == 2 && outbox.depth() == 0 && server.status(task).equals("completed"));
    assertThat(server.requests("PUT", "/v1/agent/tasks/" + task + "/status")).filteredOn(r -> r.json().path("status").asText()
        .equals("completed")).hasSize(2);
    assertThat(journal.latest(task)).map(Attempt::state).contains(Attempt.State.SETTLED);
  }
}
