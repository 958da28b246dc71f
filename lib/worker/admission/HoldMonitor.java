package lib.worker.admission;

import module java.base;
import com.fasterxml.jackson.databind.node.ObjectNode;
import lib.agent.AgentHealth;
import lib.agent.AgentInspector;
import lib.agent.process.DirectoryLock;
import lib.config.SettingsTable;
import lib.core.Problem;
import lib.core.Reporting;
import lib.core.os.HostResources;
import lib.worker.context.Probe;
import lib.worker.context.WorkerContext;
import lib.worker.context.WorkerEvent;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.slf4j.event.Level;

/**
 * Holds that keep tasks back: the worker ends or is paused, disk or memory is short, the journal cannot be written, no agent
 * works. Each ends by itself, or as a person says. A loop looks at the machine; all others read {@link #current}, which meets
 * neither lock nor file. Thread-safe; run it on a thread of its own and interrupt that thread to end it.
 */
public final class HoldMonitor implements Reporting {
  /** Rules that keep every task back, and rules that keep back the tasks of agents alone; in this order. */
  static final List<String> FOR_ALL = List.of("intake", "server", "pause", "disk"), FOR_AGENTS = List.of("memory", "agent", "start");

  private static final Logger LOG = LoggerFactory.getLogger(HoldMonitor.class);
  private static final Duration INTERVAL = Duration.ofSeconds(2); // nobody says when memory is free or an agent is installed
  private static final Duration ANSWER = Duration.ofSeconds(5); // a disk that sleeps needs that long to spin up
  private static final Duration JOURNAL = Duration.ofSeconds(10); // so often a journal that failed is tried again
  private static final Duration MIN_START_PAUSE = Duration.ofSeconds(10);
  private static final Duration MAX_START_PAUSE = Duration.ofMinutes(5);
  private static final Duration FOREVER = Duration.ofDays(36_500); // until a person or the end says otherwise
  private static final long MIB = 1 << 20;
  /** Per cent of ten seconds: a machine whose programs all wait for so long swaps all the time. */
  private static final double STALLED = 20;

  /** A look at the machine: rule to reason, and what a person reads while it has no answer. */
  private record Look(String rule, String what, Probe<Optional<String>> probe) {}

  /** A look at the locks of the codebases' directories. @param weak why other workers' agents are not seen in a directory */
  private record Locks(Set<Path> heldElsewhere, Map<Path, String> weak) {}

  /** A hold that others placed. @param until in {@link lib.core.Clock#nanos} */
  private record Hold(String why, long until, Duration length) {}

  private final WorkerContext context;
  private final HostResources machine;
  private final AgentInspector inspector;
  private final List<Look> looks;
  private final Probe<Locks> locks;
  private final Semaphore woken = new Semaphore(0);
  private final Map<String, Hold> placed = new ConcurrentHashMap<>(); // by rule; the next failed start looks at one that is over
  private volatile Map<String, String> measured = Map.of("intake", "this worker has not looked at its machine yet");
  private volatile Map<String, String> current = measured;
  private volatile Locks lastLocks = new Locks(Set.of(), Map.of());

  /**
   * Holds everything back until it has looked at the machine.
   *
   * @param codebases whose directories other workers may hold
   * @param running whose directories this worker holds
   */
  public HoldMonitor(WorkerContext context, HostResources machine, AgentInspector inspector, Codebases codebases, RunningTasks running) {
    this.context = context;
    this.machine = machine;
    this.inspector = inspector;
    this.looks = List.of(
        new Look("disk", "the disk of " + context.identity().stateDir(), new Probe<>("look at the disk", this::disk)),
        new Look("memory", "this machine's memory", new Probe<>("look at the memory", this::memory)));
    var lock = DirectoryLock.of(context.settings().now().env());
    this.locks = new Probe<>("look at directory locks", () -> locks(lock, codebases, running));
    context.events().subscribe(event -> {
      switch (event) {
        case WorkerEvent.SettingsReloaded reloaded -> invalidate();
        case WorkerEvent.AttemptEnded ended -> publish(); // the breaker may have opened, and the next task is near
        default -> { }
      }
    });
  }

  // --- what others say

  /** Takes no task from this instant on, for good. */
  public void close(String why) {
    place("intake", why, FOREVER);
  }

  public boolean isClosed() {
    return placed.containsKey("intake");
  }

  /** Takes no task until {@link #resume}; a new start takes tasks. */
  public void pause(String who) {
    place("pause", who, FOREVER);
  }

  /** Takes tasks again. */
  public void resume() {
    clear("pause");
  }

  /** The journal could not be written; it is tried again after 10 s. */
  public void journalFailed(String why) {
    place("disk", "the journal cannot be written: " + why, JOURNAL);
  }

  /** The journal was written. */
  public void journalWorks() {
    clear("disk");
  }

  /** This machine could not start an agent: after a pause that doubles with each failure the next task tries again. */
  public void startFailed(Problem problem) {
    var before = placed.get("start");
    var doubled = before == null ? MIN_START_PAUSE : before.length.multipliedBy(2);
    place("start", problem.line(), doubled.compareTo(MAX_START_PAUSE) > 0 ? MAX_START_PAUSE : doubled);
  }

  /** An agent was started. */
  public void startWorked() {
    clear("start");
  }

  private void place(String rule, String why, Duration length) {
    placed.put(rule, new Hold(why, context.clock().nanos() + length.toNanos(), length));
    publish();
  }

  private void clear(String rule) {
    if (placed.remove(rule) != null) {
      publish();
    }
  }

  /** Looks at the machine at once, since something has changed. */
  public void invalidate() {
    woken.release();
  }

  // --- what others read

  /** The holds of this moment, masked: rule to reason, in the order of the rules. Immutable. */
  public Map<String, String> current() {
    return current;
  }

  /** Directories in which an agent of another worker on this machine works, links resolved. */
  public Set<Path> heldElsewhere() {
    return lastLocks.heldElsewhere;
  }

  @Override
  public void status(ObjectNode json) {
    var holds = json.putArray("holds");
    current.forEach((rule, why) -> holds.addObject().put("rule", rule).put("why", why));
    var facts = inspector.facts();
    var agent = json.putObject("agent");
    var quarantines = json.putArray("quarantines");
    if (facts.program() != null) {
      agent.put("path", facts.program().path().toString()).put("why", facts.program().why())
          .put("kind", facts.adapter() == null ? null : facts.adapter().kind()).put("list_problem", inspector.listProblem());
      if (facts.health() instanceof AgentHealth.Open open) {
        quarantines.addObject().put("agent", facts.program().path().toString()).put("why", open.why())
            .put("next_try_seconds", inspector.retryIn().toSeconds());
      }
    }
    json.withObject("/versions").put("agent", facts.version());
    var weak = json.putArray("weak_locks");
    lastLocks.weak.forEach((directory, why) -> weak.addObject().put("directory", directory.toString()).put("why", why));
  }

  // --- looking

  /** Runs until its thread is interrupted. */
  public void run() throws InterruptedException {
    while (true) {
      look();
      if (woken.tryAcquire(INTERVAL.toMillis(), TimeUnit.MILLISECONDS)) {
        woken.drainPermits();
      }
    }
  }

  /** Looks at the machine once. */
  public void look() throws InterruptedException {
    var found = new LinkedHashMap<String, String>();
    for (var look : looks) {
      look.probe.ask(ANSWER).orElse(Optional.of(look.what + " does not answer: its file system hangs"))
          .ifPresent(why -> found.put(look.rule, why));
    }
    measured = found;
    publish();
    lookAtLocks();
  }

  /** Looks which directories agents of other workers hold now. The caller may have to wait for 5 s. */
  public void lookAtLocks() throws InterruptedException {
    locks.ask(ANSWER).ifPresent(found -> lastLocks = found);
  }

  private Optional<String> disk() {
    var stateDir = context.identity().stateDir();
    var least = context.settings().get(SettingsTable.MIN_FREE_DISK);
    var free = machine.disk(stateDir);
    return free < withHysteresis(least, "disk") ? Optional.of(free / MIB + " MiB are left where " + stateDir + " lies, min_free_disk is "
        + SettingsTable.MIN_FREE_DISK.type().show(least)) : Optional.empty();
  }

  private Optional<String> memory() {
    var least = context.settings().get(SettingsTable.MIN_FREE_MEMORY);
    var free = machine.memory();
    var stalled = least == 0 ? 0 : machine.stalled();
    return stalled >= STALLED ? Optional.of("programs wait for memory " + Math.round(stalled) + " % of the time")
        : free >= withHysteresis(least, "memory") ? Optional.empty()
        : Optional.of(free / MIB + " MiB of memory are left, min_free_memory is " + SettingsTable.MIN_FREE_MEMORY.type().show(least));
  }

  /** One eighth more must be free to end a hold: at the very bound it would come and go. */
  private long withHysteresis(long least, String rule) {
    return measured.containsKey(rule) ? least + least / 8 : least;
  }

  /** The directories in which this worker's agents work need no look, which takes long where a lock is held. */
  private Locks locks(DirectoryLock lock, Codebases codebases, RunningTasks running) {
    var own = running.worked(); // before the look, and after it
    var others = codebases.current().values().stream().map(Codebases.Offered::directory).filter(directory -> !own.contains(directory))
        .collect(Collectors.toSet());
    var held = lock.held(others);
    others.removeAll(held);
    held.removeAll(running.worked());
    var weak = new TreeMap<>(lastLocks.weak);
    weak.keySet().retainAll(own);
    others.stream().filter(Files::isDirectory).forEach(directory -> lock.weakness(directory).ifPresent(why -> weak.put(directory, why)));
    return new Locks(Set.copyOf(held), weak);
  }

  // --- underneath

  /** Places and clears holds, since something that they are made of has changed. */
  public synchronized void publish() {
    var now = new HashMap<>(measured);
    if (context.server().known().isEmpty()) {
      now.put("server", "the server has not answered yet");
    }
    inspector.facts().hold().ifPresent(why -> now.put("agent", why));
    placed.forEach((rule, hold) -> {
      if (hold.until - context.clock().nanos() > 0) {
        now.put(rule, hold.why);
      }
    });
    var before = current;
    current = ordered(now);
    announce(before, current);
  }

  private Map<String, String> ordered(Map<String, String> holds) {
    return Collections.unmodifiableMap(Stream.concat(FOR_ALL.stream(), FOR_AGENTS.stream()).filter(holds::containsKey).collect(
        Collectors.toMap(rule -> rule, rule -> context.redaction().mask(holds.get(rule)), (a, b) -> a, LinkedHashMap::new)));
  }

  private void announce(Map<String, String> before, Map<String, String> now) {
    for (var rule : added(before, now)) {
      context.events().publish(new WorkerEvent.HoldPlaced(rule, now.get(rule)));
      if (rule.equals("server")) {
        continue; // the handshake logs it
      }
      // a person's will, and what was said before, is no warning
      var quiet = rule.equals("intake") || rule.equals("pause") || rule.equals("agent");
      LOG.atLevel(quiet ? Level.INFO : Level.WARN).log("{}: {}: {}",
          FOR_ALL.contains(rule) ? "no task is taken" : "no agent is started", rule, now.get(rule));
    }
    for (var rule : added(now, before)) {
      if (!rule.equals("intake") && !rule.equals("server")) { // they end once, at the start
        LOG.info("hold {} cleared", rule);
      }
      context.events().publish(new WorkerEvent.HoldCleared(rule));
    }
  }

  private static List<String> added(Map<String, String> before, Map<String, String> now) {
    var added = new ArrayList<>(now.keySet());
    added.removeAll(before.keySet());
    return added;
  }
}
