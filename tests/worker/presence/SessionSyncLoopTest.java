package tests.worker.presence;

import module java.base;
import static org.assertj.core.api.Assertions.assertThat;
import static tests.Program.await;

import com.fasterxml.jackson.databind.JsonNode;
import lib.config.Codebase;
import lib.core.Clock;
import lib.core.Json;
import lib.journal.Attempt;
import lib.protocol.TaskStatus;
import lib.session.CodebaseMatcher;
import lib.session.Session;
import lib.session.SessionStore;
import lib.session.sync.SessionSync;
import lib.session.sync.SessionUploader;
import lib.worker.context.WorkerEvent;
import lib.worker.presence.SessionSyncLoop;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import tests.session.MadeStore;
import tests.worker.MadeWorker;

/** Sessions are uploaded in time, and neither a dead server nor a disk that hangs holds up anything else. */
class SessionSyncLoopTest extends MadeWorker {
  private static final Path CODE = Path.of("/code");
  private static final String LIST = "/v1/agent/codebases/*/sessions/sync";
  private static final Duration NEVER = Duration.ofDays(1);
  private static final Duration SOON = Duration.ofMillis(5);
  private final MadeStore store = new MadeStore("opencode");
  private SessionSyncLoop syncing;

  @BeforeEach
  void open() {
    store.put("s1", "one", CODE, 1, "x");
  }

  @AfterEach
  void close() throws Exception {
    syncing.close();
  }

  private void begin(SessionStore from, Duration interval, Duration live) {
    make(null);
    var matcher = new CodebaseMatcher(Map.of("c", new Codebase("c", CODE, "")), null);
    var sync = new SessionSync(() -> List.of(from), new SessionUploader(context.client().sessions()::upload, "w", text -> text), () -> matcher,
        id -> id, new SessionSync.Limits(3, 100, false), Clock.SYSTEM);
    syncing = new SessionSyncLoop(context, sync, interval, live);
    syncing.start();
  }

  private void beginAndPass(Duration interval, Duration live) throws Exception {
    begin(store, interval, live);
    await("the first pass", () -> title().equals("one"));
  }

  private static Attempt attempt(String task) {
    return MadeWorker.attempt(task, 0, 0, Instant.EPOCH);
  }

  private void ended(String task) {
    context.events().publish(new WorkerEvent.AttemptEnded(attempt(task), TaskStatus.COMPLETED, null, Duration.ZERO));
  }

  private JsonNode status() {
    var json = Json.object();
    syncing.status(json);
    return json.path("session_sync");
  }

  private int lists() {
    return server.requests("POST", LIST).size();
  }

  private String title() {
    return server.sessions("c").isEmpty() ? "" : server.sessions("c").getFirst().path("title").asText();
  }

  @Test
  void passesAtTheStartAndThenEachInterval() throws Exception {
    beginAndPass(SOON, NEVER);
    store.put("s1", "two", CODE, 2, "x");
    await("a further one", () -> title().equals("two"));
    assertThat(status().path("sessions").asInt()).isEqualTo(1);
    assertThat(status().path("problem").isNull()).isTrue();
  }

  @Test
  void passesAfterATaskHasEnded() throws Exception {
    beginAndPass(NEVER, NEVER);
    store.put("s1", "two", CODE, 2, "x");
    for (var i = 0; i < 100; i++) {
      ended("t" + i);
    }
    await("the pass after it", () -> title().equals("two"));
    assertThat(lists()).isEqualTo(2);
  }

  @Test
  void uploadsTheSessionOfATaskWhileItRunsAndNoLonger() throws Exception {
    beginAndPass(NEVER, SOON);
    context.events().publish(new WorkerEvent.SessionFound(attempt("t"), "s2"));
    store.put("s2", "live", CODE, 2, "a");
    await("its first message", () -> server.messages("s2").size() == 1);
    store.put("s2", "live", CODE, 3, "a", "b");
    await("its second message", () -> server.messages("s2").size() == 2);
    ended("t");
    store.put("s2", "live", CODE, 4, "a", "b", "c");
    await("its last message, by the pass", () -> server.messages("s2").size() == 3);
  }

  @Test
  void uploadsEverythingWhenTheServerHasForgottenIt() throws Exception {
    beginAndPass(NEVER, NEVER);
    server.forget();
    context.events().publish(new WorkerEvent.ServerForgotWorker());
    await("a whole pass", () -> title().equals("one"));
  }

  @Test
  void asksAServerInTroubleLessOftenAndPassesWhenItIsBack() throws Exception {
    server.on("POST", LIST).answer(503, "not now").times(2);
    begin(store, SOON, SOON);
    context.events().publish(new WorkerEvent.SessionFound(attempt("t"), "s1"));
    await("the failure", () -> status().path("problem").asText().contains("not now"));
    assertThat(syncing.settled()).as("nobody waits for it at the end").isTrue();
    await("the server's return", () -> title().equals("one"));
    await("no more trouble", () -> status().path("problem").isNull());
    assertThat(lists()).isEqualTo(3);
  }

  @Test
  void uploadsWhatIsNewWithTheLastPass() throws Exception {
    beginAndPass(NEVER, NEVER);
    store.put("s1", "two", CODE, 2, "x");
    assertThat(syncing.settled()).isFalse();
    syncing.last();
    await("the last pass", syncing::settled);
    assertThat(title()).isEqualTo("two");
  }

  @Test
  void holdsUpNeitherATaskNorTheEndWhenADiskHangs() throws Exception {
    var reading = new CountDownLatch(1);
    begin(new Hanging(reading), SOON, SOON);
    reading.await();
    context.events().publish(new WorkerEvent.SessionFound(attempt("t"), "s1"));
    ended("t");
    context.events().publish(new WorkerEvent.ServerForgotWorker());
    syncing.last();
    assertThat(syncing.settled()).as("the end of the worker limits its wait itself").isFalse();
    syncing.close();
  }

  @Test
  void holdsUpNoEndWhenTheServerNeverAnswers() throws Exception {
    server.on("POST", LIST).hang();
    begin(store, SOON, SOON);
    await("the request", () -> lists() == 1);
    syncing.close();
  }

  @Test
  void saysAndSurvivesABugInReading() throws Exception {
    begin(new Hanging(null), SOON, NEVER);
    await("the trouble", () -> status().path("problem").asText().contains("a bug"));
  }

  @Test
  void doesNothingWhenTheIntervalIsZero() throws Exception {
    begin(store, Duration.ZERO, SOON);
    context.events().publish(new WorkerEvent.SessionFound(attempt("t"), "s1"));
    ended("t");
    syncing.last();
    assertThat(syncing.settled()).isTrue();
    assertThat(status().path("on").asBoolean()).isFalse();
    assertThat(lists()).isZero();
  }

  /** A store on a disk that never answers; without a latch it has a bug instead. */
  private static final class Hanging extends MadeStore {
    private final CountDownLatch reading;

    private Hanging(CountDownLatch reading) {
      super("opencode");
      this.reading = reading;
    }

    @Override
    public List<Session> sessions(String id) {
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
  }
}
