///usr/bin/env jbang "$0" "$@" ; exit $?
//SOURCES ../lib/**.java
// sun.misc.Signal is the JDK's only way to hear of TERM without dying of it; javac warns of it otherwise
//JAVAC_OPTIONS -XDignore.symbol.file
package cmd;

import java.io.File;
import java.io.FileInputStream;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Locale;
import java.util.Objects;
import java.util.Optional;
import java.util.concurrent.CancellationException;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.FutureTask;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicReference;
import lib.Problem;
import lib.agent.AgentCli;
import lib.agent.Logins;
import lib.cli.Command;
import lib.cli.Follow;
import lib.cli.Io;
import lib.cli.LocalServer;
import lib.cli.Logs;
import lib.cli.TaskOutput;
import lib.config.Codebase;
import lib.config.Kind;
import lib.config.LiveSettings;
import lib.config.Setting.Use;
import lib.config.Settings;
import lib.config.StateDir;
import lib.config.Table;
import lib.config.Time;
import lib.control.ControlServer;
import lib.control.Served;
import lib.hub.Hub;
import lib.hub.HubOptions;
import lib.hub.Tokens;
import lib.outbox.Journal;
import lib.outbox.Redaction;
import lib.outbox.Secrets;
import lib.store.Lock;
import lib.store.StoreFailed;
import lib.task.Greeting;
import lib.task.Identity;
import lib.task.Worker;
import lib.wire.CallFailed;
import lib.wire.Client;
import lib.wire.NewTask;
import lib.wire.Server;
import lib.wire.Task;
import lib.wire.TaskStatus;
import org.slf4j.LoggerFactory;
import picocli.CommandLine;
import picocli.CommandLine.Option;
import sun.misc.Signal;

/** {@code run}: the worker itself, for a server or with an embedded one. */
@CommandLine.Command(name = "run", description = "Run the worker: take tasks from a server and run agents on this machine.",
    footer = "%nTERM or Ctrl-C once: no new task, running ones may finish. Twice: cancel them. Three times: leave at once.%n"
        + "All settings: config table.%n%nExample: worker run --server https://codetether.example -b demo:~/demo")
public final class run extends Command {
  private static final Duration LOOK = Duration.ofMillis(100);
  private static final Duration REGISTERED = Duration.ofSeconds(10); // the embedded server answers in milliseconds
  /** A server that is there answers within that; the agents of an earlier start shall not be without a watch for longer. */
  private static final Duration FIRST_TRY = Duration.ofSeconds(1);
  private static final Duration SHORT_LOOK = Duration.ofMillis(5); // every start waits for this
  private static final Duration FIRST_ANSWER = Duration.ofSeconds(5); // whatever the idle time, a healthy server is heard out

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

  private final AtomicBoolean interrupted = new AtomicBoolean();
  private final AtomicReference<String> waitedFor = new AtomicReference<>(); // the one task

  public run(Io io) {
    super(io, Use.CONNECT, Use.OFFER, Use.WORK);
  }

  @Override
  public Integer call() throws IOException, InterruptedException, StoreFailed {
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
    var settings = settings();
    var secrets = Secrets.of(settings);
    var unread = Logins.addTo(secrets, settings.env());
    var redaction = Redaction.of(secrets.names());
    Logs.start(settings.given(Table.LOG_LEVEL) || prompt == null ? settings.get(Table.LOG_LEVEL) : "warn", io.terminal(), io.env(),
        redaction::mask);
    unread.forEach(file -> io.warn("secrets in an agent's login file are not known and not masked: " + file));
    if (!local && settings.get(Table.SERVER_URL) == null) {
      throw noServer();
    }
    if (prompt != null && !builtin()) {
      AgentCli.require(settings);
    } else if (prompt == null && AgentCli.find(settings).isEmpty()) { // it may be installed while the worker runs
      io.warn("tasks wait for an agent: " + AgentCli.absence(settings).line());
    }
    if (prompt != null && !Files.isDirectory(offered(settings).getFirst().path())) {
      throw new Problem("the task cannot be done", offered(settings).getFirst().path() + " is not a folder here",
          "create it or correct its path (-b)");
    }
    var stateDir = StateDir.of(settings);
    try (var lock = Lock.take(stateDir.resolve("lock"), "a worker",
        "give that one the task (tasks create --follow), or this one another name (--name OTHER)");
        var journal = Journal.open(stateDir.resolve("journal.db"))) {
      var identity = Identity.of(settings);
      return local ? withServer(settings, identity, journal, redaction, idle)
          : work(settings, Server.of(settings), identity, journal, redaction, idle);
    }
  }

  /** How long there may be nothing to do; null for ever. */
  private Duration idle() {
    try {
      var kind = Table.DRAIN_TIMEOUT.kind(); // any wait from none to a week, as that one
      return exitWhenIdle == null ? null : kind.parse(exitWhenIdle, io.env(), io.env().cwd());
    } catch (Kind.Bad e) {
      throw new Problem("--exit-when-idle is '" + exitWhenIdle + "'", "it must be " + e.getMessage(), "give another number of seconds")
          .ending(Problem.Exit.USAGE);
    }
  }

  private int withServer(Settings settings, Identity identity, Journal journal, Redaction redaction, Duration idle)
      throws IOException, InterruptedException, StoreFailed {
    try (var hub = Hub.start(HubOptions.of(settings), Time.SYSTEM)) {
      var token = Tokens.any(settings.get(Table.TOKENS));
      LocalServer.announce(identity.stateDir(), hub.url(), token);
      io.err().println("CodeTether server on " + hub.url());
      try {
        return work(settings, Server.of(settings).at(hub.url()).with(token), identity, journal, redaction, idle);
      } finally {
        LocalServer.withdraw(identity.stateDir());
      }
    }
  }

  private int work(Settings settings, Server server, Identity identity, Journal journal, Redaction redaction, Duration idle)
      throws InterruptedException, StoreFailed {
    var client = new Client(server);
    var process = new Process(client);
    if (prompt != null) {
      on(signal -> {
        process.stopNow(signal.getName().toLowerCase(Locale.ROOT) + " at the terminal");
        process.worker().ifPresent(w -> Thread.ofVirtual().start(() -> abandon(client, w)));
      }, "INT", "TERM", "HUP");
      var worker = process.begin(settings, server, identity, journal, redaction, idle);
      if (worker.isEmpty()) {
        return Problem.Exit.INTERRUPTED.code;
      }
      worker.get().start(0);
      return one(settings, client, worker.get());
    }
    on(signal -> process.stop(), "INT", "TERM");
    onHangup(process);
    try (var control = ControlServer.start(identity.stateDir(), process, io.env())) {
      var worker = process.begin(settings, server, identity, journal, redaction, idle);
      if (worker.isEmpty()) {
        return Problem.Exit.INTERRUPTED.code;
      }
      worker.get().start(once ? 1 : Integer.MAX_VALUE >> 1);
      return untilEnd(settings, worker.get(), idle);
    }
  }

  /** This process, on its way from asking the server who it is to being its worker. */
  private final class Process implements Served {
    private final Greeting greeting;
    private final FutureTask<Client.Info> greeted;
    private final Client client;
    private final Object reloading = new Object(); // what was read later acts later; a stop waits for none
    private volatile Worker worker; // null before the server has answered

    private Process(Client client) {
      this.client = client;
      this.greeting = new Greeting(client, Time.SYSTEM, ThreadLocalRandom.current());
      this.greeted = new FutureTask<>(greeting::greet);
    }

    /** The worker that may start; empty when it was told to stop before. */
    private Optional<Worker> begin(Settings settings, Server server, Identity identity, Journal journal, Redaction redaction,
        Duration idle) throws InterruptedException, StoreFailed {
      Thread.ofVirtual().name("greeting").start(greeted);
      try {
        var known = idle == null && prompt == null && !answered(FIRST_TRY) ? known(journal) : Optional.<Client.Info>empty();
        if (known.isPresent()) {
          become(settings, known.get(), identity, journal, redaction);
        }
        var info = idle == null ? greeted.get() : greeted.get(Math.max(FIRST_ANSWER.toMillis(), idle.toMillis()), TimeUnit.MILLISECONDS);
        var id = info == null || !info.ours() ? "" : info.serverId();
        if (known.isEmpty()) {
          become(settings, info, identity, journal, redaction);
        } else if (!Objects.equals(known.get().serverId(), id.isEmpty() ? null : id)) {
          throw new Problem("the server " + server + " is another one than at the last start", "it has another id",
              "start again: this one's tasks are taken then, and what is owed to the other one is kept").ending(Problem.Exit.TRY_LATER);
        }
        journal.met(server.toString(), id);
        return Optional.of(worker);
      } catch (CancellationException e) {
        while (worker != null && !worker.await(LOOK)) {
          continue; // it has agents to end
        }
        return Optional.empty();
      } catch (TimeoutException e) {
        greeted.cancel(true);
        throw unanswered(server);
      } catch (ExecutionException e) {
        throw new IllegalStateException(e.getCause());
      }
    }

    private boolean answered(Duration patience) throws InterruptedException {
      for (var end = Time.SYSTEM.nanos() + patience.toNanos(); !greeted.isDone() && Time.SYSTEM.nanos() < end; ) {
        Time.SYSTEM.sleep(SHORT_LOOK);
      }
      return greeted.isDone();
    }

    /** What the server called itself when it last answered, if there is something to go on with that cannot wait for it. */
    private Optional<Client.Info> known(Journal journal) throws StoreFailed {
      if (journal.open().isEmpty()) {
        return Optional.empty();
      }
      var known = journal.met(client.server().toString()).map(id -> new Client.Info("", id.isEmpty() ? null : id));
      known.ifPresent(info -> LoggerFactory.getLogger(run.class)
          .warn("the server has not answered yet; what the last start began is gone on with meanwhile"));
      return known;
    }

    private void become(Settings settings, Client.Info info, Identity identity, Journal journal, Redaction redaction)
        throws StoreFailed, InterruptedException {
      var made = new Worker(settings, offered(settings), client, info, identity, journal, redaction, Time.SYSTEM,
          ThreadLocalRandom.current());
      made.adopt();
      become(made);
    }

    private synchronized void become(Worker made) {
      worker = made;
      if (interrupted.get()) {
        made.stop();
      }
    }

    @Override
    public Optional<Worker> worker() {
      return Optional.ofNullable(worker);
    }

    @Override
    public String trouble() {
      return greeting.trouble();
    }

    @Override
    public synchronized void stop() {
      interrupted.set(true);
      greeted.cancel(true); // before there is a worker there is nothing else to end
      worker().ifPresent(Worker::stop);
    }

    private synchronized void stopNow(String why) {
      interrupted.set(true);
      greeted.cancel(true);
      worker().ifPresent(w -> w.stopNow(why));
    }

    @Override
    public LiveSettings.Reloaded reload() {
      synchronized (reloading) {
        var fresh = settings();
        return worker.reload(fresh, offered(fresh));
      }
    }
  }

  /** HUP reloads the config, unless it says that the terminal is gone in which the worker was started. */
  private static void onHangup(Process process) {
    var terminal = new File("/dev/tty");
    var started = readable(terminal);
    on(signal -> {
      if (started && !readable(terminal)) {
        process.stop();
      } else if (process.worker().isPresent()) {
        try {
          process.reload();
        } catch (Problem e) {
          LoggerFactory.getLogger(run.class).error("config not reloaded, the worker goes on with what it had: {}", e.line());
        }
      } else {
        LoggerFactory.getLogger(run.class).warn("config not reloaded: the server has not answered yet");
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

  /** Why the server is not greeted yet; it is asked once more, for the reason. */
  private static Problem unanswered(Server server) throws InterruptedException {
    try {
      new Client(server, FIRST_ANSWER).info();
      return new Problem("the server " + server + " did not answer in time", "it does now, after the time of --exit-when-idle",
          "try again, or wait longer").ending(Problem.Exit.TRY_LATER);
    } catch (CallFailed e) {
      return e.problem(server.toString());
    }
  }

  private interface OnSignal {
    void handle(Signal signal);
  }

  private static void on(OnSignal handler, String... signals) {
    for (var name : signals) {
      Signal.handle(new Signal(name), handler::handle);
    }
  }

  /** Ends after a signal, after one task, or when idle; an idle worker that could not register has not done its job. */
  private int untilEnd(Settings settings, Worker worker, Duration most) throws InterruptedException {
    var busyAt = Time.SYSTEM.nanos();
    var registered = false;
    var exit = Problem.Exit.DONE;
    while (!worker.await(LOOK)) {
      var before = registered;
      registered = before || registered(settings, worker);
      busyAt = worker.idle() && registered == before ? busyAt : Time.SYSTEM.nanos();
      var idle = most != null && Time.SYSTEM.nanos() - busyAt >= most.toNanos();
      if ((idle || once && worker.done() > 0) && !interrupted.getAndSet(true)) {
        if (!registered) {
          io.say(new Problem("the server took no registration", String.join("; ", worker.problems()), "mend that, or wait longer").text() + "\n");
          exit = Problem.Exit.PROBLEM;
        }
        worker.stop();
      }
    }
    return exit.code;
  }

  /** Whether the server has us, or at least one of our folders: a task could have come. */
  private boolean registered(Settings settings, Worker worker) {
    return worker.problems().isEmpty() || offered(settings).stream().anyMatch(c -> worker.codebaseId(c.path()).isPresent());
  }

  /** Creates the one task, prints what its agent says, and gives its outcome. */
  private int one(Settings settings, Client client, Worker worker) throws InterruptedException {
    Task ended = null;
    try {
      if (!builtin()) {
        worker.requireAgent();
      }
      var codebase = codebase(worker, offered(settings).getFirst().path());
      var task = client.create(new NewTask(codebase, NewTask.titleOf(prompt), prompt, agentType(), 0, model, null));
      waitedFor.set(task.id());
      if (interrupted.get()) {
        abandon(client, worker);
      }
      worker.takeOnly(task.id());
      var output = TaskOutput.sorted(io);
      ended = new Follow(client, task.id(), output::take).run();
      output.end(ended);
    } catch (CallFailed e) {
      throw e.problem(client.server().toString());
    } finally {
      if (ended == null && !interrupted.get()) {
        worker.stopNow("nobody is left to hear of it");
      } else if (!interrupted.get()) {
        worker.stop();
      }
      worker.await(Duration.ofMinutes(1));
    }
    if (ended.error() != null) {
      io.say("task " + ended.status().word() + ": " + ended.error() + "\n");
    }
    return (interrupted.get() ? Problem.Exit.INTERRUPTED : ended.status() == TaskStatus.COMPLETED ? Problem.Exit.DONE
        : Problem.Exit.PROBLEM).code;
  }

  /** The one task, if no agent of ours has it yet, would wait for ever. */
  private void abandon(Client client, Worker worker) {
    var id = waitedFor.get();
    if (id == null || worker.cancel(id, "the operator", "at the terminal")) {
      return;
    }
    try {
      client.cancel(id, "its worker was stopped");
    } catch (CallFailed e) {
      if (e.kind() != CallFailed.Kind.CONFLICT && e.kind() != CallFailed.Kind.REFUSED) { // those: it has ended
        io.say("the task is not cancelled: " + e.line() + "\n");
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  private String codebase(Worker worker, Path folder) throws InterruptedException {
    var until = Time.SYSTEM.nanos() + REGISTERED.toNanos();
    while (worker.codebaseId(folder).isEmpty()) {
      if (Time.SYSTEM.nanos() > until) {
        throw new Problem("the codebase " + folder + " is not registered", String.join("; ", worker.problems()), "correct its path");
      }
      Time.SYSTEM.sleep(LOOK);
    }
    return worker.codebaseId(folder).get();
  }

  /** The folders to work in: those of the settings; with an embedded server and none named, the current one. */
  private List<Codebase> offered(Settings settings) {
    var named = settings.get(Table.CODEBASES);
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
    System.exit(new run(Io.of(System.in, System.out, System.err)).run(args));
  }
}
