package tests.worker.presence;

import module java.base;
import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.node.ObjectNode;
import lib.client.ServerFeatures;
import lib.core.Json;
import lib.journal.Attempt;
import lib.outbox.Outbox;
import lib.protocol.TaskReport;
import lib.protocol.TaskStatus;
import lib.worker.admission.RunningTasks.RunningTask;
import lib.worker.admission.StopRequest;
import lib.worker.context.WorkerEvent;
import lib.worker.presence.TaskFeeds;
import lib.worker.presence.TaskStatusPoller;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import tests.Program;
import tests.fake.FakeServer.Version;
import tests.worker.MadeWorker;

/** A task that is queued again while it runs goes on where it runs, and ends once. */
class TaskStatusPollerTest extends MadeWorker {
  private Outbox outbox;
  private String task;
  private Attempt attempt;
  private RunningTask place;

  @BeforeEach
  void open() {
    server.become(Version.HEAD);
  }

  @AfterEach
  void close() throws Exception {
    endLoops();
    outbox.close();
  }

  /** A task runs here. @param features null for those of another server than our own */
  private void run(ServerFeatures features, int fence) throws Exception {
    make(features);
    outbox = outbox();
    task = server.addTask("cb", "talk");
    context.client().claim(task, "w1");
    var draft = Attempt.draft(context.server().features().key(), "w1", task(task), 1, folder, Instant.now());
    attempt = journal.claimed(journal.insertIntent(draft), fence, 0, TaskReport.running(task, "w1", null, fence), Instant.now());
    outbox.open(attempt);
    place = running.add(task(task), folder);
    place.claimed(attempt);
    Program.await("the report that it runs", () -> outbox.isDelivered(attempt));
    loop(new TaskStatusPoller(context, running, outbox, new TaskFeeds(context, codebases, running).stream())::run);
  }

  private void queuedAgain() {
    server.change(task, json -> json.put("status", "pending").putNull("worker_id"));
  }

  private void announced() {
    context.events().publish(new WorkerEvent.RunningTaskAnnounced(task));
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
    announced();
    Program.await("the report that it runs", () -> server.status(task).equals("running") && claims() == 2);
    Program.await("the status call", () -> server.requests("PUT", "/v1/agent/tasks/" + task + "/status").size() == 2);
    assertThat(place.stopRequest().isPresent()).isFalse();
  }

  @Test
  void namesItsAttemptToAServerThatNumbersClaims() throws Exception {
    run(ServerFeatures.own("srv"), 7);
    queuedAgain();
    announced();
    Program.await("the second claim", () -> claims() == 2);
    assertThat(lastClaim().path("attempt").asInt()).isEqualTo(7);
    assertThat(place.stopRequest().isPresent()).isFalse();
  }

  @Test
  void stopsATaskThatAServerThatNumbersClaimsRefuses() throws Exception {
    run(ServerFeatures.own("srv"), 7);
    queuedAgain();
    server.on("POST", "/v1/worker/tasks/claim").answer(409, "already claimed by another worker");
    announced();
    Program.await("the stop request", () -> place.stopRequest().isPresent());
    assertThat(place.stopRequest()).map(StopRequest::cause).contains(StopRequest.Cause.SUPERSEDED);
  }

  @Test
  void stopsACancelledTaskAndSaysNothingOverIt() throws Exception {
    run(null, 0);
    server.change(task, json -> json.put("status", "cancelled"));
    announced();
    Program.await("the stop request", () -> place.stopRequest().isPresent());
    assertThat(place.stopRequest()).map(StopRequest::cause).contains(StopRequest.Cause.CANCELLED);
    assertThat(server.status(task)).isEqualTo("cancelled");
  }

  @Test
  void sendsTheOutcomeAgainWhenTheTaskHasEndedBeforeItIsClaimedAgain() throws Exception {
    run(ServerFeatures.own("srv"), 7);
    outbox.finish(attempt, Json.object(), new TaskReport(task, "w1", TaskStatus.COMPLETED, null, "done", null, 7), false);
    Program.await("its delivery", () -> outbox.depth() == 0);
    queuedAgain();
    announced();
    Program.await("the outcome", () -> claims() == 2 && outbox.depth() == 0 && server.status(task).equals("completed"));
    assertThat(server.requests("PUT", "/v1/agent/tasks/" + task + "/status")).filteredOn(r -> r.json().path("status").asText()
        .equals("completed")).hasSize(2);
    assertThat(journal.latest(task)).map(Attempt::state).contains(Attempt.State.SETTLED);
  }
}
