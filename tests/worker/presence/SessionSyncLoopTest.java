package tests.worker.presence;

import static org.assertj.core.api.Assertions.assertThat;
import static tests.Program.await;

import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import java.util.concurrent.CountDownLatch;
import lib.config.Codebase;
import lib.core.Clock;
import lib.core.Environment;
import lib.session.Message;
import lib.session.Places;
import lib.session.Session;
import lib.session.SessionStore;
import lib.session.Sync;
import lib.wire.Client;
import lib.wire.Server;
import lib.wire.SyncCalls;
import lib.worker.presence.SessionSyncLoop;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import tests.fake.FakeServer;
import tests.session.MadeStore;

/** When sessions are told, and that neither a dead server nor a disk that hangs holds anybody up. */
class SessionSyncLoopTest {
  private static final Path CODE = Path.of("/code");
  private static final String LIST = "/v1/agent/codebases/*/sessions/sync";
  private static final Duration NEVER = Duration.ofDays(1);
  private static final Duration SOON = Duration.ofMillis(5);
  private final MadeStore store = new MadeStore("opencode");
  private FakeServer server;
  private SessionSyncLoop syncing;

  @BeforeEach
  void open() throws IOException {
    server = FakeServer.start(FakeServer.Version.V16);
    store.put("s1", "one", CODE, 1, "x");
  }

  @AfterEach
  void close() throws Exception {
    syncing.close();
    server.close();
  }

  private void begin(SessionStore from, Duration interval, Duration live) {
    var client = new Client(new Server(server.url(), null, null, new Environment(Map.of(), CODE, CODE, "host")), Duration.ofSeconds(30));
    var sync = new Sync(List.of(from), SyncCalls.of(client), "w", true, () -> new Places(Map.of("c", new Codebase("c", CODE, "")), null),
        id -> id, text -> text, new Sync.Most(3, 100), Clock.SYSTEM);
    syncing = new SessionSyncLoop(sync, interval, live, Clock.SYSTEM, new Random(1));
    syncing.start();
  }

  private int lists() {
    return server.requests("POST", LIST).size();
  }

  private String title() {
    return server.sessions("c").isEmpty() ? "" : server.sessions("c").getFirst().path("title").asText();
  }

  @Test
  void thereIsAPassAtTheStartAndThenOneEachInterval() throws Exception {
    begin(store, SOON, NEVER);
    await("the first pass", () -> title().equals("one"));
    store.put("s1", "two", CODE, 2, "x");
    await("a further one", () -> title().equals("two"));
    assertThat(syncing.status().path("sessions").asInt()).isEqualTo(1);
    assertThat(syncing.status().path("problem").isNull()).isTrue();
  }

  @Test
  void theEndOfATaskAsksForAPass() throws Exception {
    begin(store, NEVER, NEVER);
    await("the first pass", () -> title().equals("one"));
    store.put("s1", "two", CODE, 2, "x");
    for (var i = 0; i < 100; i++) {
      syncing.ended("t" + i);
    }
    await("the pass after it", () -> title().equals("two"));
    assertThat(lists()).isEqualTo(2);
  }

  @Test
  void theSessionOfARunningTaskIsToldAsItGoesOnAndNoLongerThanThat() throws Exception {
    begin(store, NEVER, SOON);
    await("the first pass", () -> title().equals("one"));
    syncing.begins("t", "s2");
    store.put("s2", "live", CODE, 2, "a");
    await("its first message", () -> server.messages("s2").size() == 1);
    store.put("s2", "live", CODE, 3, "a", "b");
    await("its second message", () -> server.messages("s2").size() == 2);
    syncing.ended("t");
    store.put("s2", "live", CODE, 4, "a", "b", "c");
    await("its last message, by the pass", () -> server.messages("s2").size() == 3);
    assertThat(server.requests("POST", LIST)).hasSize(4);
  }

  @Test
  void aServerThatHasForgottenUsIsToldEverything() throws Exception {
    begin(store, NEVER, NEVER);
    await("the first pass", () -> title().equals("one"));
    server.forget();
    syncing.forgotten();
    await("a whole pass", () -> title().equals("one"));
    assertThat(server.requests("POST", LIST).getLast().json().has("partial")).isFalse();
  }

  @Test
  void aServerInTroubleIsAskedLessOftenAndToldWhenItIsBack() throws Exception {
    server.on("POST", LIST).answer(503, "not now").times(2);
    begin(store, SOON, SOON);
    syncing.begins("t", "s1");
    await("the failure", () -> syncing.status().path("problem").asText().contains("not now"));
    assertThat(syncing.settled()).as("nobody waits for it at the end").isTrue();
    await("the server's return", () -> title().equals("one"));
    await("no more trouble", () -> syncing.status().path("problem").isNull());
    assertThat(lists()).isEqualTo(3);
  }

  @Test
  void theLastPassTellsWhatIsNew() throws Exception {
    begin(store, NEVER, NEVER);
    await("the first pass", () -> title().equals("one"));
    store.put("s1", "two", CODE, 2, "x");
    assertThat(syncing.settled()).isFalse();
    syncing.last();
    await("the last pass", syncing::settled);
    assertThat(title()).isEqualTo("two");
  }

  @Test
  void aDiskThatHangsHoldsUpNeitherATaskNorTheEnd() throws Exception {
    var reading = new CountDownLatch(1);
    begin(new Hanging(reading), SOON, SOON);
    reading.await();
    syncing.begins("t", "s1");
    syncing.ended("t");
    syncing.forgotten();
    syncing.last();
    assertThat(syncing.settled()).as("it is for whoever ends the worker to wait so long and no longer").isFalse();
    syncing.close();
  }

  @Test
  void aServerThatNeverAnswersHoldsUpNoEnd() throws Exception {
    server.on("POST", LIST).hang();
    begin(store, SOON, SOON);
    await("the request", () -> lists() == 1);
    syncing.close();
  }

  @Test
  void aBugInReadingIsATroubleAndNotTheEnd() throws Exception {
    begin(new Hanging(null), SOON, NEVER);
    await("the trouble", () -> syncing.status().path("problem").asText().contains("a bug"));
  }

  @Test
  void anIntervalOfZeroIsNoSyncAtAll() throws Exception {
    begin(store, Duration.ZERO, SOON);
    syncing.begins("t", "s1");
    syncing.ended("t");
    syncing.last();
    assertThat(syncing.settled()).isTrue();
    assertThat(syncing.status().path("on").asBoolean()).isFalse();
    assertThat(lists()).isZero();
  }

  /** A store on a disk that never answers; without a latch it has a bug instead. */
  private record Hanging(CountDownLatch reading) implements SessionStore {
    @Override
    public String kind() {
      return "opencode";
    }

    @Override
    public Path place() {
      return CODE;
    }

    @Override
    public List<Session> sessions() {
      if (reading == null) {
        throw new IllegalStateException("a bug");
      }
      reading.countDown();
      while (true) {
        try {
          Thread.sleep(Duration.ofDays(1));
        } catch (InterruptedException e) {
          continue; // as a read that hangs in the system
        }
      }
    }

    @Override
    public Optional<Session> session(String id) {
      return Optional.empty();
    }

    @Override
    public Map<String, Object> stamps(List<Session> sessions) {
      return Map.of();
    }

    @Override
    public List<Message> messages(Session session, int most) {
      return List.of();
    }
  }
}
