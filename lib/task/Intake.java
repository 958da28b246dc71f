package lib.task;

import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Supplier;
import lib.agent.LaneFile;
import lib.config.Json;
import lib.config.LiveSettings;
import lib.config.Table;
import lib.config.Time;
import lib.feed.Inbox;
import lib.outbox.Attempt;
import lib.outbox.Outbox;
import lib.store.StoreFailed;
import lib.task.Decision.Answer;
import lib.task.Decision.Say;
import lib.wire.Task;
import lib.wire.TaskStatus;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Takes tasks from the inbox while slots and lanes are free, and runs each on a thread of its own. Run it on a virtual
 * thread and interrupt that thread to end it.
 */
final class Intake implements Runnable {
  private static final Logger LOG = LoggerFactory.getLogger(Intake.class);
  /** A lane that another worker holds, and an agent CLI that is being installed, tell nobody when that changes. */
  private static final Duration LOOK_AGAIN = Duration.ofSeconds(2);
  private static final Duration DISK = Duration.ofSeconds(10); // as the gate that the same failure shuts

  private final LiveSettings settings;
  private final Gates gates;
  private final Decisions decisions;
  private final Inbox inbox;
  private final Running running;
  private final Codebases codebases;
  private final Outbox outbox;
  private final Identity identity;
  private final TaskRun taskRun;
  private final Doing doing;
  private final Limits limits;
  private final Runnable finished;
  private final Supplier<Set<String>> unsettled;
  private final LaneFile lanes;
  private final Time time;
  private final Map<Thread, String> threads = new ConcurrentHashMap<>();
  private volatile String only;
  private volatile int slots;
  private final AtomicInteger left = new AtomicInteger();
  private final AtomicInteger done = new AtomicInteger();

  /**
   * An intake that takes nothing yet.
   *
   * @param finished told after each task, and when a pause for a usage limit ends
   * @param unsettled tasks of which it is not known yet whether an earlier start has claimed them
   */
  Intake(LiveSettings settings, Gates gates, Decisions decisions, Inbox inbox, Running running, Codebases codebases, Outbox outbox,
      Identity identity, TaskRun taskRun, Doing doing, Limits limits, Runnable finished, Supplier<Set<String>> unsettled, Time time) {
    this.settings = settings;
    this.gates = gates;
    this.decisions = decisions;
    this.inbox = inbox;
    this.running = running;
    this.codebases = codebases;
    this.outbox = outbox;
    this.identity = identity;
    this.taskRun = taskRun;
    this.doing = doing;
    this.limits = limits;
    this.finished = finished;
    this.unsettled = unsettled;
    this.lanes = new LaneFile(settings.now().env());
    this.time = time;
  }

  /** Takes so many tasks and no more. */
  void limit(int tasks) {
    left.set(tasks);
  }

  /** Leaves every other task alone. */
  void only(String taskId) {
    only = taskId;
  }

  /** Tasks done since the start. */
  int done() {
    return done.get();
  }

  /** Leaves every agent running and waits for their threads. */
  void abandon() throws InterruptedException {
    for (var thread : threads.keySet()) {
      thread.interrupt();
      thread.join();
    }
  }

  @Override
  public void run() {
    var changes = -1L;
    try {
      while (true) {
        changes = inbox.await(changes, LOOK_AGAIN);
        if (limits.ended()) {
          finished.run(); // what was put back is not announced to whom it came from
        }
        if (inbox.size() > 0) {
          sift();
        } else {
          gates.look();
          gates.now(); // what shuts and opens is told also while nobody waits
        }
      }
    } catch (InterruptedException e) {
      LOG.debug("intake ends");
    }
  }

  private void sift() {
    var sieve = new Sieve();
    inbox.sift(sieve);
    sieve.taken.forEach(this::start);
  }

  /** One look at the waiting tasks. Those it takes have a place. */
  private final class Sieve implements Inbox.Gate {
    private final List<Running.Entry> taken = new ArrayList<>();
    private View view; // null once a place is taken: it is only made for a task that asks, since one that runs waits for it

    @Override
    public Inbox.Look look(Task task) {
      if (running.has(task.id())) {
        return Inbox.Look.DROP;
      }
      view = view == null ? view(null) : view;
      if (view.freeSlots() <= 0) {
        return Inbox.Look.FULL;
      }
      if (only != null && !only.equals(task.id())) {
        return Inbox.Look.WAIT;
      }
      var decision = Admission.decide(task, view);
      decisions.note(task, decision, time.now());
      if (decision.say() != Say.YES) {
        LOG.debug("task={} not taken: {}", task.id(), decision.reason());
        return decision.say() == Say.WAIT ? Inbox.Look.WAIT : Inbox.Look.DROP;
      }
      taken.add(running.enter(task));
      left.decrementAndGet();
      view = null;
      return Inbox.Look.TAKE;
    }
  }

  private void start(Running.Entry entry) {
    var thread = Thread.ofVirtual().name("task " + entry.task().id()).unstarted(() -> run(entry));
    threads.put(thread, entry.task().id());
    thread.start();
  }

  /**
   * Goes on with a task that an earlier process of this worker claimed. It has its place, whatever else runs.
   *
   * @param lives whether some process of it may be alive
   */
  void adopt(Attempt attempt, boolean lives) {
    var entry = running.enter(Task.read(Json.object().put("id", attempt.taskId()).put("codebase_id", attempt.codebaseId())
        .put("agent_type", attempt.agentType()).put("status", TaskStatus.RUNNING.word())).orElseThrow());
    if (entry == null) {
      LOG.warn("task={} has a later attempt that goes on; attempt {} waits for the next start", attempt.taskId(), attempt.n());
      return;
    }
    entry.attempt().set(attempt);
    var thread = Thread.ofVirtual().name("task " + attempt.taskId()).unstarted(() -> {
      try {
        taskRun.adopt(entry, attempt, lives);
      } catch (InterruptedException e) {
        LOG.info("task={} left to its supervisor", attempt.taskId());
      } finally {
        running.leave(entry);
        threads.remove(Thread.currentThread());
        inbox.wake();
      }
    });
    threads.put(thread, attempt.taskId());
    thread.start();
  }

  private void run(Running.Entry entry) {
    var taken = false;
    try {
      taken = taskRun.run(entry, task -> decide(task, entry), gates::isClosed);
      gates.journalWorks();
    } catch (StoreFailed e) {
      LOG.error("task={} no task is taken: the journal cannot be written: {}", entry.task().id(), e.getMessage());
      gates.journalFailed(e.getMessage());
      inbox.later(entry.task(), DISK);
    } catch (InterruptedException e) {
      LOG.info("task={} left to its supervisor", entry.task().id());
    } finally {
      running.leave(entry);
      threads.remove(Thread.currentThread());
      if (taken) {
        done.incrementAndGet();
        finished.run();
      } else {
        left.incrementAndGet();
      }
      inbox.wake();
    }
  }

  /** Admission of the whole task, its own place not counted. */
  private Decision decide(Task task, Running.Entry own) {
    var decision = judge(task, own);
    decisions.note(task, decision, time.now());
    return decision;
  }

  /** What would be decided now, without deciding it. */
  Decision judge(Task task) {
    return judge(task, null);
  }

  private Decision judge(Task task, Running.Entry own) {
    var decision = Admission.decide(task, view(own));
    return !task.registration() ? decision : doing.declines(task).map(why -> decision.and(new Answer("registration", Say.NO, why)))
        .orElse(decision);
  }

  private View view(Running.Entry without) {
    var folders = new HashMap<String, Path>();
    codebases.ids().forEach(id -> codebases.of(id).ifPresent(c -> folders.put(id, real(c.path()))));
    var busy = new HashSet<Path>();
    var places = 0;
    for (var entry : running.entries()) {
      if (entry != without) {
        places++;
        var folder = entry.task().builtin() || entry.task().registration() ? null : folders.get(entry.task().codebase());
        if (folder != null) {
          busy.add(folder);
        }
      }
    }
    var owing = new HashSet<>(outbox.owing());
    owing.addAll(unsettled.get());
    busy.addAll(heldElsewhere(folders.values().stream().filter(folder -> !busy.contains(folder)).distinct().toList()));
    var free = Math.min(slots() - places, left.get() + (without == null ? 0 : 1));
    return new View(identity.workerId(), identity.agentName(), identity.capabilities(), folders, codebases.barred(), busy, free,
        gates.now(), owing, limits.paused());
  }

  /** How many tasks may run at the same time. */
  int slots() {
    return slots == 0 ? settings.get(Table.MAX_CONCURRENT_TASKS) : slots;
  }

  /** Has so many run at the same time from now on; 0: as the settings say. Those beyond it run to their end. */
  void slots(int most) {
    slots = most;
    inbox.wake();
  }

  private Set<Path> heldElsewhere(List<Path> folders) {
    try {
      return lanes.held(folders);
    } catch (IOException e) {
      return Set.of(); // the supervisor's own lock decides in the end
    }
  }

  /** Two names of one folder are one lane. */
  private static Path real(Path path) {
    try {
      return path.toRealPath();
    } catch (IOException e) {
      return path; // it is not there: the attempt will say so
    }
  }
}
