package tests.feed;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.CopyOnWriteArrayList;
import lib.core.Clock;
import lib.core.Environment;
import lib.core.Json;
import lib.feed.FeedListener;
import lib.feed.FeedRequest;
import lib.feed.StreamFeed;
import lib.wire.Client;
import lib.wire.Server;
import lib.wire.Task;
import org.assertj.core.api.InstanceOfAssertFactories;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import tests.FakeTime;
import tests.Program;
import tests.fake.FakeServer;
import tests.fake.FakeServer.Version;
import tests.fake.Request;

/** The server knows at every moment what our one stream is for, and the stream is there for as long as it is wanted. */
class StreamFeedTest {
  private static final String STREAM = "/v1/worker/tasks/stream";

  private final CopyOnWriteArrayList<String> ids = new CopyOnWriteArrayList<>(List.of("cb1"));
  private volatile Runnable meanwhile = () -> { }; // what happens between the offer and the stream's opening
  private final ConcurrentLinkedQueue<List<String>> toldAtPolls = new ConcurrentLinkedQueue<>();
  private final ConcurrentLinkedQueue<Task> heard = new ConcurrentLinkedQueue<>();
  private FakeServer server;
  private StreamFeed feed;
  private Thread thread;

  @BeforeEach
  void start() throws Exception {
    server = FakeServer.start(Version.V16);
  }

  @AfterEach
  void stop() throws Exception {
    if (thread != null) {
      feed.close();
      thread.join(Duration.ofSeconds(30));
      assertThat(thread.isAlive()).isFalse();
    }
    server.close();
  }

  private void open(Clock time) {
    var client = new Client(new Server(server.url(), null, null, new Environment(Map.of(), Path.of("/"), Path.of("/"), "host")));
    feed = new StreamFeed(client, this::offer, Duration.ofSeconds(30),
        new FeedListener() {
          @Override
          public void task(Task hint) {
            heard.add(hint);
          }

          @Override
          public void cancelled(String taskId, String reason) {
            // not what is tested here
          }
        }, () -> toldAtPolls.add(told()), time, new Random(1));
    thread = Thread.ofVirtual().start(feed);
  }

  private FeedRequest offer() {
    var now = new FeedRequest("w1", "agent", List.copyOf(ids), List.of("build"), 2);
    meanwhile.run();
    return now;
  }

  private void openAndWait() throws Exception {
    open(Clock.SYSTEM);
    Program.await("the stream", feed::up);
  }

  @Test
  void closingEndsItAlsoWhileItIsOpenedAnew() throws Exception {
    for (var round = 0; round < 20; round++) {
      openAndWait();
      feed.reopen();
      feed.close();
      thread.join(Duration.ofSeconds(30));
      assertThat(thread.isAlive()).as("round " + round).isFalse();
    }
  }

  @Test
  void openingItAnewAgainAndAgainWhileTheServerDropsItNeverEndsIt() throws Exception {
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
  void whatIsOfferedWhileTheStreamOpensIsToldAsWell() throws Exception {
    meanwhile = () -> ids.addIfAbsent("cb2");
    open(Clock.SYSTEM);
    Program.await("the second id", () -> told().contains("cb2"));
    assertThat(server.requests("GET", STREAM)).hasSize(1);
  }

  @Test
  void moreIdsThanAHeaderHoldsAreToldOnceTheStreamIsOpen() throws Exception {
    for (var i = 0; i < 2000; i++) {
      ids.add("codebase-with-a-long-name-" + i);
    }
    openAndWait();
    Program.await("all ids", () -> told().size() == 2001);
  }

  @Test
  void theNewestOfferIsToldLastHoweverManyTell() throws Exception {
    openAndWait();
    server.on("PUT", "/v1/worker/codebases").answer(200, "{\"success\":true}");
    try (var tellers = java.util.concurrent.Executors.newVirtualThreadPerTaskExecutor()) {
      for (var i = 0; i < 20; i++) {
        var id = "new" + i;
        tellers.submit(() -> {
          ids.add(id);
          feed.updateRouting();
          return null;
        });
      }
    }
    assertThat(told()).containsExactlyInAnyOrderElementsOf(ids);
  }

  @Test
  void whatIsAnnouncedForACodebaseBeforeTheServerIsToldOfItIsFoundByAsking() throws Exception {
    openAndWait();
    ids.add("cb2");
    feed.updateRouting();
    assertThat(toldAtPolls).last().asInstanceOf(InstanceOfAssertFactories.LIST).contains("cb2");
  }

  @Test
  void anEventThatSaysTheTaskBelongsToNoCodebaseIsHeard() throws Exception {
    openAndWait();
    server.push(Json.object().put("id", "t1").putNull("codebase_id").put("status", "pending"));
    Program.await("the task", () -> heard.stream().anyMatch(task -> task.id().equals("t1") && task.codebase().equals(Task.GLOBAL)));
  }

  @Test
  void thePlaceInTheStreamIsRememberedThroughEventsThatNameNone() throws Exception {
    openAndWait();
    server.send("id: ep.7\nevent: task_available\ndata: {\"id\":\"t1\",\"codebase_id\":\"cb1\"}\n\n");
    Program.await("the event", () -> !heard.isEmpty());
    for (var round = 0; round < 2; round++) {
      server.dropStreams();
      Program.await("the stream's end", () -> !feed.up());
      Program.await("the stream", feed::up);
    }
    assertThat(server.requests("GET", STREAM).subList(1, 3)).extracting(r -> r.headers().get("last-event-id")).containsOnly("ep.7");
  }

  @Test
  void aStreamThatEndsAtOnceAgainAndAgainIsOpenedLessAndLessOften() throws Exception {
    var time = new FakeTime();
    server.dropStreamsAfter(1);
    open(time);
    Program.await("many streams", () -> server.requests("GET", STREAM).size() > 20);
    var opened = server.requests("GET", STREAM).size();
    assertThat(Duration.ofNanos(time.nanos()).dividedBy(opened)).isGreaterThan(Duration.ofSeconds(5)); // it would be half a second
  }

  /** What the server was told last, by header or by call. */
  private List<String> told() {
    var last = server.requests().reversed().stream().filter(r -> r.path().equals(STREAM) || r.path().equals("/v1/worker/codebases"))
        .findFirst();
    return last.isEmpty() ? List.of() : last.get().path().equals(STREAM) ? List.of(header(last.get()).split(",")) : Json.texts(last.get().json(), "codebases");
  }

  private static String header(Request request) {
    return request.headers().getOrDefault("x-codebases", "");
  }
}
