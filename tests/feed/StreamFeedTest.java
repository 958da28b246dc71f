package tests.feed;

import module java.base;
import static org.assertj.core.api.Assertions.assertThat;

import lib.config.Codebase;
import lib.core.Clock;
import lib.core.Json;
import lib.feed.StreamFeed;
import lib.protocol.Task;
import lib.worker.context.WorkerEvent;
import lib.worker.presence.TaskFeeds;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import tests.FakeTime;
import tests.Program;
import tests.fake.Request;
import tests.worker.MadeWorker;

/** The server knows at every moment what the one stream is for, and the stream is there for as long as the worker wants it. */
class StreamFeedTest extends MadeWorker {
  private static final String STREAM = "/v1/worker/tasks/stream";
  private TaskFeeds feeds;
  private StreamFeed feed;
  private Thread thread;

  @AfterEach
  void stop() throws Exception {
    if (thread != null) {
      feed.close();
      thread.join(Duration.ofSeconds(30));
      assertThat(thread.isAlive()).isFalse();
    }
  }

  private void make(Clock time) throws Exception {
    make(null, time, Map.of("A2A_GLOBAL_CODEBASE", "false"));
    feeds = new TaskFeeds(context, codebases, running);
    feed = feeds.stream();
    register("cb1");
  }

  private void open(Clock time) throws Exception {
    make(time);
    thread = Thread.ofVirtual().start(feed);
  }

  /** Has the server know a further codebase of the worker. */
  private void register(String id) throws Exception {
    offer(id);
    context.events().publish(new WorkerEvent.CodebasesChanged());
  }

  private void offer(String id) throws Exception {
    var codebase = new Codebase(id, folder.resolve(id), "");
    codebases.add(codebase);
    codebases.registered(codebase, id);
  }

  private void openAndWait() throws Exception {
    open(Clock.SYSTEM);
    Program.await("the stream", feed::up);
  }

  @Test
  void endsWhenItIsClosedWhileItOpensAgain() throws Exception {
    for (var round = 0; round < 20; round++) {
      openAndWait();
      feed.reopen();
      feed.close();
      thread.join(Duration.ofSeconds(30));
      assertThat(thread.isAlive()).as("round " + round).isFalse();
    }
  }

  @Test
  void neverEndsHoweverOftenItIsReopenedWhileTheServerDropsIt() throws Exception {
    open(new FakeTime()); // so that the waits between tries take no time
    for (var round = 0; round < 50; round++) {
      Program.await("the stream", feed::up);
      server.dropStreams();
      while (feed.up()) {
        feed.reopen();
      }
    }
    Program.await("the stream", feed::up);
  }

  @Test
  void tellsTheServerOfACodebaseThatIsRegisteredWhileTheStreamOpens() throws Exception {
    open(Clock.SYSTEM);
    register("cb2");
    Program.await("the second id", () -> offered().contains("cb2"));
    assertThat(server.requests("GET", STREAM)).hasSize(1);
  }

  @Test
  void tellsMoreIdsThanAHeaderHoldsOnceTheStreamIsOpen() throws Exception {
    make(Clock.SYSTEM);
    for (var i = 0; i < 300; i++) {
      var id = "codebase-with-a-very-long-name-" + i;
      offer(id);
    }
    thread = Thread.ofVirtual().start(feed);
    Program.await("all ids", () -> offered().size() == 301);
    assertThat(feed.up()).isTrue();
  }

  @Test
  void tellsTheNewestOfferLastHoweverManyChanges() throws Exception {
    openAndWait();
    server.on("PUT", "/v1/worker/codebases").answer(200, "{\"success\":true}");
    try (var threads = Executors.newVirtualThreadPerTaskExecutor()) {
      for (var i = 0; i < 20; i++) {
        var id = "new" + i;
        threads.submit(() -> {
          register(id);
          return null;
        });
      }
    }
    Program.await("all ids", () -> offered().size() == 21);
    assertThat(offered()).containsExactlyInAnyOrderElementsOf(codebases.ids());
  }

  @Test
  void pollsForTasksThatWereAnnouncedBeforeTheServerKnewTheCodebase() throws Exception {
    openAndWait();
    loop(feeds.poll()::run);
    register("cb2");
    Program.await("the poll after it", () -> {
      var requests = server.requests();
      var sent = requests.stream().filter(r -> r.path().equals("/v1/worker/codebases") && Json.texts(r.json(), "codebases").contains("cb2"))
          .findFirst();
      return sent.isPresent() && requests.subList(requests.indexOf(sent.get()), requests.size()).stream()
          .anyMatch(r -> r.method().equals("GET") && r.path().equals("/v1/agent/tasks"));
    });
  }

  @Test
  void publishesTheServersStopOrders() throws Exception {
    openAndWait();
    server.send("event: task_cancelled\ndata: {\"task_id\":\"t1\",\"reason\":\"enough\"}\n\n");
    Program.await("the order", () -> events.contains(new WorkerEvent.StopOrdered("t1", "enough")));
  }

  @Test
  void takesATaskThatBelongsToNoCodebase() throws Exception {
    openAndWait();
    server.push(Json.object().put("id", "t1").putNull("codebase_id").put("status", "pending"));
    Program.await("the task", () -> feeds.inbox().all().stream().anyMatch(task -> task.id().equals("t1") && task.codebase().equals(Task.GLOBAL)));
  }

  @Test
  void remembersItsPlaceThroughEventsThatNameNone() throws Exception {
    openAndWait();
    server.send("id: ep.7\nevent: task_available\ndata: {\"id\":\"t1\",\"codebase_id\":\"cb1\",\"status\":\"pending\"}\n\n");
    Program.await("the event", () -> feeds.inbox().size() > 0);
    for (var round = 0; round < 2; round++) {
      server.dropStreams();
      Program.await("the stream's end", () -> !feed.up());
      Program.await("the stream", feed::up);
    }
    assertThat(server.requests("GET", STREAM).subList(1, 3)).extracting(r -> r.headers().get("last-event-id")).containsOnly("ep.7");
  }

  @Test
  void opensAStreamThatEndsAtOnceLessAndLessOften() throws Exception {
    var time = new FakeTime();
    server.dropStreamsAfter(1);
    open(time);
    Program.await("many streams", () -> server.requests("GET", STREAM).size() > 20);
    var opened = server.requests("GET", STREAM).size();
    assertThat(Duration.ofNanos(time.nanos()).dividedBy(opened)).isGreaterThan(Duration.ofSeconds(5)); // it would be half a second
  }

  /** The codebases that the server knows last, by header or by call. */
  private List<String> offered() {
    var last = server.requests().reversed().stream().filter(r -> r.path().equals(STREAM) || r.path().equals("/v1/worker/codebases"))
        .findFirst();
    return last.isEmpty() ? List.of() : last.get().path().equals(STREAM) ? List.of(header(last.get()).split(",")) : Json.texts(last.get().json(), "codebases");
  }

  private static String header(Request request) {
    return request.headers().getOrDefault("x-codebases", "");
  }
}
