package lib.worker.presence;

import module java.base;
import lib.agent.AgentInspector;
import lib.client.FailureLog;
import lib.client.http.ApiException;
import lib.client.http.RetryPolicy;
import lib.config.Codebase;
import lib.core.Json;
import lib.protocol.CodebaseInfo;
import lib.protocol.Registration;
import lib.protocol.Task;
import lib.store.DatabaseException;
import lib.worker.admission.Codebases;
import lib.worker.context.WorkerContext;
import lib.worker.context.WorkerEvent;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Keeps the codebases and then the worker registered: every 60 s, and at once when the server has forgotten them or there is
 * something new to say. Thread-safe.
 */
public final class Registrar {
  private static final Logger LOG = LoggerFactory.getLogger(Registrar.class);
  private static final Duration INTERVAL = Duration.ofSeconds(60); // a server that lost its memory has it back after that

  private final WorkerContext context;
  private final Codebases codebases;
  private final AgentInspector inspector;
  private final Semaphore woken = new Semaphore(0);
  private final CountDownLatch tried = new CountDownLatch(1);
  private final FailureLog outage = new FailureLog(LOG, "registration");
  private volatile List<String> problems = List.of();
  private String logged = ""; // the loop's alone

  /** A registrar that has not begun. */
  public Registrar(WorkerContext context, Codebases codebases, AgentInspector inspector) {
    this.context = context;
    this.codebases = codebases;
    this.inspector = inspector;
    context.events().subscribe(event -> {
      switch (event) {
        case WorkerEvent.ServerForgotWorker forgot -> wake();
        case WorkerEvent.SettingsReloaded reloaded -> wake();
        default -> { }
      }
    });
  }

  /** Waits until everything was tried at least once. */
  public void awaitTried() throws InterruptedException {
    tried.await();
  }

  /** Registers everything now. Any thread. */
  public void wake() {
    woken.release();
  }

  /**
   * Registers a codebase once more, now and on this thread.
   *
   * @return the server's id of it; null when it is not offered, or its folder is not there
   */
  public String reregister(String id) throws ApiException, InterruptedException {
    var codebase = codebases.find(id);
    if (codebase.isEmpty() || codebases.problem(codebase.get()).isPresent()) {
      return null;
    }
    announce(register(codebase.get()));
    return codebases.id(codebase.get().path()).orElse(null);
  }

  private void announce(boolean isChanged) {
    if (isChanged) {
      wake();
      context.events().publish(new WorkerEvent.CodebasesChanged());
    }
  }

  /** Whether everything was tried at least once. */
  public boolean isTried() {
    return tried.getCount() == 0;
  }

  /** What the server does not know of this worker and why, for people; empty when it knows all. */
  public List<String> problems() {
    return problems;
  }

  /** Runs until its thread is interrupted. */
  public void run() throws InterruptedException {
    var restored = false;
    while (true) {
      var wait = INTERVAL;
      try {
        restored = restored || restore();
        registerAll();
        outage.over();
      } catch (ApiException e) {
        var failures = outage.failed(e);
        problems = List.of(e.line());
        wait = (e.kind() == ApiException.Kind.DENIED ? RetryPolicy.DENIED : RetryPolicy.REGISTER).delay(failures, e.retryAfter(), context.random());
      } finally {
        tried.countDown();
      }
      if (woken.tryAcquire(wait.toMillis(), TimeUnit.MILLISECONDS)) {
        woken.drainPermits();
      }
    }
  }

  /** Offers again the folders that this server had the worker register; whether they could be read. */
  private boolean restore() throws InterruptedException {
    try {
      context.journal().savedCodebases(context.server().features().key()).forEach(codebases::add);
      return true;
    } catch (DatabaseException e) {
      LOG.warn("folders that the server registered are not offered, retrying in {} s: {}", INTERVAL.toSeconds(), e.getMessage());
      return false;
    }
  }

  private void registerAll() throws ApiException, InterruptedException {
    var found = new ArrayList<String>();
    registerCodebases(found);
    registerWorker();
    found.stream().filter(problem -> !problems.contains(problem)).forEach(problem ->
        LOG.warn("{}; next try in {} s", problem, INTERVAL.toSeconds()));
    problems = List.copyOf(found);
  }

  private void registerCodebases(List<String> found) throws ApiException, InterruptedException {
    var changed = false;
    try {
      for (var codebase : codebases.toRegister()) {
        try {
          var problem = codebases.problem(codebase);
          if (problem.isEmpty()) {
            changed |= register(codebase);
          } else {
            found.add("the codebase " + codebase.name() + " is not registered: " + problem.get());
            codebases.refresh(codebases.id(codebase.path()).orElse(""));
          }
        } catch (ApiException e) {
          if (e.kind().again()) {
            throw e;
          }
          found.add("the server does not take the codebase " + codebase.name() + ": " + e.line());
        }
      }
    } finally {
      if (changed) { // also when a later call failed
        context.events().publish(new WorkerEvent.CodebasesChanged());
      }
    }
  }

  /** Registers a codebase; whether that changed the offer. */
  private boolean register(Codebase codebase) throws ApiException, InterruptedException {
    var id = ask(codebase);
    var changed = codebases.registered(codebase, id);
    if (changed) {
      LOG.info("codebase {} ({}) registered as {}", codebase.name(), codebase.path(), id);
    }
    return changed;
  }

  // --- tasks by which a server has this worker register a folder

  /** Why this worker does not register the folder of a task: it is not here, or not allowed. Empty when it does, and for all other tasks. */
  public Optional<String> refusal(Task task) {
    if (!task.registration()) {
      return Optional.empty();
    }
    var path = Json.text(task.metadata(), "path");
    var host = context.identity().host();
    try {
      return path == null || !path.startsWith("/") ? Optional.of("the task names no absolute path in metadata.path")
          : !Files.isDirectory(Path.of(path)) ? Optional.of(path + " is not a folder on " + host)
          : codebases.allowed(Path.of(path)) ? Optional.empty()
          : Optional.of(path + " is not below a folder that " + host + " allows (codebase_roots)");
    } catch (IOException | InvalidPathException e) {
      return Optional.of(path + " cannot be looked at on " + host + ": " + e.getMessage());
    }
  }

  /**
   * Registers the folder of a task, which is not refused, and keeps it for the next start.
   *
   * @return the server's id of it
   * @throws IOException when the folder cannot be looked at
   * @throws DatabaseException when it cannot be kept
   */
  public String register(Task task) throws ApiException, IOException, DatabaseException, InterruptedException {
    var path = Path.of(Json.text(task.metadata(), "path")).toRealPath(); // a link in its name may lead elsewhere later
    var name = Json.text(task.metadata(), "name");
    var description = Json.text(task.metadata(), "description");
    var codebase = new Codebase(name == null ? path.getFileName().toString() : name, path, description == null ? "" : description);
    var id = RetryPolicy.COMMAND.run(() -> ask(codebase), context.clock(), context.random());
    context.journal().saveCodebase(context.server().features().key(), new CodebaseInfo(id, codebase.name(), path.toString(), context.workerId()),
        codebase.description(), context.clock().now());
    codebases.add(codebase);
    announce(codebases.registered(codebase, id));
    return id;
  }

  private String ask(Codebase codebase) throws ApiException, InterruptedException {
    return context.client().registerCodebase(codebase.name(), codebase.path().toString(), codebase.description(), context.workerId()).id();
  }

  private void registerWorker() throws ApiException, InterruptedException {
    var identity = context.identity();
    var ids = codebases.ids();
    context.client().register(new Registration(identity.workerId(), identity.name(), identity.capabilities(), identity.host(), ids,
        codebases.globalId(), inspector.facts().models()));
    if (!logged.equals(ids.toString())) {
      var folders = ids.stream().filter(id -> !id.equals(Task.GLOBAL)).count();
      LOG.info("worker {} registered as {} with {} codebases", identity.workerId(), identity.name(), folders);
      logged = ids.toString();
    }
  }
}
