package lib.worker.admission;

import java.nio.file.Path;
import java.time.Duration;
import java.util.Map;
import java.util.Optional;
import lib.agent.AgentKind;
import lib.agent.AgentProgram;
import lib.config.LiveSettings;
import lib.config.Table;
import lib.core.Clock;
import lib.core.Problem;
import lib.worker.context.EventBus;
import lib.worker.context.WorkerEvent;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.slf4j.event.Level;

/**
 * Says whether tasks are taken at all: not while the worker ends or is paused, while disk or memory is short, while the
 * journal cannot be written or no agent works. Each heals by itself, or as a person says; a change is logged once.
 * Thread-safe.
 */
public final class HoldMonitor {
  private static final Logger LOG = LoggerFactory.getLogger(HoldMonitor.class);
  private static final Duration JOURNAL = Duration.ofSeconds(10); // how often a journal that failed is tried again
  /** The intake looks every 2 s while nothing waits; in a rush of tasks one of them does, so often. */
  private static final Duration OFTEN = Duration.ofSeconds(1);
  private static final Duration FRESH = Duration.ofSeconds(5);
  private static final long MIB = 1 << 20;
  /** Per cent of ten seconds: a machine whose programs all wait for so long is swapping itself to death. */
  private static final double STALLED = 20;

  private final LiveSettings settings;
  private final Path stateDir;
  private final HostResources machine;
  private final AgentBreaker quarantine;
  private final AgentKind kinds;
  private final EventBus events;
  private final Clock time;
  private volatile String closed;
  private volatile String paused;
  private volatile String journal;
  private volatile long journalAt;
  private String noDisk;
  private String noMemory;
  private Optional<AgentProgram> agent; // null when it must be looked for
  private long lookedAt;
  private boolean disk; // shut by it; this and the rest guarded by this object
  private boolean memory;
  private Map<String, String> last = Map.of();

  public HoldMonitor(LiveSettings settings, Path stateDir, HostResources machine, AgentBreaker quarantine, AgentKind kinds, EventBus events, Clock time) {
    this.settings = settings;
    this.stateDir = stateDir;
    this.machine = machine;
    this.quarantine = quarantine;
    this.kinds = kinds;
    this.events = events;
    this.time = time;
  }

  /** Takes no task from this instant on, for good. */
  public void close(String why) {
    closed = why;
  }

  public boolean isClosed() {
    return closed != null;
  }

  /** Takes no task until {@link #resume}; the process's memory only, so a new start takes tasks. */
  public void pause(String who) {
    paused = who;
  }

  public void resume() {
    paused = null;
  }

  /** The journal could not be written; it is tried again after a while. */
  public void journalFailed(String why) {
    journalAt = time.nanos();
    journal = why;
  }

  public void journalWorks() {
    journal = null;
  }

  /** What holds tasks back at this moment, as far as it was looked at lately. */
  public synchronized HoldReasons current() {
    refresh(FRESH);
    var failed = journal != null && time.nanos() - journalAt < JOURNAL.toNanos();
    var now = new HoldReasons(closed, paused, failed ? "the journal cannot be written: " + journal : noDisk, noMemory,
        agent.isEmpty() ? "no agent CLI was found on this machine" : agent(agent.get().path()));
    announce(now);
    return now;
  }

  /** Looks at the machine, unless that was done lately: some files of the system, for which no task should have to wait. */
  public synchronized void refresh() {
    refresh(OFTEN);
  }

  /** The settings have changed: what was seen lately was seen with others. */
  public synchronized void invalidate() {
    agent = null;
  }

  private void refresh(Duration lately) {
    if (agent != null && time.nanos() - lookedAt < lately.toNanos()) {
      return;
    }
    noDisk = disk();
    noMemory = memory();
    agent = AgentProgram.find(settings.now());
    lookedAt = time.nanos();
  }

  private String disk() {
    var least = settings.get(Table.MIN_FREE_DISK);
    var free = machine.disk(stateDir);
    disk = free < withHysteresis(least, disk);
    return disk ? free / MIB + " MiB are left where " + stateDir + " lies, min_free_disk is " + Table.MIN_FREE_DISK.kind().show(least)
        : null;
  }

  private String agent(Path program) {
    try {
      var why = quarantine.why(program);
      return why != null ? why : kinds.trouble(program, settings.get(Table.AGENT_KIND)).map(Problem::line).orElse(null);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt(); // who looks is about to end
      return null;
    }
  }

  private String memory() {
    var least = settings.get(Table.MIN_FREE_MEMORY);
    var free = machine.memory();
    var stalled = least == 0 ? 0 : machine.stalled();
    memory = free < withHysteresis(least, memory) || stalled >= STALLED;
    return !memory ? null : stalled >= STALLED ? "programs wait for memory " + Math.round(stalled) + " % of the time"
        : free / MIB + " MiB of memory are left, min_free_memory is " + Table.MIN_FREE_MEMORY.kind().show(least);
  }

  /** Once shut, an eighth more must be free: at the very bound a gate would flap. */
  private static long withHysteresis(long least, boolean shut) {
    return shut ? least + least / 8 : least;
  }

  private void announce(HoldReasons now) {
    var shut = now.all();
    for (var rule : shut.keySet()) {
      if (!last.containsKey(rule)) {
        var all = !rule.equals("memory") && !rule.equals("agent"); // those two keep only tasks back that need an agent
        var quiet = rule.equals("intake") || rule.equals("pause") || rule.equals("agent"); // a person's will, or said before
        LOG.atLevel(quiet ? Level.INFO : Level.WARN).log("no {}: {}: {}", all ? "task is taken" : "agent is started", rule, shut.get(rule));
        events.publish(new WorkerEvent.HoldPlaced(rule, shut.get(rule)));
      }
    }
    for (var rule : last.keySet()) {
      if (!shut.containsKey(rule)) {
        LOG.info("{} keeps no task back any more", rule);
        events.publish(new WorkerEvent.HoldCleared(rule));
      }
    }
    last = shut;
  }
}
