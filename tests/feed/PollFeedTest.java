package tests.feed;

import module java.base;
import static org.assertj.core.api.Assertions.assertThat;

import lib.client.ServerFeatures;
import lib.core.Clock;
import lib.protocol.TaskStatus;
import lib.worker.context.WorkerEvent;
import lib.worker.presence.TaskFeeds;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import tests.Program;
import tests.worker.MadeWorker;

/** The poll finds what the stream does not bring, as soon as it can be there. */
class PollFeedTest extends MadeWorker {
  private static final String TASKS = "/v1/agent/tasks";
  private TaskFeeds feeds;

  @AfterEach
  void close() {
    feeds.stream().close();
  }

  private void begin(ServerFeatures features, String interval, boolean withStream) throws Exception {
    make(features, Clock.SYSTEM, Map.of("A2A_POLL_INTERVAL", interval, "A2A_MAX_CONCURRENT_TASKS", "2"));
    feeds = new TaskFeeds(context, codebases, running);
    loop(feeds.poll()::run);
    if (withStream) {
      loop(feeds.stream()::run);
      Program.await("the stream", feeds.stream()::up);
    }
    Program.await("the first poll", () -> !server.requests("GET", TASKS).isEmpty());
  }

  private long polls() {
    return server.requests("GET", TASKS).stream().filter(r -> !r.query().containsKey("worker_id")).count();
  }

  private void place(String task) {
    running.add(task(task), null);
    context.events().publish(new WorkerEvent.TaskClaimed(attempt(task, 0, 0, Instant.EPOCH)));
  }

  private void awaitOffer(String task) throws Exception {
    Program.await("the task", () -> feeds.inbox().all().stream().anyMatch(t -> t.id().equals(task)));
  }

  @Test
  void pollsAtItsIntervalBesideAStreamWhileOneTaskRunsAndASlotIsFree() throws Exception {
    begin(null, "0.5", true);
    place("t1");
    var before = polls();
    Program.await("several polls", () -> polls() >= before + 4); // beside a stream that brings tasks it would take minutes
  }

  @Test
  void pollsRarelyBesideAStreamWhileNoSlotIsFree() throws Exception {
    begin(null, "3600", true);
    place("t1");
    place("t2");
    context.events().publish(new WorkerEvent.AttemptEnded(attempt("t1", 0, 0, Instant.EPOCH), TaskStatus.COMPLETED, null, Duration.ZERO));
    var task = server.addTask("cb", "x");
    awaitOffer(task);
  }

  @Test
  void pollsOnceMoreWhenTheServerHasTakenTheRelease() throws Exception {
    begin(null, "3600", false);
    feeds.poll().pollNow();
    var before = polls();
    Program.await("the poll", () -> polls() > before);
    var task = server.addTask("cb", "created after that poll"); // and announced to nobody
    context.events().publish(new WorkerEvent.AttemptSettled(attempt("t1", 0, 0, Instant.EPOCH)));
    awaitOffer(task);
  }

  @Test
  void asksAServerThatFiltersPollsOnce() throws Exception {
    begin(ServerFeatures.own("srv"), "3600", false);
    assertThat(polls()).isZero();
  }

}
