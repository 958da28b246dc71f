package lib.worker;

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
import lib.agent.process.DirectoryLock;
import lib.config.LiveSettings;
import lib.config.Table;
import lib.core.Clock;
import lib.core.Json;
import lib.feed.Inbox;
import lib.journal.Attempt;
import lib.outbox.Outbox;
import lib.store.StoreFailed;
import lib.wire.Task;
import lib.wire.TaskStatus;
import lib.worker.admission.Admission;
import lib.worker.admission.Codebases;
import lib.worker.admission.Decision;
import lib.worker.admission.Decision.Outcome;
import lib.worker.admission.Decision.RuleResult;
import lib.worker.admission.DecisionLog;
import lib.worker.admission.HoldMonitor;
import lib.worker.admission.RunningTasks;
import lib.worker.admission.UsageLimits;
import lib.worker.admission.WorkerSnapshot;
import lib.worker.attempt.AgentLauncher;
import lib.worker.attempt.AttemptRunner;
import lib.worker.context.WorkerIdentity;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Takes tasks from the inbox while slots and lanes are free, and runs each on a thread of its own. Run it on a virtual
 * thread and interrupt that thread to end it.
 */
public final class Scheduler implements Runnable {
  private static final Logger LOG = LoggerFactory.getLogger(Scheduler.class);
  /** A lane that another worker holds, and an agent CLI that is being installed, tell nobody when that changes. */
  private static final Duration LOOK_AGAIN = Duration.ofSeconds(2);
  private static final Duration DISK = Duration.ofSeconds(10); // as the gate that the same failure shuts

  private final LiveSettings settings;
  private final HoldMonitor gates;
  private final DecisionLog decisions;
  private final Inbox inbox;
  private final RunningTasks running;
  private final Codebases codebases;
  private final Outbox outbox;
  private final WorkerIdentity identity;
  private final AttemptRunner taskRun;
  private final AgentLauncher doing;
  private final UsageLimits limits;
  private final Runnable finished;
  private final Supplier<Set<String>> unsettled;
  private final DirectoryLock lanes;
  private final Clock time;
  private final Map<Thread, String> threads = new ConcurrentHashMap<>();
  private volatile String restrictTo;
  private volatile int slots;
  private final AtomicInteger left = new AtomicInteger();
  private final AtomicInteger done = new AtomicInteger();

  /**
   * An intake that takes nothing yet.
   *
   * @param finished told after each task, and when a pause for a usage limit ends
   * @param unsettled tasks of which it is not known yet whether an earlier start has claimed them
   */
  Scheduler(LiveSettings settings, HoldMonitor gates, DecisionLog decisions, Inbox inbox, RunningTasks running, Codebases codebases, Outbox outbox,
      WorkerIdentity identity, AttemptRunner taskRun, AgentLauncher doing, UsageLimits limits, Runnable finished, Supplier<Set<String>> unsettled, Clock time) {
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
    this.lanes = new DirectoryLock(settings.now().env());
    this.time = time;
  }

  /** Takes so many tasks and no more. */
  void maxTasks(int tasks) {
    left.set(tasks);
  }

  /** Leaves every other task alone. */
  void restrictTo(String taskId) {
    restrictTo = taskId;
  }

  /** Tasks done since the start. */
  int done() {
    return done.get();
  }

  /** Leaves every agent running and waits for their threads. */
  void detachAll() throws InterruptedException {
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
          gates.refresh();
          gates.current(); // what shuts and opens is told also while nobody waits
        }
      }
    } catch (InterruptedException e) {
      LOG.debug("intake ends");
    }
  }

  private void sift() {
    var sieve = new Sieve();
    inbox.pickRunnable(sieve);
    sieve.taken.forEach(this::start);
  }

  /** One look at the waiting tasks. Those it takes have a place. */
  private final class Sieve implements Inbox.Selector {
    private final List<RunningTasks.RunningTask> taken = new ArrayList<>();
    private WorkerSnapshot view; // null once a place is taken: it is only made for a task that asks, since one that runs waits for it

    @Override
    public Inbox.Disposition look(Task task) {
      if (running.has(task.id())) {
        return Inbox.Disposition.DROP;
      }
      view = view == null ? view(null) : view;
      if (view.freeSlots() <= 0) {
        return Inbox.Disposition.FULL;
      }
      if (restrictTo != null && !restrictTo.equals(task.id())) {
        return Inbox.Disposition.WAIT;
      }
      var decision = Admission.decide(task, view);
      decisions.note(task, decision, time.now());
      if (decision.say() != Outcome.ADMIT) {
        LOG.debug("task={} not taken: {}", task.id(), decision.reason());
        return decision.say() == Outcome.WAIT ? Inbox.Disposition.WAIT : Inbox.Disposition.DROP;
      }
      taken.add(running.add(task));
      left.decrementAndGet();
      view = null;
      return Inbox.Disposition.TAKE;
    }
  }

  private void start(RunningTasks.RunningTask entry) {
    var thread = Thread.ofVirtual().name("task " + entry.task().id()).unstarted(() -> run(entry));
    threads.put(thread, entry.task().id());
    thread.start();
  }

  /**
   * Goes on with a task that an earlier process of this worker claimed. It has its place, whatever else runs.
   *
   * @param lives whether some process of it may be alive
   */
  public void adopt(Attempt attempt, boolean lives) {
    var entry = running.add(Task.read(Json.object().put("id", attempt.taskId()).put("codebase_id", attempt.codebaseId())
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
        running.remove(entry);
        threads.remove(Thread.currentThread());
        inbox.signal();
      }
    });
    threads.put(thread, attempt.taskId());
    thread.start();
  }

  private void run(RunningTasks.RunningTask entry) {
    var taken = false;
    try {
      taken = taskRun.run(entry, task -> decide(task, entry), gates::isClosed);
      gates.journalWorks();
    } catch (StoreFailed e) {
      LOG.error("task={} no task is taken: the journal cannot be written: {}", entry.task().id(), e.getMessage());
      gates.journalFailed(e.getMessage());
      inbox.defer(entry.task(), DISK);
    } catch (InterruptedException e) {
      LOG.info("task={} left to its supervisor", entry.task().id());
    } finally {
      running.remove(entry);
      threads.remove(Thread.currentThread());
      if (taken) {
        done.incrementAndGet();
        finished.run();
      } else {
        left.incrementAndGet();
      }
      inbox.signal();
    }
  }

  /** Admission of the whole task, its own place not counted. */
  private Decision decide(Task task, RunningTasks.RunningTask own) {
    var decision = explain(task, own);
    decisions.note(task, decision, time.now());
    return decision;
  }

  /** What would be decided now, without deciding it. */
  Decision explain(Task task) {
    return explain(task, null);
  }

  private Decision explain(Task task, RunningTasks.RunningTask own) {
    var decision = Admission.decide(task, view(own));
    return !task.registration() ? decision : doing.declines(task).map(why -> decision.and(new RuleResult("registration", Outcome.REJECT, why)))
        .orElse(decision);
  }

  private WorkerSnapshot view(RunningTasks.RunningTask without) {
    var folders = new HashMap<String, Path>();
    codebases.ids().forEach(id -> codebases.find(id).ifPresent(c -> folders.put(id, real(c.path()))));
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
    return new WorkerSnapshot(identity.workerId(), identity.agentName(), identity.capabilities(), folders, codebases.disallowed(), busy, free,
        gates.current(), owing, limits.paused());
  }

  /** How many tasks may run at the same time. */
  int slots() {
    return slots == 0 ? settings.get(Table.MAX_CONCURRENT_TASKS) : slots;
  }

  /** Has so many run at the same time from now on; 0: as the settings say. Those beyond it run to their end. */
  void slots(int most) {
    slots = most;
    inbox.signal();
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
