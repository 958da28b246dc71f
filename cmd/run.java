///usr/bin/env jbang "$0" "$@" ; exit $?
//SOURCES ../lib/**.java
// sun.misc.Signal is the JDK's only way to hear of TERM without dying of it; javac warns of it otherwise
//JAVAC_OPTIONS -XDignore.symbol.file
package cmd;

import module java.base;
import lib.agent.AgentProgram;
import lib.agent.CredentialFiles;
import lib.agent.process.Supervisor;
import lib.cli.Command;
import lib.cli.LocalServer;
import lib.cli.Logging;
import lib.cli.OutputFollower;
import lib.cli.output.CommandIo;
import lib.cli.output.OutputPrinter;
import lib.client.ApiClient;
import lib.client.http.ApiException;
import lib.client.http.HttpTransport;
import lib.client.http.ServerAddress;
import lib.config.Codebase;
import lib.config.ReloadableSettings;
import lib.config.Setting.Use;
import lib.config.SettingType;
import lib.config.Settings;
import lib.config.SettingsTable;
import lib.config.StateDirectory;
import lib.control.ControlServer;
import lib.core.Clock;
import lib.core.Problem;
import lib.journal.Journal;
import lib.protocol.NewTask;
import lib.protocol.Task;
import lib.redaction.Redaction;
import lib.redaction.Secrets;
import lib.server.EmbeddedServer;
import lib.server.ServerOptions;
import lib.server.http.Tokens;
import lib.store.DatabaseException;
import lib.store.LockFile;
import lib.worker.Daemon;
import lib.worker.Worker;
import lib.worker.context.EventBus;
import lib.worker.context.ServerLink;
import lib.worker.context.WorkerContext;
import lib.worker.context.WorkerIdentity;
import org.slf4j.LoggerFactory;
import picocli.CommandLine.Option;
import picocli.CommandLine;
import sun.misc.Signal;

/** {@code run}: the worker itself, for a server or with an embedded one. */
@CommandLine.Command(name = "run", description = "Run the worker: take tasks from a server and run agents on this machine.",
    footer = "%nTERM or Ctrl-C once: no new task, running ones may finish. Twice: cancel them. Three times: leave at once.%n"
        + "All settings: config table.%n%nExample: worker run --server https://codetether.example -b demo:~/demo")
public class run extends Command {
  private static final Duration LOOK = Duration.ofMillis(100);
  private static final Duration FIRST_ANSWER = Duration.ofSeconds(5); // however short the patience, a healthy server answers by then
  private static final Duration REGISTERED = Duration.ofSeconds(10); // the embedded server answers in milliseconds

  @Option(names = "--local", description = "start the embedded server too and work for it")
  private boolean local;

  @Option(names = "--task", paramLabel = "PROMPT", description = "with --local: do this one task in the first codebase (default: this "
      + "folder), print what the agent says, and exit 0 if it completes; - reads it from standard input")
  private String prompt;

  @Option(names = "--agent-type", paramLabel = "TYPE", description = "for --task: build, plan, …; echo needs no agent (default: build)")
  private String agentType;

  @Option(names = "--model", paramLabel = "P/M", description = "for --task: provider/model")
  private String model;

  @Option(names = "--once", description = "end after one task; exit 0 however it ended: tasks show ID tells")
  private boolean once;

  @Option(names = "--exit-when-idle", paramLabel = "SECONDS", description = "end when there was nothing to do for so long; exit 1 when by then "
      + "the server has not taken a registration, 75 when it cannot be reached")
  private String exitWhenIdle;

  @Option(names = "--test-email", hidden = true, description = "send a test mail and exit")
  private boolean testEmail;

  private volatile boolean isInterrupted;
  private volatile String waitedFor; // the one task

  public run() {
    super(Use.CONNECT, Use.OFFER, Use.WORK);
  }

  @Override
  public Integer call() throws IOException, InterruptedException {
    if (testEmail) {
      throw new Problem("--test-email cannot send a mail", "this version has no mail yet", "leave it out, or use a later version");
    }
    if (!local && (prompt != null || agentType != null || model != null) || prompt == null && (agentType != null || model != null)) {
      throw new Problem("--task, --agent-type and --model do not fit", "--task goes with --local, the other two with --task",
          "add --local, or create the task at the server: tasks create").ending(Problem.Exit.USAGE);
    }
    if (prompt != null) {
      prompt = prompt(prompt);
    }
    var idle = idle();
    var settings = workSettings();
    var secrets = Secrets.of(settings);
    var unread = CredentialFiles.addTo(secrets, settings.env());
    var redaction = log(settings, secrets);
    unread.forEach(file -> io.warn("secrets in an agent's login file are not known and not masked: " + file));
    if (!local && settings.get(SettingsTable.SERVER_URL) == null) {
      throw noServer();
    }
    Supervisor.lack(settings.env()).ifPresent(io::warn);
    if (prompt != null && !builtin()) {
      AgentProgram.require(settings);
    } else if (prompt == null && AgentProgram.find(settings).isEmpty()) { // it may be installed while the worker runs
      io.warn("tasks wait for an agent: " + AgentProgram.absence(settings).line());
    }
    if (prompt != null && !Files.isDirectory(offered(settings).getFirst().path())) {
      throw new Problem("the task cannot be done", offered(settings).getFirst().path() + " is not a folder here",
          "create it or correct its path (-b)");
    }
    var stateDir = StateDirectory.of(settings);
    try (var lock = LockFile.take(stateDir.resolve("lock"), "a worker",
        "give that one the task (tasks create --follow), or this one another name (--name OTHER)");
        var journal = Journal.open(stateDir.resolve("journal.db"))) {
      var identity = WorkerIdentity.of(settings);
      return local ? withServer(settings, identity, journal, redaction, idle)
          : work(settings, ServerAddress.of(settings), identity, journal, redaction, idle);
    } catch (DatabaseException e) {
      throw Journal.problem(stateDir.resolve("journal.db"), e.getMessage()).from(e);
    }
  }

  /** The settings, with a token for the server that {@code --local} starts. */
  private Settings workSettings() {
    var settings = settings();
    return local ? LocalServer.withToken(settings, StateDirectory.of(settings), io) : settings;
  }

  /** How long there may be nothing to do; null for ever. */
  private Duration idle() {
    try {
      var type = SettingsTable.DRAIN_TIMEOUT.type(); // any wait from none to a week, as that one
      return exitWhenIdle == null ? null : type.parse(exitWhenIdle, io.env(), io.env().cwd());
    } catch (SettingType.Bad e) {
      throw new Problem("--exit-when-idle is '" + exitWhenIdle + "'", "it must be " + e.getMessage(), "give another number of seconds")
          .ending(Problem.Exit.USAGE);
    }
  }

  private int withServer(Settings settings, WorkerIdentity identity, Journal journal, Redaction redaction, Duration idle)
      throws IOException, InterruptedException, DatabaseException {
    try (var hub = EmbeddedServer.start(ServerOptions.of(settings), Clock.SYSTEM)) {
      var token = Tokens.any(settings.get(SettingsTable.TOKENS));
      LocalServer.announce(identity.stateDir(), identity.stateDir().resolve("lock"), hub.url(), token);
      io.err().println("CodeTether server on " + hub.url());
      return work(settings, ServerAddress.of(settings).at(hub.url()).with(token), identity, journal, redaction, idle);
    }
  }

  private int work(Settings settings, ServerAddress server, WorkerIdentity identity, Journal journal, Redaction redaction, Duration idle)
      throws InterruptedException, DatabaseException {
    var client = new ApiClient(server, callTimeout());
    var worker = new Worker(new WorkerContext(identity, new ReloadableSettings(settings), new ServerLink(client), journal, redaction, new EventBus(),
        clock(), random()), offered(settings));
    if (prompt != null) {
      on(signal -> {
        isInterrupted = true;
        worker.stopNow(signal.toLowerCase(Locale.ROOT) + " at the terminal");
        Thread.ofVirtual().start(() -> abandon(client, worker));
      }, "INT", "TERM", "HUP");
      worker.start(0);
      return worker.awaitServer(REGISTERED) ? one(settings, client, worker) : Problem.Exit.INTERRUPTED.code;
    }
    var daemon = new Daemon(worker, this::workSettings, this::offered);
    on(signal -> worker.stop(), "INT", "TERM");
    onHangup(daemon);
    try (var control = ControlServer.start(identity.stateDir(), daemon, io.env(), clock())) {
      worker.start(once ? 1 : Integer.MAX_VALUE >> 1);
      if (idle != null) {
        awaitServer(worker, idle);
      }
      return untilEnd(settings, worker, journal, idle);
    } catch (InterruptedException e) { // the console, or a test
      worker.detach();
      worker.await(Duration.ofMinutes(1));
      throw e;
    }
  }

  private static void awaitServer(Worker worker, Duration idle) throws InterruptedException {
    try {
      worker.awaitServer(idle.compareTo(FIRST_ANSWER) > 0 ? idle : FIRST_ANSWER);
    } catch (Problem e) {
      worker.stop();
      worker.await(Duration.ofMinutes(1));
      throw e;
    }
  }

  /** HUP reloads the config, unless it says that the terminal is gone in which the worker was started. */
  private void onHangup(Daemon daemon) {
    var terminal = new File("/dev/tty");
    var started = readable(terminal);
    on(signal -> {
      if (started && !readable(terminal)) {
        daemon.worker().stop();
        return;
      }
      try {
        daemon.reload();
      } catch (Problem e) {
        LoggerFactory.getLogger(run.class).error("config not reloaded, the worker keeps its settings: {}", e.line());
      }
    }, "HUP");
  }

  /** Whether the process has a terminal; its device is always there, but opens only for those that do. */
  private static boolean readable(File terminal) {
    try (var in = new FileInputStream(terminal)) {
      return true;
    } catch (IOException e) {
      return false;
    }
  }

  /** Calls the handler with the signal's name at each of these signals to the process. */
  protected void on(Consumer<String> handler, String... signals) {
    for (var name : signals) {
      Signal.handle(new Signal(name), signal -> handler.accept(signal.getName()));
    }
  }

  /** Starts the log of the process; gives what masks these secrets in it. */
  protected Redaction log(Settings settings, Secrets secrets) {
    return Logging.start(settings, secrets, prompt == null ? settings.get(SettingsTable.LOG_LEVEL) : "warn", io);
  }

  /** The worker's clock. */
  protected Clock clock() {
    return Clock.SYSTEM;
  }

  /** The worker's random waits. */
  protected RandomGenerator random() {
    return ThreadLocalRandom.current();
  }

  /** How long the worker waits for one answer of the server. */
  protected Duration callTimeout() {
    return HttpTransport.DEADLINE;
  }

  /** Ends after a signal, after one task, or when idle; an idle worker that could not register has not done its job. */
  private int untilEnd(Settings settings, Worker worker, Journal journal, Duration most) throws InterruptedException {
    var busyAt = Clock.SYSTEM.nanos();
    var registered = false;
    var exit = Problem.Exit.DONE;
    var look = once || most != null ? LOOK : LOOK.multipliedBy(10); // without them only a damaged journal ends it
    while (!worker.await(look)) {
      if (journal.damage().isPresent()) {
        worker.detach(); // agents live on, and their directories tell the next start what the journal held
        continue;
      }
      var before = registered;
      registered = before || registered(settings, worker);
      busyAt = worker.isIdle() && worker.isRegistrationTried() && registered == before ? busyAt : Clock.SYSTEM.nanos();
      var idle = most != null && Clock.SYSTEM.nanos() - busyAt >= most.toNanos();
      if ((idle || once && worker.done() > 0) && !worker.isStopping()) {
        if (!registered) {
          io.say(new Problem("the server took no registration", String.join("; ", worker.problems()), "fix that, or wait longer").text() + "\n");
          exit = Problem.Exit.PROBLEM;
        }
        worker.stop();
      }
    }
    if (journal.damage().isPresent()) {
      throw new Problem("the journal was damaged while the worker ran", journal.damage().get(),
          "start again: the journal is set aside, and agents that run are taken up").ending(Problem.Exit.TRY_LATER);
    }
    return (worker.isConnected() ? exit : Problem.Exit.INTERRUPTED).code;
  }

  /** Whether the server has us, or at least one of our folders: a task could have come. */
  private boolean registered(Settings settings, Worker worker) {
    return worker.isRegistrationTried() && worker.problems().isEmpty() || offered(settings).stream().anyMatch(c -> worker.codebaseId(c.path()).isPresent());
  }

  /** Creates the one task, prints what its agent says, and gives its outcome. */
  private int one(Settings settings, ApiClient client, Worker worker) throws InterruptedException {
    Task ended = null;
    try {
      if (!builtin()) {
        worker.requireAgent();
      }
      var codebase = codebase(worker, offered(settings).getFirst().path());
      var wanted = new NewTask(codebase, NewTask.titleOf(prompt), prompt, agentType(), 0, model, null);
      waitedFor = create(client, () -> client.create(wanted)).id();
      if (isInterrupted) {
        abandon(client, worker);
      }
      worker.takeOnly(waitedFor);
      ended = ask(client, new OutputFollower(client, waitedFor, OutputPrinter.sorted(io))::run);
    } finally {
      if (ended == null && !isInterrupted) {
        worker.stopNow("nobody is left to hear of it");
      } else if (!isInterrupted) {
        worker.stop();
      }
      worker.await(Duration.ofMinutes(1));
    }
    if (ended.error() != null) {
      io.say("task " + ended.status().word() + ": " + ended.error() + "\n");
    }
    return isInterrupted ? Problem.Exit.INTERRUPTED.code : exit(ended);
  }

  /** The one task, if no agent of ours has it yet, would wait for ever. */
  private void abandon(ApiClient client, Worker worker) {
    var id = waitedFor;
    if (id == null || worker.cancel(id, "the operator", "at the terminal")) {
      return;
    }
    try {
      client.cancel(id, "its worker was stopped");
    } catch (ApiException e) {
      if (e.kind() != ApiException.Kind.CONFLICT && e.kind() != ApiException.Kind.REFUSED) { // those: it has ended
        io.say("the task is not cancelled: " + e.line() + "\n");
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  private String codebase(Worker worker, Path folder) throws InterruptedException {
    var until = Clock.SYSTEM.nanos() + REGISTERED.toNanos();
    while (worker.codebaseId(folder).isEmpty()) {
      if (Clock.SYSTEM.nanos() > until) {
        throw new Problem("the codebase " + folder + " is not registered", String.join("; ", worker.problems()), "correct its path");
      }
      Clock.SYSTEM.sleep(LOOK);
    }
    return worker.codebaseId(folder).get();
  }

  /** The folders to work in: those of the settings; with an embedded server and none named, the current one. */
  private List<Codebase> offered(Settings settings) {
    var named = settings.get(SettingsTable.CODEBASES);
    var cwd = io.env().cwd();
    return !named.isEmpty() || !local ? named
        : List.of(new Codebase(cwd.getFileName() == null ? "root" : cwd.getFileName().toString(), cwd, ""));
  }

  /** Whether the one task needs no agent. */
  private boolean builtin() {
    return List.of("echo", "noop").contains(agentType());
  }

  private String agentType() {
    return agentType == null ? Task.DEFAULT_AGENT : agentType;
  }

  public static void main(String[] args) {
    System.exit(new run().run(CommandIo.of(System.in, System.out, System.err), args));
  }
}
