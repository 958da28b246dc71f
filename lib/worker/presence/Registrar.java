package lib.worker.presence;

import java.nio.file.Files;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Supplier;
import java.util.random.RandomGenerator;
import java.util.stream.Stream;
import lib.config.Codebase;
import lib.core.Clock;
import lib.core.Problem;
import lib.wire.CallFailed;
import lib.wire.Client;
import lib.wire.Registration;
import lib.wire.Task;
import lib.worker.admission.Codebases;
import lib.worker.context.RestartingLoop;
import lib.worker.context.WorkerIdentity;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Keeps the worker and its codebases registered. Thread-safe; close it to end its threads. */
public final class Registrar implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(Registrar.class);

  private final Client client;
  private final WorkerIdentity identity;
  private final Codebases codebases;
  private final Supplier<List<String>> models;
  private final Runnable changed;
  private final Clock time;
  private final RandomGenerator random;
  private final RegistrationStep worker;
  private final Map<Codebase, RegistrationStep> steps = new ConcurrentHashMap<>();
  private final List<Thread> threads = new ArrayList<>(); // it is its own lock
  private boolean closed;
  private volatile String known = "";

  /**
   * A registrar that has not begun.
   *
   * @param models what the agent can use, as far as it is known
   * @param changed told when the set of known codebases changes
   */
  public Registrar(Client client, WorkerIdentity identity, Codebases codebases, Supplier<List<String>> models, Runnable changed, Clock time,
      RandomGenerator random) {
    this.client = client;
    this.identity = identity;
    this.codebases = codebases;
    this.models = models;
    this.changed = changed;
    this.time = time;
    this.random = random;
    this.worker = new RegistrationStep("registering the worker", this::registerWorker, random);
  }

  /** Begins, and returns once each step was tried, or at the end; those that failed are tried on. */
  public void start() throws InterruptedException {
    begin(worker);
    worker.awaitTried();
    codebases.toRegister().forEach(this::add);
    for (var step : steps.values()) {
      step.awaitTried();
    }
  }

  /** Registers everything anew: the server says that it does not know us. */
  public void refreshAll() {
    refreshWorker();
    steps.values().forEach(RegistrationStep::again);
  }

  /** Registers the worker anew: there is something else to say of it. */
  public void refreshWorker() {
    worker.again();
  }

  /** What does not hold, for people; empty when all does. */
  public List<String> problems() {
    return Stream.concat(Stream.of(worker), steps.values().stream()).map(RegistrationStep::problem)
        .filter(p -> p != null).toList();
  }

  /** Keeps a further folder registered from now on. */
  public void add(Codebase codebase) {
    var step = new RegistrationStep("registering " + codebase.name(), () -> registerCodebase(codebase), random);
    if (steps.putIfAbsent(codebase, step) == null) {
      begin(step);
    }
  }

  /**
   * Registers a codebase once more, now and on this thread.
   *
   * @return the server's id of it; null when we do not offer it, or its folder is not there
   */
  String reregister(String id) throws CallFailed, InterruptedException {
    var codebase = codebases.find(id);
    try {
      return codebase.isEmpty() ? null : registerCodebase(codebase.get());
    } catch (Problem e) {
      return null; // its own step tells
    }
  }

  private void begin(RegistrationStep step) {
    synchronized (threads) {
      if (closed) {
        step.giveUp();
      } else {
        threads.add(Thread.ofVirtual().name("registrar").start(new RestartingLoop("registrar", step, time)));
      }
    }
  }

  private void registerWorker() throws CallFailed, InterruptedException {
    var ids = codebases.ids();
    client.register(new Registration(identity.workerId(), identity.name(), identity.capabilities(), identity.host(), ids,
        codebases.globalId(), models.get()));
    if (!known.equals(ids.toString())) {
      var folders = ids.stream().filter(id -> !id.equals(Task.GLOBAL)).count();
      LOG.info("worker {} registered as {} with {} codebases", identity.workerId(), identity.name(), folders);
      known = ids.toString();
    }
  }

  private String registerCodebase(Codebase codebase) throws CallFailed, InterruptedException {
    if (!codebases.isOffered(codebase)) {
      return null; // a reload has dropped it; another may bring it back
    }
    if (!Files.isDirectory(codebase.path())) {
      throw new Problem("the codebase " + codebase.name() + " is not offered", codebase.path() + " is not a folder here",
          "create it or correct its path");
    }
    var id = client.registerCodebase(codebase.name(), codebase.path().toString(), codebase.description(), identity.workerId()).id();
    if (codebases.registered(codebase, id)) {
      LOG.info("codebase {} ({}) registered as {}", codebase.name(), codebase.path(), id);
      worker.again();
      changed.run();
    }
    return id;
  }

  @Override
  public void close() throws InterruptedException {
    List<Thread> all;
    synchronized (threads) {
      closed = true;
      all = List.copyOf(threads);
    }
    all.forEach(Thread::interrupt);
    for (var thread : all) {
      thread.join();
    }
  }
}
