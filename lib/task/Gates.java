package lib.task;

import java.nio.file.Path;
import java.time.Duration;
import java.util.Map;
import java.util.Optional;
import lib.Problem;
import lib.agent.AgentCli;
import lib.agent.AgentKind;
import lib.config.LiveSettings;
import lib.config.Table;
import lib.config.Time;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.slf4j.event.Level;

/**
 * Says whether tasks are taken at all: not while the worker ends or is paused, while disk or memory is short, while the
 * journal cannot be written or no agent works. Each heals by itself, or as a person says; a change is logged once.
 * Thread-safe.
 */
final class Gates {
  private static final Logger LOG = LoggerFactory.getLogger(Gates.class);
  private static final Duration JOURNAL = Duration.ofSeconds(10); // how often a journal that failed is tried again
  /** The intake looks every 2 s while nothing waits; in a rush of tasks one of them does, so often. */
  private static final Duration OFTEN = Duration.ofSeconds(1);
  private static final Duration FRESH = Duration.ofSeconds(5);
  private static final long MIB = 1 << 20;
  /** Per cent of ten seconds: a machine whose programs all wait for so long is swapping itself to death. */
  private static final double STALLED = 20;

  private final LiveSettings settings;
  private final Path stateDir;
  private final Machine machine;
  private final Quarantine quarantine;
  private final AgentKind kinds;
  private final Events events;
  private final Time time;
  private volatile String closed;
  private volatile String paused;
  private volatile String journal;
  private volatile long journalAt;
  private String noDisk;
  private String noMemory;
  private Optional<AgentCli> agent; // null when it must be looked for
  private long lookedAt;
  private boolean disk; // shut by it; this and the rest guarded by this object
  private boolean memory;
  private Map<String, String> last = Map.of();

  Gates(LiveSettings settings, Path stateDir, Machine machine, Quarantine quarantine, AgentKind kinds, Events events, Time time) {
    this.settings = settings;
    this.stateDir = stateDir;
    this.machine = machine;
    this.quarantine = quarantine;
    this.kinds = kinds;
    this.events = events;
    this.time = time;
  }

  /** Takes no task from this instant on, for good. */
  void close(String why) {
    closed = why;
  }

  boolean isClosed() {
    return closed != null;
  }

  /** Takes no task until {@link #resume}; the process's memory only, so a new start takes tasks. */
  void pause(String who) {
    paused = who;
  }

  void resume() {
    paused = null;
  }

  /** The journal could not be written; it is tried again after a while. */
  void journalFailed(String why) {
    journalAt = time.nanos();
    journal = why;
  }

  void journalWorks() {
    journal = null;
  }

  /** What holds tasks back at this moment, as far as it was looked at lately. */
  synchronized Holds now() {
    look(FRESH);
    var failed = journal != null && time.nanos() - journalAt < JOURNAL.toNanos();
    var now = new Holds(closed, paused, failed ? "the journal cannot be written: " + journal : noDisk, noMemory,
        agent.isEmpty() ? "no agent CLI was found on this machine" : agent(agent.get().path()));
    announce(now);
    return now;
  }

  /** Looks at the machine, unless that was done lately: some files of the system, for which no task should have to wait. */
  synchronized void look() {
    look(OFTEN);
  }

  /** The settings have changed: what was seen lately was seen with others. */
  synchronized void changed() {
    agent = null;
  }

  private void look(Duration lately) {
    if (agent != null && time.nanos() - lookedAt < lately.toNanos()) {
      return;
    }
    noDisk = disk();
    noMemory = memory();
    agent = AgentCli.find(settings.now());
    lookedAt = time.nanos();
  }

  private String disk() {
    var least = settings.get(Table.MIN_FREE_DISK);
    var free = machine.disk(stateDir);
    disk = free < more(least, disk);
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
    memory = free < more(least, memory) || stalled >= STALLED;
    return !memory ? null : stalled >= STALLED ? "programs wait for memory " + Math.round(stalled) + " % of the time"
        : free / MIB + " MiB of memory are left, min_free_memory is " + Table.MIN_FREE_MEMORY.kind().show(least);
  }

  /** Once shut, an eighth more must be free: at the very bound a gate would flap. */
  private static long more(long least, boolean shut) {
    return shut ? least + least / 8 : least;
  }

  private void announce(Holds now) {
    var shut = now.all();
    for (var rule : shut.keySet()) {
      if (!last.containsKey(rule)) {
        var all = !rule.equals("memory") && !rule.equals("agent"); // those two keep only tasks back that need an agent
        var quiet = rule.equals("intake") || rule.equals("pause") || rule.equals("agent"); // a person's will, or said before
        LOG.atLevel(quiet ? Level.INFO : Level.WARN).log("no {}: {}: {}", all ? "task is taken" : "agent is started", rule, shut.get(rule));
        events.tell("hold", null, rule + ": " + shut.get(rule));
      }
    }
    for (var rule : last.keySet()) {
      if (!shut.containsKey(rule)) {
        LOG.info("{} keeps no task back any more", rule);
        events.tell("free", null, rule);
      }
    }
    last = shut;
  }
}
