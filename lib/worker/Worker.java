package lib.worker;

import com.fasterxml.jackson.databind.node.ObjectNode;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.random.RandomGenerator;
import lib.agent.AgentEnvironment;
import lib.agent.AgentKind;
import lib.agent.AgentProbe;
import lib.agent.AgentProgram;
import lib.agent.AgentVersion;
import lib.agent.ModelCatalog;
import lib.config.Codebase;
import lib.config.LiveSettings;
import lib.config.Settings;
import lib.config.Table;
import lib.core.Clock;
import lib.core.Problem;
import lib.feed.FeedListener;
import lib.feed.FeedRequest;
import lib.feed.Inbox;
import lib.feed.PollFeed;
import lib.feed.StreamFeed;
import lib.journal.Attempt;
import lib.journal.Journal;
import lib.masking.Redaction;
import lib.outbox.Outbox;
import lib.session.Stores;
import lib.store.StoreFailed;
import lib.wire.CallFailed;
import lib.wire.Client;
import lib.wire.Task;
import lib.worker.admission.AgentBreaker;
import lib.worker.admission.Codebases;
import lib.worker.admission.DecisionLog;
import lib.worker.admission.Explanation;
import lib.worker.admission.HoldMonitor;
import lib.worker.admission.HostResources;
import lib.worker.admission.RunningTasks;
import lib.worker.admission.StopRequest;
import lib.worker.admission.UsageLimits;
import lib.worker.attempt.AgentLauncher;
import lib.worker.attempt.AttemptRunner;
import lib.worker.attempt.Claimer;
import lib.worker.context.EventBus;
import lib.worker.context.WorkerEvent;
import lib.worker.context.WorkerIdentity;
import lib.worker.presence.Heartbeat;
import lib.worker.presence.LeaseMonitor;
import lib.worker.presence.ModelRefresher;
import lib.worker.presence.Registrar;
import lib.worker.presence.SessionSyncLoop;
import lib.worker.presence.TaskStatusPoller;
import lib.worker.recovery.ClaimReconciler;
import lib.worker.recovery.Recovery;
import lib.worker.recovery.Retention;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The worker of one server: registers, hears of tasks, takes and does them, and ends in order. It owns every thread that it
 * starts; the journal and the client are its caller's. Thread-safe.
 */
public final class Worker implements FeedListener {
  private static final Logger LOG = LoggerFactory.getLogger(Worker.class);

  private final LiveSettings settings;
  private final Client client;
  private final WorkerIdentity identity;
  private final Journal journal;
  private final boolean ours;
  private final Redaction redaction;
  private final Codebases codebases;
  private final Clock time;
  private final RunningTasks running;
  private final Inbox inbox;
  private final Outbox outbox;
  private final Registrar registrar;
  private final StreamFeed stream;
  private final PollFeed poll;
  private final AttemptRunner taskRun;
  private final Scheduler intake;
  private final ClaimReconciler settling;
  private final Recovery inheritance;
  private final TaskStatusPoller watch;
  private final ModelRefresher modelWatch;
  private final Heartbeat heart;
  private final SessionSyncLoop syncing;
  private final AgentKind kinds;
  private final HoldMonitor gates;
  private final AgentBreaker quarantine;
  private final DecisionLog decisions = new DecisionLog();
  private final EventBus events;
  private final StatusReport status;
  private final BackgroundLoops loops;
  private final Shutdown ending;

  /**
   * A worker that has not started.
   *
   * @param offered the folders to work in
   * @param info what the server says of itself; null when it says nothing
   * @param redaction masks what must not leave
   */
  public Worker(Settings settings, List<Codebase> offered, Client client, Client.Info info, WorkerIdentity identity, Journal journal,
      Redaction redaction, Clock time, RandomGenerator random) throws StoreFailed {
    this.settings = new LiveSettings(settings);
    this.client = client;
    this.identity = identity;
    this.journal = journal;
    this.redaction = redaction;
    this.time = time;
    this.ours = info != null && info.ours();
    var server = ours ? info.serverId() : client.server().toString();
    this.running = new RunningTasks(time);
    this.events = new EventBus();
    this.codebases = new Codebases(settings, offered, journal.savedCodebases(server));
    this.inbox = new Inbox(time);
    this.outbox = new Outbox(journal, client, ours, redaction, time, random, (attempt, why) -> running.stop(attempt.taskId(),
        new StopRequest(StopRequest.Cause.SUPERSEDED, "the server", why)));
    var models = new ModelCatalog(this::agentEnv, identity.stateDir(), settings.env(), time);
    this.registrar = new Registrar(client, identity, codebases, models::known, this::offerChanged, time, random);
    this.stream = new StreamFeed(client, this::offer, settings.get(Table.SSE_HEARTBEAT_TIMEOUT), this, this::pollNow, time, random);
    this.poll = new PollFeed(client, this::offer, stream::up, ours, settings.get(Table.POLL_INTERVAL), this, time, random);
    this.watch = new TaskStatusPoller(client, identity.workerId(), running, outbox, stream, time);
    this.quarantine = new AgentBreaker(this::probe, inbox::signal, time);
    this.kinds = new AgentKind(new AgentVersion(this::agentEnv, identity.stateDir(), redaction::mask));
    this.gates = new HoldMonitor(this.settings, identity.stateDir(), new HostResources(Path.of("/")), quarantine, kinds, events, time);
    this.modelWatch = new ModelRefresher(this.settings, kinds, models, registrar::refreshWorker, time);
    this.syncing = SessionSyncLoop.of(settings, Stores.of(settings, codebases::folders, time), client, identity.workerId(), ours, codebases,
        registrar, redaction, time, random);
    this.heart = new Heartbeat(client, identity.workerId(), running, this::holds, this::forgotten, time);
    var doing = new AgentLauncher(this.settings, client, journal, identity, codebases, registrar, server,
        Stores.of(settings, codebases::folders, time), kinds, models, redaction, time, random);
    var taking = new Claimer(client, journal, identity, codebases, server, ours, stream::up,
        () -> this.settings.get(Table.TASK_TIMEOUT), redaction, time, random);
    var limits = new UsageLimits(time);
    this.taskRun = new AttemptRunner(taking, doing, journal, outbox, inbox, identity, limits, ours,
        settings.get(Table.ON_LIMIT).equals("requeue"), settings.get(Table.OUTPUT_MAX), quarantine::ended, syncing,
        events, redaction, time);
    this.settling = new ClaimReconciler(client, journal, identity, ours, this::adopted, this::settled, time, random);
    this.inheritance = new Recovery(journal, identity, server, client.server().toString(), settings.get(Table.OUTPUT_MAX), redaction);
    this.intake = new Scheduler(this.settings, gates, decisions, inbox, running, codebases, outbox, identity, taskRun, doing, limits,
        this::pollNow, settling::tasks, time);
    this.loops = new BackgroundLoops(time);
    this.ending = new Shutdown(this.settings, gates, running, intake, outbox, registrar, syncing, stream, loops, client, identity.workerId(),
        events, time);
    this.status = new StatusReport(this.settings, identity, client.server().toString(), info, gates, intake, running, inbox, outbox, stream, poll,
        heart, codebases, registrar, quarantine, limits, redaction, kinds,
        syncing, time);
  }

  /**
   * Goes on with what earlier processes of this worker began, as far as that needs no server: living agents are watched, ends
   * are judged. Nothing is told before {@link #start}.
   */
  public void adopt() throws StoreFailed, InterruptedException {
    inheritance.share(outbox, settling, intake::adopt);
    loops.begin(Thread.ofPlatform(), "leases", new LeaseMonitor(running, heart, time));
  }

  /**
   * Registers and begins to tell and to take tasks; returns once every registration was tried. It must be certain that the
   * server is the one that this worker was made for.
   *
   * @param tasks how many tasks to take in all
   */
  public void start(int tasks) throws InterruptedException {
    intake.maxTasks(tasks);
    outbox.open();
    registrar.start();
    // the heart has a platform thread of its own, so that nothing else can starve it
    loops.begin(Thread.ofPlatform(), "heart", heart);
    loops.begin(Thread.ofVirtual(), "settling", settling);
    loops.begin(Thread.ofVirtual(), "quarantine", quarantine);
    loops.begin(Thread.ofVirtual(), "stream", stream);
    loops.begin(Thread.ofVirtual(), "poll", poll);
    loops.begin(Thread.ofVirtual(), "intake", intake);
    loops.begin(Thread.ofVirtual(), "models", modelWatch);
    loops.begin(Thread.ofVirtual(), "retention", new Retention(journal, identity.stateDir(),
        Duration.ofDays(settings.get(Table.KEEP_DAYS)), settings.get(Table.KEEP_BYTES), time));
    syncing.start();
    if (!ours) { // our own server says "stop" in its answer to the heartbeat
      loops.begin(Thread.ofVirtual(), "watch", watch);
    }
  }

  /**
   * Looks at the agent CLI before a task is made for it that somebody waits for; it may take as long as a probe.
   *
   * @throws Problem when there is none, or none of a known kind
   */
  public void requireAgent() throws InterruptedException {
    kinds.of(AgentProgram.require(settings.now()).path(), settings.get(Table.AGENT_KIND));
  }

  /** Takes this task and no other, and does not put it back. */
  public void takeOnly(String taskId) {
    taskRun.neverRequeue();
    intake.restrictTo(taskId);
    intake.maxTasks(1);
    pollNow();
    inbox.signal();
  }

  /** The server's id of a folder that we offer; empty while it is not registered. */
  public Optional<String> codebaseId(Path folder) {
    return codebases.ids().stream().filter(id -> codebases.find(id).filter(c -> c.path().equals(folder)).isPresent()).findFirst();
  }

  /** What does not hold at the server, for people; empty when all does. */
  public List<String> problems() {
    return registrar.problems();
  }

  /** The next stage of the end: drain, then cancel, then leave at once; with {@code keep_agents} leave at once. */
  public void stop() {
    ending.stop();
  }

  /** Cancels what runs and ends: a person at a terminal does not want to wait. */
  public void stopNow(String why) {
    ending.stopNow(why);
  }

  /** Waits for the end; false when the time was up first. */
  public boolean await(Duration most) throws InterruptedException {
    return ending.await(most);
  }

  /** Whether nothing runs, waits or is owed. */
  public boolean idle() {
    return running.size() == 0 && inbox.size() == 0 && outbox.depth() == 0;
  }

  /** Tasks done since the start. */
  public int done() {
    return intake.done();
  }

  /** The worker as it is now, in the form that {@code docs/control.md} tells. */
  public ObjectNode status() {
    return status.toJson(ending.stage());
  }

  /** The gate that all of an agent's words pass on their way out. */
  public Redaction redaction() {
    return redaction;
  }

  /** What happens, as it happens. */
  public EventBus events() {
    return events;
  }

  /** Takes no task until {@link #resume}; what runs goes on. A new start takes tasks again. */
  public void pause(String who) {
    gates.pause("paused by " + who);
    gates.current();
  }

  /** Takes tasks again. */
  public void resume() {
    gates.resume();
    gates.current();
    inbox.signal();
  }

  /** Has so many tasks run at the same time from now on; a new start, or a reload that changes the setting, goes by it again. */
  public void concurrency(int most) {
    slots(most);
    LOG.info("{} tasks may run at the same time from now on", most);
  }

  private void slots(int most) {
    intake.slots(most);
    stream.reopen(); // the server is told with the stream how many it may offer
  }

  /** Cancels a task that runs here; false when it does not. */
  public boolean cancel(String taskId, String who, String why) {
    return running.stop(taskId, new StopRequest(StopRequest.Cause.CANCELLED, who, why));
  }

  /** Why a task is taken or not: what was decided, and each rule's answer now; in the form that {@code docs/control.md} tells. */
  public ObjectNode why(String taskId) throws StoreFailed, InterruptedException {
    return new Explanation(taskId, running.has(taskId), decisions.find(taskId).orElse(null), journal.latest(taskId).orElse(null), read(taskId),
        intake::explain).toJson();
  }

  private Explanation.Read read(String taskId) throws InterruptedException {
    try {
      return new Explanation.Read(client.task(taskId), null);
    } catch (CallFailed e) {
      return new Explanation.Read(null, e.kind() == CallFailed.Kind.MISSING ? "the server knows no such task" : e.line());
    }
  }

  /**
   * Takes over what has changed in the settings, as far as a running worker can.
   *
   * @param offered the folders to work in from now on; those that the server had us register stay
   */
  public LiveSettings.Reloaded reload(Settings fresh, List<Codebase> offered) {
    var reloaded = settings.replace(fresh);
    gates.invalidate();
    if (reloaded.changed().contains(Table.MAX_CONCURRENT_TASKS.key())) {
      slots(0);
    }
    codebases.offer(offered, fresh.get(Table.CODEBASE_ROOTS)).forEach(registrar::add);
    registrar.refreshAll(); // the server is told of those that are no longer offered, too
    offerChanged();
    var said = "changed: " + words(reloaded.changed()) + "; needs a restart: " + words(reloaded.restart());
    LOG.info("config reloaded, {}", said);
    events.publish(new WorkerEvent.SettingsReloaded(reloaded.changed(), reloaded.restart()));
    return reloaded;
  }

  /** What the server is told of what keeps tasks back: a person's reason, or a file's error, may quote anything. */
  private Map<String, String> holds() {
    var holds = gates.current().all();
    holds.replaceAll((rule, why) -> redaction.mask(why));
    return holds;
  }

  private static String words(List<String> keys) {
    return keys.isEmpty() ? "nothing" : String.join(", ", keys);
  }

  private Map<String, String> agentEnv() {
    return AgentEnvironment.of(settings.now(), identity.stateDir());
  }

  private AgentProbe probe(Path agent) {
    try {
      return AgentProbe.run(agent, agentEnv(), identity.stateDir(), redaction::mask);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      return new AgentProbe(false, "the worker ends");
    }
  }

  @Override
  public void task(Task hint) {
    if (!running.has(hint.id())) {
      inbox.offer(hint);
    } else if (!ours) {
      watch.pollSoon(hint.id());
    }
  }

  @Override
  public void cancelled(String taskId, String reason) {
    running.stop(taskId, Heartbeat.order(reason));
  }

  private FeedRequest offer() {
    return new FeedRequest(identity.workerId(), identity.agentName(), codebases.ids(), identity.capabilities(), intake.slots());
  }

  /** Tries a refused report again; false when there is none with this number for this server, or it is true no more. */
  public boolean retry(long id) throws StoreFailed, InterruptedException {
    var attempt = journal.attemptOf(id);
    return attempt.isPresent() && inheritance.ours(attempt.get()) && outbox.retry(id);
  }

  /** Gives a report up that waits or was refused, for whichever server; false when there is none. */
  public boolean drop(long id) throws StoreFailed, InterruptedException {
    return outbox.drop(id);
  }

  private void forgotten() {
    registrar.refreshAll();
    syncing.forgotten();
  }

  private void adopted(Attempt attempt) {
    intake.adopt(attempt, true);
  }

  private void settled() {
    inbox.signal();
    poll.pollNow();
  }

  private void pollNow() {
    poll.pollNow();
  }

  private void offerChanged() {
    inbox.clearSuppressed();
    poll.pollNow();
    try {
      stream.updateRouting();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }
}
