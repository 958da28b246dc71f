package lib.task;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.FutureTask;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Consumer;
import java.util.function.Function;
import java.util.random.RandomGenerator;
import java.util.regex.Pattern;
import lib.Problem;
import lib.agent.Adapter;
import lib.agent.AgentCli;
import lib.agent.AgentEnv;
import lib.agent.AgentKind;
import lib.agent.AttemptFolder;
import lib.agent.Deadline;
import lib.agent.LaneFile;
import lib.agent.Models;
import lib.agent.Supervisor;
import lib.config.Codebase;
import lib.config.Json;
import lib.config.LiveSettings;
import lib.config.Table;
import lib.config.Time;
import lib.outbox.Attempt;
import lib.outbox.Journal;
import lib.outbox.Redaction;
import lib.session.Session;
import lib.session.SessionStore;
import lib.store.StoreFailed;
import lib.wire.CallFailed;
import lib.wire.Client;
import lib.wire.RemoteCodebase;
import lib.wire.Retry;
import lib.wire.Task;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Does a claimed task, by itself or through an agent, and gives the verdict. */
final class Doing {
  private static final Logger LOG = LoggerFactory.getLogger(Doing.class);
  /** What a task may hand to the agent's command line: no option, no blank. */
  private static final Pattern WORD = Pattern.compile("[A-Za-z0-9_.@][A-Za-z0-9_.:@/+-]*");

  private final LiveSettings settings;
  private final Client client;
  private final Journal journal;
  private final Identity identity;
  private final Codebases codebases;
  private final Registrar registrar;
  private final String server;
  private final List<SessionStore> stores; // each for one thread at a time
  private final AgentKind kinds;
  private final Models models;
  private final Redaction redaction;
  private final Time time;
  private final RandomGenerator random;

  Doing(LiveSettings settings, Client client, Journal journal, Identity identity, Codebases codebases, Registrar registrar,
      String server, List<SessionStore> stores, AgentKind kinds, Models models, Redaction redaction, Time time, RandomGenerator random) {
    this.settings = settings;
    this.client = client;
    this.journal = journal;
    this.identity = identity;
    this.codebases = codebases;
    this.registrar = registrar;
    this.server = server;
    this.stores = stores;
    this.kinds = kinds;
    this.models = models;
    this.redaction = redaction;
    this.time = time;
    this.random = random;
  }

  /** A task that needs no agent: {@code echo}, {@code noop}, registering a folder. */
  Verdict builtin(Task task) throws StoreFailed, InterruptedException {
    return switch (task.agent()) {
      case "noop" -> Verdict.completed("ok");
      case "echo" -> Verdict.completed(task.prompt());
      default -> register(task);
    };
  }

  /** Whether we are one to do this registration: the folder is here, and allowed. Empty when we are, else why not. */
  Optional<String> declines(Task task) {
    var raw = Json.text(task.metadata(), "path");
    try {
      if (raw == null || !raw.startsWith("/")) {
        return Optional.of("the task names no absolute path in metadata.path");
      }
      if (!Files.isDirectory(Path.of(raw))) {
        return Optional.of(raw + " is not a folder on " + identity.host());
      }
      return codebases.allowed(Path.of(raw)) ? Optional.empty()
          : Optional.of(raw + " is not below a folder that " + identity.host() + " allows (codebase_roots)");
    } catch (IOException | InvalidPathException e) {
      return Optional.of(raw + " cannot be looked at on " + identity.host() + ": " + e.getMessage());
    }
  }

  private Verdict register(Task task) throws StoreFailed, InterruptedException {
    var declined = declines(task);
    if (declined.isPresent()) {
      return Verdict.failed("refused", declined.get());
    }
    Path path;
    try { // the very folder that was looked at: a link in its name may lead elsewhere later
      path = Path.of(Json.text(task.metadata(), "path")).toRealPath();
    } catch (IOException e) {
      return Verdict.failed("refused", "the folder cannot be looked at on " + identity.host() + ": " + e.getMessage());
    }
    var name = Json.text(task.metadata(), "name");
    var description = Json.text(task.metadata(), "description");
    var codebase = new Codebase(name == null ? path.getFileName().toString() : name, path, description == null ? "" : description);
    try {
      var remote = Retry.COMMAND.run(() -> client.registerCodebase(codebase.name(), path.toString(), codebase.description(),
          identity.workerId()), time, random);
      journal.keep(server, new RemoteCodebase(remote.id(), codebase.name(), path.toString(), identity.workerId()),
          codebase.description(), time.now());
      codebases.take(codebase);
      codebases.registered(codebase, remote.id());
      registrar.add(codebase);
      return Verdict.completed("Codebase registered successfully with ID: " + remote.id());
    } catch (CallFailed e) {
      return Verdict.failed("refused", "the server did not take the registration of " + path + ": " + e.getMessage());
    }
  }

  /**
   * Makes the attempt's folder and an agent that waits for the word to go.
   *
   * @throws IOException when the folder cannot be made
   */
  Ready ready(Task task, AttemptFolder folder, Attempt intent) throws IOException, InterruptedException {
    folder.make();
    var files = new FutureTask<Void>(() -> {
      folder.deadline(settings.get(Table.TASK_TIMEOUT).plus(Deadline.LEAD));
      folder.prepare(task.prompt() == null ? "" : task.prompt(), task.raw(), intent.toJson());
      return null;
    });
    Thread.ofVirtual().name("files").start(files); // the disk and the supervisor's shells take as long as each other
    Ready ready = null;
    try {
      ready = start(task, folder, intent.codebase());
      files.get();
      return ready;
    } catch (ExecutionException e) {
      ready.close();
      if (e.getCause() instanceof IOException io) {
        throw io;
      }
      throw new IllegalStateException(e.getCause());
    } finally {
      if (ready == null) {
        files.cancel(true);
      }
    }
  }

  private Ready start(Task task, AttemptFolder folder, Path directory) throws IOException, InterruptedException {
    if (task.prompt() == null || task.prompt().isBlank()) {
      return Ready.refused(folder, "the task has no prompt");
    }
    for (var word : new String[] {task.agent(), task.modelName(), task.resumeSession()}) {
      if (word != null && !WORD.matcher(word).matches()) {
        return Ready.refused(folder, "'" + word.strip() + "' cannot be an agent type, a model or a session");
      }
    }
    if (!Files.isDirectory(directory)) {
      return Ready.refused(folder, "the codebase's folder " + directory + " is not there on " + identity.host());
    }
    if (!codebases.mayWork(directory)) {
      return Ready.refused(folder, directory + " does not lie below a folder that " + identity.host() + " allows (codebase_roots)");
    }
    try {
      return start(task, folder, directory, AgentCli.require(settings.now()));
    } catch (Problem e) {
      return Ready.refused(folder, e.what() + ": " + e.why());
    }
  }

  private Ready start(Task task, AttemptFolder folder, Path codebase, AgentCli cli) throws IOException, InterruptedException {
    var adapter = kinds.of(cli.path(), settings.get(Table.AGENT_KIND));
    var lacks = task.modelName() == null ? Optional.<String>empty() : models.lacks(adapter, cli.path(), task.modelName());
    if (lacks.isPresent()) {
      return Ready.refused(folder, lacks.get());
    }
    var session = task.resumeSession();
    var directory = codebase;
    switch (session == null ? new Resume.GoOn(codebase) : Resume.of(session, begun(adapter.kind(), session), codebase,
        codebases.folders())) {
      case Resume.GoOn on -> directory = on.directory();
      case Resume.Anew anew -> {
        session = null;
        folder.startAnew(anew.why());
      }
      case Resume.Refused refused -> {
        return Ready.refused(folder, refused.why());
      }
    }
    return hold(task, folder, codebase, cli, adapter, session, directory);
  }

  private Ready hold(Task task, AttemptFolder folder, Path codebase, AgentCli cli, Adapter adapter, String session, Path directory)
      throws IOException, InterruptedException {
    var approval = Adapter.Approval.valueOf(settings.get(Table.AGENT_APPROVAL).toUpperCase(Locale.ROOT));
    var version = adapter.argvDependsOnVersion(approval) ? kinds.await(cli.path()) : kinds.version(cli.path());
    var ask = new Adapter.Ask(cli.path(), version.orElse(null), task.agent(), task.modelName(), session, approval,
        settings.get(Table.AGENT_ARGS), task.prompt(), folder.file("prompt"), directory);
    folder.adapter(adapter, adapter.promptOnInput(ask));
    var environment = AgentEnv.of(settings.now(), directory);
    environment.put("A2A_TASK_ID", task.id());
    var lane = new LaneFile(settings.now().env()).of(codebase.toRealPath());
    Function<Adapter.Ask, Supervisor.Held> hold = asked -> Supervisor.hold(folder, adapter.argv(asked), environment, directory, lane,
        settings.get(Table.TASK_TIMEOUT));
    return Ready.held(folder, cli.path(), hold.apply(ask), session == null ? null : () -> hold.apply(ask.anew()));
  }

  /**
   * Where a session was begun: as the agent's store has it, else as far as a task of ours had it. A store that cannot be read knows
   * nothing, and the agent is to say.
   */
  private Optional<Path> begun(String kind, String session) {
    synchronized (stores) {
      for (var store : stores) {
        try {
          var found = store.kind().equals(kind) ? store.session(session) : Optional.<Session>empty();
          if (found.isPresent()) {
            return Optional.of(found.get().directory());
          }
        } catch (IOException e) {
          LOG.info("where session {} was begun cannot be read: {}", session, e.getMessage());
        }
      }
    }
    try {
      return journal.begun(session);
    } catch (StoreFailed e) {
      LOG.warn("whether session {} belongs to a task of another codebase cannot be read: {}", session, e.getMessage());
      return Optional.empty();
    }
  }

  /**
   * Tells the supervisor how long the agent may run, where that is less than usual; before the agent is let go, so that it holds
   * whatever becomes of this process.
   */
  void grant(Task task, AttemptFolder folder, Duration budget) {
    if (budget.compareTo(settings.get(Table.TASK_TIMEOUT)) >= 0) {
      return; // that stands there already
    }
    try {
      folder.deadline(budget.plus(Deadline.LEAD));
    } catch (IOException e) {
      LOG.warn("task={} without this worker its agent could run longer than the server wants: {}", task.id(), e.getMessage());
    }
  }

  /** Watches an agent that was let go. An interrupt leaves it running under its supervisor. */
  Verdict agent(Task task, Ready ready, Duration budget, AtomicReference<StopOrder> order, Consumer<String> session)
      throws IOException, InterruptedException {
    var start = time.nanos();
    var verdict = run(task, ready.folder(), budget, Duration.ZERO, order, session, ready.supervisor());
    if (!verdict.sessionGone() || ready.anew() == null || !free(order)) {
      return said(ready.folder(), verdict, task.resumeSession());
    }
    var why = "session " + task.resumeSession() + " is not there any more";
    LOG.info("task={} {}, starting its agent anew", task.id(), why);
    ready.supervisor().process().waitFor(); // it has recorded the end, and has its lock of the folder to give back
    ready.folder().startAnew(why);
    try (var held = ready.anew().get()) {
      held.go();
      var spent = Duration.ofNanos(time.nanos() - start);
      return run(task, ready.folder(), budget, spent, order, session, held).anew(why);
    } catch (Problem e) {
      return Verdict.failed("agent-error", e.what() + ": " + e.why()).anew(why);
    }
  }

  /** Takes back the order to end an agent that hung; false where there is any other, which stands. */
  private static boolean free(AtomicReference<StopOrder> order) {
    var given = order.get();
    return given == null || given.cause() == StopOrder.Cause.STUCK && order.compareAndSet(given, null);
  }

  private Verdict run(Task task, AttemptFolder folder, Duration budget, Duration spent, AtomicReference<StopOrder> order,
      Consumer<String> session, Supervisor.Held supervisor) throws IOException, InterruptedException {
    return new AgentRun(task.id(), folder, budget, spent, settings.get(Table.SILENCE), order, session, redaction, time)
        .run(supervisor.process().toHandle(), true);
  }

  /** Goes on watching an agent that an earlier process let go. It may have ended since, or have vanished. */
  Verdict agent(Attempt attempt, AttemptFolder folder, boolean lives, AtomicReference<StopOrder> order, Consumer<String> session)
      throws IOException, InterruptedException {
    var spent = Duration.between(attempt.createdAt(), time.now());
    var most = settings.get(Table.TASK_TIMEOUT);
    // what the server granted stands in the deadline that the earlier process set
    var granted = folder.left().map(left -> left.minus(Deadline.LEAD).plus(spent)).filter(all -> all.compareTo(most) < 0).orElse(most);
    var verdict = new AgentRun(attempt.taskId(), folder, granted, spent, settings.get(Table.SILENCE), order, session, redaction, time)
        .run(lives ? folder.supervisor().orElse(null) : null, lives);
    return said(folder, verdict, folder.task().map(Task::resumeSession).orElse(null));
  }

  /** With why it was done in another session than the task names, if it was: some agents begin anew without a word. */
  private static Verdict said(AttemptFolder folder, Verdict verdict, String asked) throws IOException {
    return folder.anew().map(anew -> verdict.anew(anew.why())).orElseGet(() -> verdict.asked(asked));
  }
}
