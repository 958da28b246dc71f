package tests.feed;

import module java.base;
import static org.assertj.core.api.Assertions.assertThat;

import lib.client.ServerFeatures;
import lib.core.Clock;
import lib.feed.Inbox;
import lib.feed.PollFeed;
import lib.feed.StreamFeed;
import lib.protocol.TaskStatus;
import lib.worker.admission.Codebases;
import lib.worker.admission.RunningTasks;
import lib.worker.context.RestartingLoop;
import lib.worker.context.WorkerContext;
import lib.worker.context.WorkerEvent;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import tests.Program;
import tests.fake.FakeServer.Version;
import tests.fake.FakeServer;
import tests.worker.MadeWorker;

/** The poll finds what the stream does not bring, as soon as it can be there. */
class PollFeedTest {
  private static final String TASKS = "/v1/agent/tasks";

  @TempDir
  private Path folder;
  private FakeServer server;
  private WorkerContext context;
  private RunningTasks running;
  private Inbox inbox;
  private PollFeed poll;
  private StreamFeed stream;
  private Thread polling;
  private Thread streaming;

  @BeforeEach
  void open() throws Exception {
    server = FakeServer.start(Version.V16);
  }

  @AfterEach
  void close() throws Exception {
    polling.interrupt();
    polling.join();
    if (streaming != null) {
      stream.close();
      streaming.join();
    }
    server.close();
  }

  private void begin(ServerFeatures features, String interval, boolean withStream) throws Exception {
    context = MadeWorker.of(server, features, folder, null, Clock.SYSTEM, Map.of("A2A_POLL_INTERVAL", interval, "A2A_MAX_CONCURRENT_TASKS", "2"));
    running = new RunningTasks(context.settings(), context.clock());
    take(MadeWorker.feeds(context, new Codebases(context.settings().now(), List.of()), running));
    polling = Thread.ofVirtual().start(new RestartingLoop("poll", poll::run, Clock.SYSTEM));
    if (withStream) {
      streaming = Thread.ofVirtual().start(stream);
      Program.await("the stream", stream::up);
    }
    Program.await("the first poll", () -> polls() > 0);
  }

  private void take(MadeWorker.Feeds feeds) {
    inbox = feeds.inbox();
    poll = feeds.poll();
    stream = feeds.stream();
  }

  private long polls() {
    return server.requests("GET", TASKS).stream().filter(r -> !r.query().containsKey("worker_id")).count();
  }

  private void place(String task) {
    running.add(MadeWorker.task(task), null);
    context.events().publish(new WorkerEvent.TaskClaimed(MadeWorker.attempt(task, 0, 0, Instant.EPOCH)));
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
    context.events().publish(new WorkerEvent.AttemptEnded(MadeWorker.attempt("t1", 0, 0, Instant.EPOCH), TaskStatus.COMPLETED, null, Duration.ZERO));
    var task = server.addTask("cb", "x");
    Program.await("the task", () -> inbox.all().stream().anyMatch(t -> t.id().equals(task)));
  }

  @Test
  void pollsOnceMoreWhenTheServerHasTakenTheRelease() throws Exception {
    begin(null, "3600", false);
    poll.pollNow();
    var before = polls();
    Program.await("the poll", () -> polls() > before);
    var task = server.addTask("cb", "created after that poll"); // and announced to nobody
    context.events().publish(new WorkerEvent.AttemptSettled(MadeWorker.attempt("t1", 0, 0, Instant.EPOCH)));
    Program.await("the task", () -> inbox.all().stream().anyMatch(t -> t.id().equals(task)));
  }

  @Test
  void asksAServerThatFiltersPollsOnce() throws Exception {
    context = MadeWorker.of(server, ServerFeatures.own("srv"), folder, null, Clock.SYSTEM, Map.of());
    take(MadeWorker.feeds(context, new Codebases(context.settings().now(), List.of()), new RunningTasks(context.settings(), context.clock())));
    polling = Thread.ofVirtual().start(new RestartingLoop("poll", poll::run, Clock.SYSTEM));
    Program.await("the poll", () -> !server.requests("GET", TASKS).isEmpty());
    assertThat(polls()).isZero();
  }
}
