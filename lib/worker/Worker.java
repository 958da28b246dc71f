package lib.worker;

import module java.base;
import com.fasterxml.jackson.databind.node.ObjectNode;
import lib.agent.AgentInspector;
import lib.agent.AgentListener;
import lib.agent.process.Orphans;
import lib.client.ServerFeatures;
import lib.client.http.ApiException;
import lib.config.Codebase;
import lib.config.ReloadableSettings;
import lib.config.Settings;
import lib.config.SettingsTable;
import lib.core.Json;
import lib.core.Problem;
import lib.core.Reporting;
import lib.core.Version;
import lib.core.os.HostResources;
import lib.journal.Attempt;
import lib.outbox.Delivery;
import lib.outbox.Outbox;
import lib.protocol.Task;
import lib.session.SessionStore;
import lib.session.sync.SessionStores;
import lib.store.DatabaseException;
import lib.worker.admission.AdmissionController;
import lib.worker.admission.Codebases;
import lib.worker.admission.HoldMonitor;
import lib.worker.admission.RunningTasks;
import lib.worker.admission.StopRequest;
import lib.worker.admission.UsageLimits;
import lib.worker.attempt.AgentLauncher;
import lib.worker.attempt.AttemptRunner;
import lib.worker.attempt.Claimer;
import lib.worker.context.EventBus;
import lib.worker.context.WorkerContext;
import lib.worker.context.WorkerEvent;
import lib.worker.presence.Heartbeat;
import lib.worker.presence.LeaseMonitor;
import lib.worker.presence.Registrar;
import lib.worker.presence.SessionSyncLoop;
import lib.worker.presence.TaskFeeds;
import lib.worker.presence.TaskStatusPoller;
import lib.worker.recovery.Recovery;
import lib.worker.recovery.Retention;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The worker of one server: wires its parts, starts and ends them. It works before the server has answered: agents of an
 * earlier process are watched meanwhile. It owns every thread that it starts; journal and client are its caller's.
 * Thread-safe.
 */
public final class Worker {
  private static final Logger LOG = LoggerFactory.getLogger(Worker.class);

  private final WorkerContext context;
  private final Instant startedAt;
  private final long start;
  private final Codebases codebases;
  private final RunningTasks running;
  private final TaskFeeds feeds;
  private final Outbox outbox;
  private final AgentInspector inspector;
  private final HoldMonitor holds;
  private final Registrar registrar;
  private final Heartbeat heartbeat;
  private final TaskStatusPoller statusPoller;
  private final SessionSyncLoop sessionSync;
  private final AdmissionController admission;
  private final AttemptRunner runner;
  private final Scheduler scheduler;
  private final Recovery recovery;
  private final BackgroundLoops loops;
  private final Shutdown shutdown;
  private final List<Reporting> parts;

  /**
   * A worker that has not started.
   *
   * @param offered the folders to work in
   */
  public Worker(WorkerContext context, List<Codebase> offered) {
    var settings = context.settings();
    var clock = context.clock();
    var stateDir = context.identity().stateDir();
    this.context = context;
    this.startedAt = clock.now();
    this.start = clock.nanos();
    this.running = new RunningTasks(settings, clock);
    this.codebases = new Codebases(settings.now(), offered);
    this.feeds = new TaskFeeds(context, codebases, running);
    this.outbox = new Outbox(new Delivery(null, context.client(), context.journal(), clock, context.random(), stateDir,
        settings.get(SettingsTable.OUTPUT_MAX), context.redaction()), new OutboxListener());
    this.inspector = new AgentInspector(settings, stateDir, context.redaction()::mask, new InspectorListener(), clock);
    this.holds = new HoldMonitor(context, new HostResources(Path.of("/")), inspector, codebases, running);
    this.registrar = new Registrar(context, codebases, inspector);
    this.heartbeat = new Heartbeat(context, running, holds);
    this.statusPoller = new TaskStatusPoller(context, running, outbox, feeds.stream());
    this.sessionSync = SessionSyncLoop.of(context, stores(), codebases, registrar);
    var limits = new UsageLimits(clock);
    this.admission = new AdmissionController(context, codebases, running, holds, limits, outbox);
    var claimer = new Claimer(context, feeds.stream(), holds);
    this.runner = new AttemptRunner(context, claimer, new AgentLauncher(context, codebases, stores(), inspector), outbox, limits, holds, registrar);
    this.scheduler = new Scheduler(context, feeds.inbox(), admission, running, claimer, runner, registrar);
    this.recovery = new Recovery(context, running, outbox);
    this.loops = new BackgroundLoops(clock, feeds.stream()::close);
    this.shutdown = new Shutdown(context, holds, running, scheduler, outbox, sessionSync, loops);
    this.parts = List.of(holds, heartbeat, feeds.stream(), feeds.poll(), running, scheduler, outbox, sessionSync, codebases, limits);
    context.events().subscribe(this::react);
  }

  /**
   * Restores the attempts of an earlier process, then connects to the server, registers, and takes tasks.
   *
   * @param maxTasks how many tasks to take in all
   * @throws DatabaseException when the journal cannot be read
   */
  public void start(int maxTasks) throws DatabaseException, InterruptedException {
    Orphans.adopt();
    admission.maxTasks(maxTasks);
    recovery.restore().forEach(scheduler::restore);
    loops.start(Thread.ofPlatform(), "leases", new LeaseMonitor(context, running, heartbeat)::run);
    loops.start(Thread.ofVirtual(), "agent inspector", inspector::run);
    loops.start(Thread.ofVirtual(), "holds", holds::run);
    loops.start(Thread.ofVirtual(), "connect", this::connect);
  }

  /** The session stores of this machine, for one thread at a time. */
  private Supplier<List<SessionStore>> stores() {
    return new SessionStores(context.settings().now(), codebases::folders)::all;
  }

  private void connect() throws InterruptedException {
    outbox.deliver(context.server().greet(context.clock(), context.random()));
    holds.publish();
    loops.start(Thread.ofVirtual(), "registrar", registrar::run);
    registrar.awaitTried();
    loops.start(Thread.ofPlatform(), "heartbeat", heartbeat::run);
    loops.start(Thread.ofVirtual(), "last contact", heartbeat::keepContact);
    loops.start(Thread.ofVirtual(), "recovery", recovery::run);
    loops.start(Thread.ofVirtual(), "stream", feeds.stream()::run);
    loops.start(Thread.ofVirtual(), "poll", feeds.poll()::run);
    loops.start(Thread.ofVirtual(), "scheduler", scheduler::run);
    loops.start(Thread.ofVirtual(), "task status", statusPoller::run);
    loops.start(Thread.ofVirtual(), "retention", new Retention(context)::run);
    sessionSync.start();
  }

  /** What happens in one part and concerns another. The feeds have their own list. */
  private void react(WorkerEvent event) {
    switch (event) {
      case WorkerEvent.ClaimConfirmed confirmed -> scheduler.restore(confirmed.attempt());
      case WorkerEvent.SessionFound found -> outbox.sessionFound(found.attempt(), found.sessionId());
      default -> { }
    }
  }

  private final class OutboxListener implements Outbox.Listener {
    @Override
    public void superseded(Attempt attempt, String why) {
      running.stop(attempt.taskId(), new StopRequest(StopRequest.Cause.SUPERSEDED, "the server", why));
    }

    @Override
    public void cancelled(Attempt attempt) {
      running.stop(attempt.taskId(), new StopRequest(StopRequest.Cause.CANCELLED, "the server", ""));
    }

    @Override
    public void settled(Attempt attempt) {
      context.events().publish(new WorkerEvent.AttemptSettled(attempt));
    }
  }

  private final class InspectorListener implements AgentListener {
    @Override
    public void agentAvailable() {
      holds.invalidate();
    }

    @Override
    public void modelsChanged() {
      registrar.wake();
    }
  }

  /**
   * Waits for the server's first answer.
   *
   * @return whether it has answered; false when the worker was asked to stop meanwhile
   * @throws Problem when the time is up
   */
  public boolean awaitServer(Duration max) throws InterruptedException {
    var deadline = context.clock().nanos() + max.toNanos();
    while (!isConnected()) {
      if (shutdown.isBegun()) {
        return false;
      }
      if (context.clock().nanos() >= deadline) {
        throw context.server().unanswered();
      }
      context.clock().sleep(Duration.ofMillis(5)); // every start waits for this
    }
    return true;
  }

  /**
   * Looks at the agent CLI before a task is made for it that somebody waits for; it may take as long as a probe.
   *
   * @throws Problem when there is none, or none of a known kind
   */
  public void requireAgent() throws InterruptedException {
    inspector.require();
  }

  /** Takes this task and no other, and gives it back in no case. */
  public void takeOnly(String taskId) {
    runner.neverRequeue();
    scheduler.restrictTo(taskId);
    admission.maxTasks(1);
    feeds.poll().pollNow();
    feeds.inbox().signal();
  }

  /** The server's id of a folder that we offer; empty while it is not registered. */
  public Optional<String> codebaseId(Path folder) {
    return codebases.id(folder);
  }

  /** What does not work at the server, for people; empty when all does. */
  public List<String> problems() {
    return Stream.concat(registrar.problems().stream(), context.server().trouble().stream()).toList();
  }

  /** The next stage of the end: drain, then cancel, then leave at once; with {@code keep_agents} leave at once. */
  public void stop() {
    shutdown.stop();
  }

  /** Leaves at once; agents stay for the next start. */
  public void detach() {
    shutdown.detach();
  }

  /** Cancels what runs and ends: a person at a terminal does not want to wait. */
  public void stopNow(String why) {
    shutdown.stopNow(why);
  }

  /** Whether it was asked to stop. */
  public boolean isStopping() {
    return shutdown.isBegun();
  }

  /** Waits for the end; false when the time was up first. */
  public boolean await(Duration max) throws InterruptedException {
    return shutdown.await(max);
  }

  /** Whether nothing runs or waits, and no report is pending. */
  public boolean isIdle() {
    return running.size() == 0 && feeds.inbox().size() == 0 && outbox.depth() == 0;
  }

  /** Whether every registration was tried since the start. */
  public boolean isRegistrationTried() {
    return registrar.isTried();
  }

  /** Whether the server has answered since the start. */
  public boolean isConnected() {
    return context.server().known().isPresent();
  }

  /** Tasks done since the start. */
  public int done() {
    return scheduler.done();
  }

  /** The worker as it is now, in the form of {@code docs/control.md}: each part writes its own section. */
  public ObjectNode status() {
    var identity = context.identity();
    var server = context.server();
    var json = Json.object();
    json.putObject("worker").put("id", identity.workerId()).put("name", identity.name()).put("host", identity.host())
        .put("pid", ProcessHandle.current().pid()).put("state_dir", identity.stateDir().toString())
        .put("started_at", startedAt.toString()).put("uptime_seconds", Duration.ofNanos(context.clock().nanos() - start).toSeconds());
    json.put("state", isConnected() || shutdown.isBegun() ? shutdown.stage() : "connecting");
    json.putObject("server").put("url", server.client().server().toString()).put("own", server.known().map(ServerFeatures::isOwn).orElse(false));
    json.putObject("versions").put("worker", Version.TEXT).put("java", Runtime.version().toString());
    parts.forEach(part -> part.status(json));
    context.redaction().total().forEach(json.putObject("masked")::put);
    return json.set("problems", Json.array(problems()));
  }

  /** What happens, as it happens. */
  public EventBus events() {
    return context.events();
  }

  /** Takes no task until {@link #resume}; what runs continues. A new start takes tasks. */
  public void pause(String who) {
    holds.pause("paused by " + who);
  }

  /** Takes tasks again. */
  public void resume() {
    holds.resume();
  }

  /** Has so many tasks run at the same time until a new start, or a reload that changes the setting. */
  public void concurrency(int max) {
    running.slots(max);
    feeds.inbox().signal();
    LOG.info("slots changed to {}", running.slots());
  }

  /** Cancels a task that runs here; false when it does not, or is being ended already. */
  public boolean cancel(String taskId, String who, String why) {
    return running.stop(taskId, new StopRequest(StopRequest.Cause.CANCELLED, who, why));
  }

  /** Why a task is taken or not, in the form of {@code docs/control.md}. */
  public ObjectNode why(String taskId) throws DatabaseException, InterruptedException {
    var before = admission.log().find(taskId).orElse(null);
    Task task = null;
    String failure = null;
    try {
      task = context.client().task(taskId);
    } catch (ApiException e) {
      failure = e.kind() == ApiException.Kind.MISSING ? "the server knows no such task" : e.line();
    }
    var whole = task == null || before == null ? task : task.filledFrom(before.hint());
    return new Explanation(taskId, running.find(taskId).orElse(null), before, context.journal().latest(taskId).orElse(null), task, failure,
        whole == null ? null : admission.explain(whole, registrar.refusal(whole).orElse(null))).toJson();
  }

  /**
   * Applies changed settings as far as a running worker can.
   *
   * @param offered the folders to work in from now on; those that the server had us register stay
   */
  public ReloadableSettings.Reloaded reload(Settings fresh, List<Codebase> offered) {
    var reloaded = context.settings().replace(fresh);
    if (reloaded.changed().contains(SettingsTable.MAX_CONCURRENT_TASKS.key())) {
      concurrency(0);
    }
    codebases.offer(offered, fresh.get(SettingsTable.CODEBASE_ROOTS));
    LOG.info("config reloaded, changed: {}; needs a restart: {}", words(reloaded.changed()), words(reloaded.restart()));
    context.events().publish(new WorkerEvent.SettingsReloaded(reloaded.changed(), reloaded.restart()));
    return reloaded;
  }

  private static String words(List<String> keys) {
    return keys.isEmpty() ? "nothing" : String.join(", ", keys);
  }

  /** Tries a refused report again; false when there is none for this server, or a later attempt has made it untrue. */
  public boolean retry(long report) throws DatabaseException, InterruptedException {
    return outbox.retry(report);
  }

  /** Gives a report up that waits or was refused, for whichever server; false when there is none. */
  public boolean drop(long report) throws DatabaseException, InterruptedException {
    return outbox.drop(report);
  }
}
