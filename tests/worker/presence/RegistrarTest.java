package tests.worker.presence;

import module java.base;
import static org.assertj.core.api.Assertions.assertThat;

import lib.agent.AgentInspector;
import lib.agent.AgentListener;
import lib.config.Codebase;
import lib.core.Clock;
import lib.core.Json;
import lib.journal.Journal;
import lib.protocol.CodebaseInfo;
import lib.protocol.Task;
import lib.worker.admission.Codebases;
import lib.worker.context.RestartingLoop;
import lib.worker.context.WorkerContext;
import lib.worker.context.WorkerEvent;
import lib.worker.presence.Registrar;
import lib.worker.presence.RegistrationTask;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import tests.Program;
import tests.fake.FakeServer.Version;
import tests.fake.FakeServer;
import tests.fake.Request;
import tests.worker.MadeWorker;

/** The server knows the codebases and the worker, again whenever it has forgotten them. */
class RegistrarTest {
  private static final String CODEBASES = "/v1/agent/codebases";
  private static final String WORKER = "/v1/agent/workers/register";

  @TempDir
  private Path folder;
  private Path code;
  private FakeServer server;
  private Journal journal;
  private WorkerContext context;
  private Codebases codebases;
  private Registrar registrar;
  private Thread thread;
  private final List<WorkerEvent> events = new CopyOnWriteArrayList<>();

  @BeforeEach
  void open() throws Exception {
    folder = folder.toRealPath();
    code = Files.createDirectories(folder.resolve("code"));
    server = FakeServer.start(Version.V16);
    journal = Journal.open(folder.resolve("journal.db"));
  }

  @AfterEach
  void close() throws Exception {
    stop();
    journal.close();
    server.close();
  }

  private void make(Codebase... named) {
    context = MadeWorker.of(server, null, folder, journal, Clock.SYSTEM, Map.of("A2A_GLOBAL_CODEBASE", "false"));
    context.events().subscribe(events::add);
    codebases = new Codebases(context.settings().now(), List.of(named));
    registrar = new Registrar(context, codebases, new AgentInspector(context.settings(), folder, text -> text, AgentListener.NONE, context.clock()));
  }

  private void start() throws InterruptedException {
    thread = Thread.ofVirtual().start(new RestartingLoop("registrar", registrar::run, Clock.SYSTEM));
    registrar.awaitTried();
  }

  private void stop() throws InterruptedException {
    if (thread != null) {
      thread.interrupt();
      thread.join();
    }
  }

  private Codebase named(String name) {
    return new Codebase(name, folder.resolve(name), "");
  }

  private List<String> order() {
    return server.requests().stream().filter(r -> r.method().equals("POST")).map(Request::path).toList();
  }

  @Test
  void registersTheCodebasesAndThenTheWorkerWithTheirIds() throws Exception {
    make(named("code"));
    start();
    assertThat(order()).containsExactly(CODEBASES, WORKER);
    assertThat(Json.texts(server.requests("POST", WORKER).getLast().json(), "codebases")).isEqualTo(codebases.ids()).hasSize(1);
    assertThat(codebases.current().values()).singleElement().satisfies(o -> assertThat(o.directory()).isEqualTo(code));
    assertThat(events).contains(new WorkerEvent.CodebasesChanged());
    assertThat(registrar.problems()).isEmpty();
  }

  @Test
  void namesAFolderThatIsMissingAndRegistersItOnceItIsThere() throws Exception {
    make(named("missing"), named("code"));
    start();
    assertThat(registrar.problems()).singleElement().asString().contains("missing", "is not a folder here");
    assertThat(codebases.ids()).hasSize(1);
    Files.createDirectories(folder.resolve("missing"));
    registrar.wake();
    Program.await("the second codebase", () -> codebases.ids().size() == 2);
    Program.await("no problem", () -> registrar.problems().isEmpty());
  }

  @Test
  void registersTheOthersWhenTheServerRefusesOne() throws Exception {
    server.on("POST", CODEBASES).answer(422, "not this one").times(1);
    make(named("refused"), named("code"));
    Files.createDirectories(folder.resolve("refused"));
    start();
    assertThat(registrar.problems()).singleElement().asString().contains("refused", "not this one");
    assertThat(codebases.ids()).hasSize(1);
    assertThat(server.workers()).hasSize(1);
  }

  @Test
  void triesAgainWhenTheServerIsInTroubleAndSaysSo() throws Exception {
    server.on("POST", CODEBASES).answer(503, "not now").times(1);
    make(named("code"));
    start();
    Program.await("the registration", () -> server.workers().size() == 1 && registrar.problems().isEmpty());
  }

  @Test
  void registersEverythingAgainWhenTheServerHasForgottenIt() throws Exception {
    make(named("code"));
    start();
    server.forget();
    context.events().publish(new WorkerEvent.ServerForgotWorker());
    Program.await("the worker", () -> server.workers().size() == 1);
    assertThat(server.requests("POST", CODEBASES)).hasSize(2);
  }

  @Test
  void dropsWhatAReloadDropsAndTellsTheServer() throws Exception {
    make(named("code"));
    start();
    codebases.offer(List.of(), null);
    context.events().publish(new WorkerEvent.SettingsReloaded(List.of(), List.of()));
    Program.await("the shorter list", () -> Json.texts(server.requests("POST", WORKER).getLast().json(), "codebases").isEmpty());
    assertThat(server.requests("POST", CODEBASES)).hasSize(1);
  }

  @Test
  void offersWhatTheServerHadItRegisterAlsoAfterARestart() throws Exception {
    make();
    start();
    var wish = Task.read(Json.object().put("id", "t").put("agent_type", "register_codebase")
        .set("metadata", Json.object().put("path", code.toString()))).orElseThrow();
    var registration = new RegistrationTask(context, codebases, registrar);
    assertThat(registration.refusal(wish)).isEmpty();
    assertThat(registration.register(wish).ok()).isTrue();
    assertThat(codebases.id(code)).isPresent();
    stop();
    make();
    start();
    assertThat(codebases.id(code)).isPresent();
  }

  @Test
  void doesNotOfferAKeptFolderThatIsNotAllowedAnyMore() throws Exception {
    var outside = Path.of("/usr");
    journal.saveCodebase(server.url().toString(), new CodebaseInfo("id", "usr", outside.toString(), "w1"), "", Instant.EPOCH);
    make();
    start();
    assertThat(registrar.problems()).singleElement().asString().contains("/usr", "codebase_roots");
    assertThat(codebases.ids()).isEmpty();
  }

  @Test
  void refusesAFolderThatIsNotHereOrNotAllowed() {
    make();
    var registration = new RegistrationTask(context, codebases, registrar);
    for (var path : List.of("relative", "/nonexistent/folder", "/usr")) {
      var wish = Task.read(Json.object().put("id", "t").put("agent_type", "register_workspace")
          .set("metadata", Json.object().put("path", path))).orElseThrow();
      assertThat(registration.refusal(wish)).as(path).isPresent();
    }
    assertThat(registration.refusal(MadeWorker.task("other"))).isEmpty();
  }
}
