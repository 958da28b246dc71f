///usr/bin/env jbang "$0" "$@" ; exit $?
//SOURCES ../lib/**.java
// sun.misc.Signal is the JDK's only way to hear of TERM without dying of it; javac warns of it otherwise
//JAVAC_OPTIONS -XDignore.symbol.file
package cmd;

import java.io.IOException;
import java.net.URI;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.atomic.AtomicBoolean;
import lib.Problem;
import lib.agent.AgentCli;
import lib.cli.Command;
import lib.cli.Follow;
import lib.cli.Io;
import lib.cli.LocalServer;
import lib.cli.Logs;
import lib.config.Codebase;
import lib.config.Setting.Use;
import lib.config.Settings;
import lib.config.Table;
import lib.config.Time;
import lib.hub.Hub;
import lib.hub.HubOptions;
import lib.hub.Tokens;
import lib.outbox.Journal;
import lib.store.Lock;
import lib.store.StoreFailed;
import lib.task.Identity;
import lib.task.Worker;
import lib.wire.CallFailed;
import lib.wire.Client;
import lib.wire.NewTask;
import lib.wire.Server;
import lib.wire.Task;
import lib.wire.TaskStatus;
import picocli.CommandLine;
import picocli.CommandLine.Option;
import sun.misc.Signal;

/** {@code run}: the worker itself, for a server or with an embedded one. */
@CommandLine.Command(name = "run", description = "Run the worker: take tasks from a server and run agents on this machine.",
    footer = "%nTERM or Ctrl-C once: no new task, running ones may finish. Twice: cancel them. Three times: leave at once.%n"
        + "All settings: config table.")
public final class run extends Command {
  private static final Duration LOOK = Duration.ofMillis(100);
  private static final Duration REGISTERED = Duration.ofSeconds(10); // the embedded server answers in milliseconds

  @Option(names = "--local", description = "start the embedded server too and work for it")
  private boolean local;

  @Option(names = "--task", paramLabel = "PROMPT", description = "with --local: do this one task in the first codebase (default: this "
      + "folder), print what the agent says, and exit 0 if it completes")
  private String prompt;

  @Option(names = "--agent-type", paramLabel = "TYPE", description = "for --task: build, plan, …; echo needs no agent (default: build)")
  private String agentType;

  @Option(names = "--model", paramLabel = "P/M", description = "for --task: provider/model")
  private String model;

  @Option(names = "--once", description = "end after one task")
  private boolean once;

  @Option(names = "--exit-when-idle", paramLabel = "SECONDS", description = "end when there was nothing to do for so long")
  private Double exitWhenIdle;

  @Option(names = "--test-email", hidden = true, description = "send a test mail and exit")
  private boolean testEmail;

  private final AtomicBoolean interrupted = new AtomicBoolean();

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
    var settings = settings();
    Logs.start(settings.given(Table.LOG_LEVEL) || prompt == null ? settings.get(Table.LOG_LEVEL) : "warn", io.terminal(), io.env());
    if (!local && settings.get(Table.SERVER_URL) == null) {
      throw noServer();
    }
    if (prompt != null && !List.of("echo", "noop").contains(agentType())) {
      AgentCli.require(settings);
    } else if (prompt == null && AgentCli.find(settings).isEmpty()) { // it may be installed while the worker runs
      io.warn("tasks wait for an agent: " + AgentCli.absence(settings).line());
    }
    var identity = Identity.of(settings);
    try (var lock = Lock.take(identity.stateDir().resolve("lock"), "a worker");
        var journal = Journal.open(identity.stateDir().resolve("journal.db"))) {
      return local ? withServer(settings, identity, journal) : work(settings, Server.of(settings), identity, journal);
    }
  }

  private int withServer(Settings settings, Identity identity, Journal journal) throws IOException, InterruptedException, StoreFailed {
    try (var hub = Hub.start(HubOptions.of(settings), Time.SYSTEM)) {
      var token = Tokens.any(settings.get(Table.TOKENS));
      LocalServer.announce(identity.stateDir(), hub.url(), token);
      io.err().println("CodeTether server on " + hub.url());
      try {
        return work(settings, Server.of(settings).at(hub.url()).with(token), identity, journal);
      } finally {
        LocalServer.withdraw(identity.stateDir());
      }
    }
  }

  private int work(Settings settings, Server server, Identity identity, Journal journal) throws InterruptedException, StoreFailed {
    var client = new Client(server);
    var main = Thread.currentThread();
    var greeting = new AtomicBoolean(true);
    on(signal -> {
      interrupted.set(true);
      if (greeting.get()) {
        main.interrupt(); // there is nothing to end yet
      }
    });
    Client.Info info;
    try {
      info = Worker.greet(client, Time.SYSTEM, ThreadLocalRandom.current());
    } catch (InterruptedException e) {
      return Problem.Exit.INTERRUPTED.code;
    }
    greeting.set(false);
    var worker = new Worker(settings, offered(settings), client, info, identity, journal, Time.SYSTEM, ThreadLocalRandom.current());
    on(signal -> {
      interrupted.set(true);
      if (prompt != null) {
        worker.stopNow(signal.getName().toLowerCase(Locale.ROOT) + " at the terminal");
      } else {
        worker.stop();
      }
    });
    if (interrupted.get()) {
      worker.stop();
    }
    worker.start(prompt != null ? 0 : once ? 1 : Integer.MAX_VALUE >> 1);
    return prompt == null ? untilEnd(worker) : one(settings, client, worker);
  }

  private interface OnSignal {
    void handle(Signal signal);
  }

  private static void on(OnSignal handler) {
    for (var name : List.of("INT", "TERM", "HUP")) {
      Signal.handle(new Signal(name), handler::handle);
    }
  }

  /** Ends after a signal, after one task, or when idle. */
  private int untilEnd(Worker worker) throws InterruptedException {
    var busyAt = Time.SYSTEM.nanos();
    while (!worker.await(LOOK)) {
      busyAt = worker.idle() ? busyAt : Time.SYSTEM.nanos();
      var idle = exitWhenIdle != null && Time.SYSTEM.nanos() - busyAt >= exitWhenIdle * 1e9;
      if ((idle || once && worker.done() > 0) && !interrupted.getAndSet(true)) {
        worker.stop();
      }
    }
    return Problem.Exit.DONE.code;
  }

  /** Creates the one task, prints what its agent says, and gives its outcome. */
  private int one(Settings settings, Client client, Worker worker) throws InterruptedException {
    Task ended = null;
    try {
      var folder = offered(settings).getFirst().path();
      var codebase = codebase(worker, folder);
      var task = client.create(new NewTask(codebase, NewTask.titleOf(prompt), prompt, agentType(), 0, model, null));
      worker.takeOnly(task.id());
      var closing = new Closing(io);
      var follow = new Follow(client, task.id(), closing::take);
      ended = follow.run();
      closing.end();
      if (follow.printed() == 0 && ended.result() != null) { // what is answered without an agent has no output
        io.out().println(ended.result());
      }
    } catch (CallFailed e) {
      throw e.problem(client.server().toString());
    } finally {
      if (!interrupted.get()) {
        worker.stop();
      }
      worker.await(Duration.ofMinutes(1));
    }
    if (ended.error() != null) {
      io.err().println("task " + ended.status().word() + ": " + ended.error());
    }
    return (interrupted.get() ? Problem.Exit.INTERRUPTED : ended.status() == TaskStatus.COMPLETED ? Problem.Exit.DONE
        : Problem.Exit.PROBLEM).code;
  }

  /** Prints output, but the worker's own last line goes where everything goes that the agent did not say. */
  private static final class Closing {
    private static final String MARK = "— ";
    private final Io io;
    private String held = "";

    Closing(Io io) {
      this.io = io;
    }

    void take(String text) {
      var all = held + text;
      var line = all.lastIndexOf("\n" + MARK) + 1;
      var from = line > 0 || all.startsWith(MARK) ? line : all.length();
      io.out().print(all.substring(0, from));
      io.out().flush();
      held = all.substring(from);
    }

    void end() {
      io.err().print(held);
      io.err().flush();
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

  private String agentType() {
    return agentType == null ? Task.DEFAULT_AGENT : agentType;
  }

  public static void main(String[] args) {
    System.exit(new run(Io.of(System.in, System.out, System.err)).run(args));
  }
}
