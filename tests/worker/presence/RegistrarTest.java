package tests.worker.presence;

import module java.base;
import static org.assertj.core.api.Assertions.assertThat;

import lib.agent.AgentInspector;
import lib.agent.AgentListener;
import lib.config.Codebase;
import lib.core.Clock;
import lib.core.Json;
import lib.protocol.CodebaseInfo;
import lib.protocol.Task;
import lib.worker.context.WorkerEvent;
import lib.worker.presence.Registrar;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import tests.Program;
import tests.fake.Request;
import tests.worker.MadeWorker;

/** The server knows the codebases and the worker, again whenever it has forgotten them. */
class RegistrarTest extends MadeWorker {
  private static final String CODEBASES = "/v1/agent/codebases";
  private static final String WORKER = "/v1/agent/workers/register";
  private Path code;
  private Registrar registrar;

  @BeforeEach
  void code() throws Exception {
    code = Files.createDirectories(folder.resolve("code"));
  }

  private void make(Codebase... named) {
    make(null, Clock.SYSTEM, Map.of("A2A_GLOBAL_CODEBASE", "false"), named);
    registrar = new Registrar(context, codebases, new AgentInspector(context.settings(), folder, text -> text, AgentListener.NONE, context.clock()));
  }

  private void start(Codebase... named) throws InterruptedException {
    make(named);
    loop(registrar::run);
    registrar.awaitTried();
  }

  private Codebase named(String name) {
    return new Codebase(name, folder.resolve(name), "");
  }

  private List<String> order() {
    return server.requests().stream().filter(r -> r.method().equals("POST")).map(Request::path).toList();
  }

  @Test
  void registersTheCodebasesAndThenTheWorkerWithTheirIds() throws Exception {
    start(named("code"));
    assertThat(order()).containsExactly(CODEBASES, WORKER);
    assertThat(Json.texts(server.requests("POST", WORKER).getLast().json(), "codebases")).isEqualTo(codebases.ids()).hasSize(1);
    assertThat(codebases.current().values()).singleElement().satisfies(o -> assertThat(o.directory()).isEqualTo(code));
    assertThat(events).contains(new WorkerEvent.CodebasesChanged());
    assertThat(registrar.problems()).isEmpty();
  }

  @Test
  void namesAFolderThatIsMissingAndRegistersItOnceItIsThere() throws Exception {
    start(named("missing"), named("code"));
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
    Files.createDirectories(folder.resolve("refused"));
    start(named("refused"), named("code"));
    assertThat(registrar.problems()).singleElement().asString().contains("refused", "not this one");
    assertThat(codebases.ids()).hasSize(1);
    assertThat(server.workers()).hasSize(1);
  }

  @Test
  void triesAgainWhenTheServerIsInTroubleAndSaysSo() throws Exception {
    server.on("POST", CODEBASES).answer(503, "not now").times(1);
    start(named("code"));
    Program.await("the registration", () -> server.workers().size() == 1 && registrar.problems().isEmpty());
  }

  @Test
  void registersEverythingAgainWhenTheServerHasForgottenIt() throws Exception {
    start(named("code"));
    server.forget();
    context.events().publish(new WorkerEvent.ServerForgotWorker());
    Program.await("the worker", () -> server.workers().size() == 1);
    assertThat(server.requests("POST", CODEBASES)).hasSize(2);
  }

  @Test
  void dropsWhatAReloadDropsAndTellsTheServer() throws Exception {
    start(named("code"));
    codebases.offer(List.of(), null);
    context.events().publish(new WorkerEvent.SettingsReloaded(List.of(), List.of()));
    Program.await("the shorter list", () -> Json.texts(server.requests("POST", WORKER).getLast().json(), "codebases").isEmpty());
    assertThat(server.requests("POST", CODEBASES)).hasSize(1);
  }

  @Test
  void offersWhatTheServerHadItRegisterAlsoAfterARestart() throws Exception {
    start();
    var wish = wish(code.toString());
    assertThat(registrar.refusal(wish)).isEmpty();
    assertThat(codebases.id(code)).isEmpty();
    assertThat(registrar.register(wish)).isEqualTo(codebases.id(code).orElseThrow());
    endLoops();
    start();
    assertThat(codebases.id(code)).isPresent();
  }

  @Test
  void doesNotOfferAKeptFolderThatIsNotAllowedAnyMore() throws Exception {
    var outside = Path.of("/usr");
    journal.saveCodebase(server.url().toString(), new CodebaseInfo("id", "usr", outside.toString(), "w1"), "", Instant.EPOCH);
    start();
    assertThat(registrar.problems()).singleElement().asString().contains("/usr", "codebase_roots");
    assertThat(codebases.ids()).isEmpty();
  }

  @Test
  void refusesAFolderThatIsNotHereOrNotAllowed() {
    make();
    for (var path : List.of("relative", "/nonexistent/folder", "/usr")) {
      assertThat(registrar.refusal(wish(path))).as(path).isPresent();
    }
    assertThat(registrar.refusal(task("other"))).isEmpty();
  }

  private static Task wish(String path) {
    return Task.read(Json.object().put("id", "t").put("agent_type", "register_codebase").set("metadata", Json.object().put("path", path)))
        .orElseThrow();
  }

}
