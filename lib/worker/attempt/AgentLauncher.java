package lib.worker.attempt;

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
import lib.agent.AgentEnvironment;
import lib.agent.AgentKind;
import lib.agent.AgentProgram;
import lib.agent.ModelCatalog;
import lib.agent.adapter.Adapter;
import lib.agent.process.AttemptDirectory;
import lib.agent.process.DirectoryLock;
import lib.agent.process.RunBudget;
import lib.agent.process.Supervisor;
import lib.config.Codebase;
import lib.config.LiveSettings;
import lib.config.Table;
import lib.core.Clock;
import lib.core.Json;
import lib.core.Problem;
import lib.journal.Attempt;
import lib.journal.Journal;
import lib.masking.Redaction;
import lib.session.Session;
import lib.session.SessionStore;
import lib.store.StoreFailed;
import lib.wire.CallFailed;
import lib.wire.Client;
import lib.wire.RemoteCodebase;
import lib.wire.Retry;
import lib.wire.Task;
import lib.worker.admission.Codebases;
import lib.worker.admission.StopRequest;
import lib.worker.context.WorkerIdentity;
import lib.worker.presence.Registrar;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Does a claimed task, by itself or through an agent, and gives the verdict. */
public final class AgentLauncher {
  private static final Logger LOG = LoggerFactory.getLogger(AgentLauncher.class);
  /** What a task may hand to the agent's command line: no option, no blank. */
  private static final Pattern WORD = Pattern.compile("[A-Za-z0-9_.@][A-Za-z0-9_.:@/+-]*");

  private final LiveSettings settings;
  private final Client client;
  private final Journal journal;
  private final WorkerIdentity identity;
  private final Codebases codebases;
  private final Registrar registrar;
  private final String server;
  private final List<SessionStore> stores; // each for one thread at a time
  private final AgentKind kinds;
  private final ModelCatalog models;
  private final Redaction redaction;
  private final Clock time;
  private final RandomGenerator random;

  public AgentLauncher(LiveSettings settings, Client client, Journal journal, WorkerIdentity identity, Codebases codebases, Registrar registrar,
      String server, List<SessionStore> stores, AgentKind kinds, ModelCatalog models, Redaction redaction, Clock time, RandomGenerator random) {
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
  public Optional<String> declines(Task task) {
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
      journal.saveCodebase(server, new RemoteCodebase(remote.id(), codebase.name(), path.toString(), identity.workerId()),
          codebase.description(), time.now());
      codebases.readmit(codebase);
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
  PreparedAgent ready(Task task, AttemptDirectory folder, Attempt intent) throws IOException, InterruptedException {
    folder.create();
    var files = new FutureTask<Void>(() -> {
      folder.deadline(settings.get(Table.TASK_TIMEOUT).plus(RunBudget.LEAD));
      folder.writeInputs(task.prompt() == null ? "" : task.prompt(), task.raw(), intent.toJson());
      return null;
    });
    Thread.ofVirtual().name("files").start(files); // the disk and the supervisor's shells take as long as each other
    PreparedAgent ready = null;
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

  private PreparedAgent start(Task task, AttemptDirectory folder, Path directory) throws IOException, InterruptedException {
    if (task.prompt() == null || task.prompt().isBlank()) {
      return PreparedAgent.refused(folder, "the task has no prompt");
    }
    for (var word : new String[] {task.agent(), task.modelName(), task.resumeSession()}) {
      if (word != null && !WORD.matcher(word).matches()) {
        return PreparedAgent.refused(folder, "'" + word.strip() + "' cannot be an agent type, a model or a session");
      }
    }
    if (!Files.isDirectory(directory)) {
      return PreparedAgent.refused(folder, "the codebase's folder " + directory + " is not there on " + identity.host());
    }
    if (!codebases.isAllowed(directory)) {
      return PreparedAgent.refused(folder, directory + " does not lie below a folder that " + identity.host() + " allows (codebase_roots)");
    }
    try {
      return start(task, folder, directory, AgentProgram.require(settings.now()));
    } catch (Problem e) {
      return PreparedAgent.refused(folder, e.what() + ": " + e.why());
    }
  }

  private PreparedAgent start(Task task, AttemptDirectory folder, Path codebase, AgentProgram cli) throws IOException, InterruptedException {
    var adapter = kinds.of(cli.path(), settings.get(Table.AGENT_KIND));
    var lacks = task.modelName() == null ? Optional.<String>empty() : models.lacks(adapter, cli.path(), task.modelName());
    if (lacks.isPresent()) {
      return PreparedAgent.refused(folder, lacks.get());
    }
    var session = task.resumeSession();
    var directory = codebase;
    switch (session == null ? new ResumePlan.Continue(codebase) : ResumePlan.of(session, begun(adapter.kind(), session), codebase,
        codebases.folders())) {
      case ResumePlan.Continue on -> directory = on.directory();
      case ResumePlan.StartFresh anew -> {
        session = null;
        folder.prepareRestart(anew.why());
      }
      case ResumePlan.Refuse refused -> {
        return PreparedAgent.refused(folder, refused.why());
      }
    }
    return hold(task, folder, codebase, cli, adapter, session, directory);
  }

  private PreparedAgent hold(Task task, AttemptDirectory folder, Path codebase, AgentProgram cli, Adapter adapter, String session, Path directory)
      throws IOException, InterruptedException {
    var approval = Adapter.Approval.valueOf(settings.get(Table.AGENT_APPROVAL).toUpperCase(Locale.ROOT));
    var version = adapter.argvDependsOnVersion(approval) ? kinds.await(cli.path()) : kinds.version(cli.path());
    var ask = new Adapter.LaunchSpec(cli.path(), version.orElse(null), task.agent(), task.modelName(), session, approval,
        settings.get(Table.AGENT_ARGS), task.prompt(), folder.file("prompt"), directory);
    folder.adapter(adapter, adapter.promptOnInput(ask));
    var environment = AgentEnvironment.of(settings.now(), directory);
    environment.put("A2A_TASK_ID", task.id());
    var lane = new DirectoryLock(settings.now().env()).of(codebase.toRealPath());
    Function<Adapter.LaunchSpec, Supervisor.Held> hold = asked -> Supervisor.hold(folder, adapter.argv(asked), environment, directory, lane,
        settings.get(Table.TASK_TIMEOUT));
    return PreparedAgent.held(folder, cli.path(), hold.apply(ask), session == null ? null : () -> hold.apply(ask.anew()));
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
      return journal.firstDirectoryOf(session);
    } catch (StoreFailed e) {
      LOG.warn("whether session {} belongs to a task of another codebase cannot be read: {}", session, e.getMessage());
      return Optional.empty();
    }
  }

  /**
   * Tells the supervisor how long the agent may run, where that is less than usual; before the agent is let go, so that it holds
   * whatever becomes of this process.
   */
  void grant(Task task, AttemptDirectory folder, Duration budget) {
    if (budget.compareTo(settings.get(Table.TASK_TIMEOUT)) >= 0) {
      return; // that stands there already
    }
    try {
      folder.deadline(budget.plus(RunBudget.LEAD));
    } catch (IOException e) {
      LOG.warn("task={} without this worker its agent could run longer than the server wants: {}", task.id(), e.getMessage());
    }
  }

  /** Watches an agent that was let go. An interrupt leaves it running under its supervisor. */
  Verdict agent(Task task, PreparedAgent ready, Duration budget, AtomicReference<StopRequest> order, Consumer<String> session)
      throws IOException, InterruptedException {
    var start = time.nanos();
    var verdict = run(task, ready.folder(), budget, Duration.ZERO, order, session, ready.supervisor());
    if (!verdict.sessionGone() || ready.anew() == null || !free(order)) {
      return said(ready.folder(), verdict, task.resumeSession());
    }
    var why = "session " + task.resumeSession() + " is not there any more";
    LOG.info("task={} {}, starting its agent anew", task.id(), why);
    ready.supervisor().process().waitFor(); // it has recorded the end, and has its lock of the folder to give back
    ready.folder().prepareRestart(why);
    try (var held = ready.anew().get()) {
      held.go();
      var spent = Duration.ofNanos(time.nanos() - start);
      return run(task, ready.folder(), budget, spent, order, session, held).withFreshSessionNote(why);
    } catch (Problem e) {
      return Verdict.failed("agent-error", e.what() + ": " + e.why()).withFreshSessionNote(why);
    }
  }

  /** Takes back the order to end an agent that hung; false where there is any other, which stands. */
  private static boolean free(AtomicReference<StopRequest> order) {
    var given = order.get();
    return given == null || given.cause() == StopRequest.Cause.HUNG && order.compareAndSet(given, null);
  }

  private Verdict run(Task task, AttemptDirectory folder, Duration budget, Duration spent, AtomicReference<StopRequest> order,
      Consumer<String> session, Supervisor.Held supervisor) throws IOException, InterruptedException {
    return new AgentWatcher(task.id(), folder, budget, spent, settings.get(Table.SILENCE), order, session, redaction, time)
        .run(supervisor.process().toHandle(), true);
  }

  /** Goes on watching an agent that an earlier process let go. It may have ended since, or have vanished. */
  Verdict agent(Attempt attempt, AttemptDirectory folder, boolean lives, AtomicReference<StopRequest> order, Consumer<String> session)
      throws IOException, InterruptedException {
    var spent = Duration.between(attempt.createdAt(), time.now());
    var most = settings.get(Table.TASK_TIMEOUT);
    // what the server granted stands in the deadline that the earlier process set
    var granted = folder.remaining().map(left -> left.minus(RunBudget.LEAD).plus(spent)).filter(all -> all.compareTo(most) < 0).orElse(most);
    var verdict = new AgentWatcher(attempt.taskId(), folder, granted, spent, settings.get(Table.SILENCE), order, session, redaction, time)
        .run(lives ? folder.supervisor().orElse(null) : null, lives);
    return said(folder, verdict, folder.task().map(Task::resumeSession).orElse(null));
  }

  /** With why it was done in another session than the task names, if it was: some agents begin anew without a word. */
  private static Verdict said(AttemptDirectory folder, Verdict verdict, String asked) throws IOException {
    return folder.restart().map(anew -> verdict.withFreshSessionNote(anew.why())).orElseGet(() -> verdict.withSessionMismatchNote(asked));
  }
}
