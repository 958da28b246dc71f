package tests.worker;

import module java.base;
import lib.client.ApiClient;
import lib.client.ServerFeatures;
import lib.client.http.ServerAddress;
import lib.config.Codebase;
import lib.config.ReloadableSettings;
import lib.config.Settings;
import lib.core.Clock;
import lib.core.Environment;
import lib.core.Json;
import lib.journal.Attempt;
import lib.journal.Journal;
import lib.outbox.Delivery;
import lib.outbox.Outbox;
import lib.protocol.Task;
import lib.redaction.Redaction;
import lib.worker.admission.Codebases;
import lib.worker.admission.RunningTasks;
import lib.worker.context.EventBus;
import lib.worker.context.RestartingLoop;
import lib.worker.context.ServerLink;
import lib.worker.context.WorkerContext;
import lib.worker.context.WorkerEvent;
import lib.worker.context.WorkerIdentity;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.io.TempDir;
import tests.fake.FakeServer.Version;
import tests.fake.FakeServer;

/** The parts of a made worker named {@code w1}, with a fake server, a journal, and loops that end with the test. */
public abstract class MadeWorker {
  @TempDir
  protected Path folder;
  protected FakeServer server;
  protected Journal journal;
  protected WorkerContext context;
  protected Codebases codebases;
  protected RunningTasks running;
  protected final List<WorkerEvent> events = new CopyOnWriteArrayList<>();
  private final List<Thread> loops = new ArrayList<>();

  @BeforeEach
  void openServer() throws Exception {
    folder = folder.toRealPath();
    server = FakeServer.start(Version.V16);
    journal = Journal.open(folder.resolve("journal.db"));
  }

  @AfterEach
  void closeServer() throws Exception {
    endLoops();
    journal.close();
    server.close();
  }

  /** Makes the worker. @param features null for those of a server that is not our own */
  protected final void make(ServerFeatures features, Clock clock, Map<String, String> variables, Codebase... named) {
    context = of(server, features, folder, journal, clock, variables);
    context.events().subscribe(events::add);
    running = new RunningTasks(context.settings(), clock);
    codebases = new Codebases(context.settings().now(), List.of(named));
  }

  protected final void make(ServerFeatures features) {
    make(features, Clock.SYSTEM, Map.of());
  }

  /** Runs a loop of the worker until the test ends. */
  protected final void loop(RestartingLoop.Loop loop) {
    loops.add(Thread.ofVirtual().start(new RestartingLoop("loop", loop, Clock.SYSTEM)));
  }

  protected final void endLoops() throws InterruptedException {
    loops.forEach(Thread::interrupt);
    for (var loop : loops) {
      loop.join();
    }
  }

  /** A worker of a server that nobody calls. */
  public static WorkerContext alone(Path folder, Clock clock) {
    return of(null, null, folder, null, clock, Map.of());
  }

  /** A worker of this server, which has answered. @param features null for those of a server that is not our own */
  public static WorkerContext of(FakeServer server, ServerFeatures features, Path folder, Journal journal, Clock clock,
      Map<String, String> variables) {
    var vars = new HashMap<>(variables);
    vars.putIfAbsent("PATH", folder.toString());
    var env = new Environment(vars, folder, folder, "host");
    var url = server == null ? java.net.URI.create("http://127.0.0.1:9") : server.url();
    var link = new ServerLink(new ApiClient(new ServerAddress(url, null, null, env), Duration.ofSeconds(30)));
    link.answered(features == null ? ServerFeatures.other(url) : features);
    return new WorkerContext(new WorkerIdentity("w1", "w", "role", "host", List.of("build", "agent"), folder),
        new ReloadableSettings(Settings.resolve(Map.of(), null, env)), link, journal, Redaction.of(Map.of("s3cret-token-value", "TOKEN")),
        new EventBus(), clock, new Random(1));
  }

  /** A pending task for codebase {@code cb}. */
  public static Task task(String id) {
    return Task.read(Json.object().put("id", id).put("codebase_id", "cb").put("agent_type", "build").put("status", "pending").put("prompt", "p"))
        .orElseThrow();
  }

  /** A claimed attempt. @param lease in seconds; 0 for none */
  public static Attempt attempt(String task, int fence, long lease, Instant at) {
    return Attempt.draft("srv", "w1", task(task), 1, Path.of("/code"), at).claimed(fence, lease);
  }

  /** The outbox of this worker, which delivers. */
  protected final Outbox outbox() throws InterruptedException {
    var outbox = new Outbox(new Delivery(null, context.client(), context.journal(), context.clock(), context.random(), folder, 1 << 30,
        context.redaction()), tests.outbox.Delivery.listener(new CopyOnWriteArrayList<>()));
    outbox.deliver(context.server().features());
    return outbox;
  }
}
