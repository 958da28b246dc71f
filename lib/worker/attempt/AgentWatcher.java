package lib.worker.attempt;

import java.io.IOException;
import java.nio.channels.ClosedByInterruptException;
import java.time.Duration;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Consumer;
import lib.agent.output.OutputAnalyzer;
import lib.agent.process.AttemptDirectory;
import lib.agent.process.ProcessActivity;
import lib.agent.process.ProcessTree;
import lib.agent.process.RunBudget;
import lib.agent.process.Silence;
import lib.agent.process.SilenceDetector;
import lib.core.Clock;
import lib.masking.Redaction;
import lib.worker.admission.StopRequest;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * One agent from its start to its end: reads what it says, obeys stop orders, ends it and everything it started. The agent
 * is not ours to keep alive: if this process dies, the supervisor goes on.
 */
final class AgentWatcher {
  private static final Logger LOG = LoggerFactory.getLogger(AgentWatcher.class);
  private static final Duration LOOK = Duration.ofMillis(25); // half of the 50 ms in which the first chunk must leave

  private final String taskId;
  private final AttemptDirectory folder;
  private final Duration budget;
  private final Duration spent;
  private final Map<String, Duration> silences;
  private final AtomicReference<StopRequest> order;
  private final Consumer<String> session;
  private final Redaction redaction;
  private final Clock time;
  private Thread ladder; // ends the agent once there is an order to
  private boolean finished = true; // whether it had told its result before the ladder began

  /**
   * The run of an agent.
   *
   * @param budget the longest the agent may run
   * @param spent how much of that is over
   * @param silences the setting {@code silence}
   * @param order where stop orders appear
   * @param session told once, when the agent's session is known
   */
  AgentWatcher(String taskId, AttemptDirectory folder, Duration budget, Duration spent, Map<String, Duration> silences,
      AtomicReference<StopRequest> order, Consumer<String> session, Redaction redaction, Clock time) {
    this.taskId = taskId;
    this.folder = folder;
    this.budget = budget;
    this.spent = spent;
    this.silences = silences;
    this.order = order;
    this.session = session;
    this.redaction = redaction;
    this.time = time;
  }

  /**
   * Waits for the end of an agent that was let go, and judges it. An interrupt leaves the agent running under its supervisor;
   * any failure ends it.
   *
   * @param supervisor null when it is long gone
   * @param lives false when no process of the attempt is alive, so that none need be looked for
   */
  Verdict run(ProcessHandle supervisor, boolean lives) throws IOException, InterruptedException {
    var start = time.nanos() - spent.toNanos();
    var processes = new ProcessTree(folder, supervisor == null ? 0 : supervisor.pid(), time);
    try (var found = new OutputAnalyzer(folder, redaction)) {
      var exit = watch(supervisor, processes, found);
      if (lives) {
        sweep(processes);
      }
      while (found.read(true)) {
        continue;
      }
      var took = Duration.ofNanos(time.nanos() - start);
      var stopped = order.get() != null && (ladder != null || order.get().cause() == StopRequest.Cause.SUPERSEDED);
      return Verdict.of(found, exit, stopped ? order.get() : null, finished, took, budget);
    } catch (ClosedByInterruptException e) { // an interrupt in the middle of a read
      throw (InterruptedException) new InterruptedException("reading the agent's files").initCause(e);
    } catch (IOException | RuntimeException | Error e) {
      end(supervisor, processes);
      throw e;
    }
  }

  private AttemptDirectory.Exit watch(ProcessHandle supervisor, ProcessTree processes, OutputAnalyzer found)
      throws IOException, InterruptedException {
    var told = false;
    var deadline = new RunBudget(folder, budget.minus(spent), time);
    var listening = new SilenceDetector(silences, () -> activity(processes), time);
    while (true) {
      var alive = supervisor != null && supervisor.isAlive(); // asked before the file: a supervisor that is gone has written all it will
      var exit = folder.exit();
      var more = found.read(false);
      if (!told && found.sessionId() != null) {
        session.accept(found.sessionId());
        told = true;
      }
      if (exit.isPresent() || !alive) {
        if (ladder != null) {
          ladder.join();
        }
        return exit.orElse(null);
      }
      renew(deadline);
      if (deadline.isExceeded()) {
        order.compareAndSet(null, new StopRequest(StopRequest.Cause.TIMEOUT, "the worker", ""));
      }
      if (found.stuck() != null || found.sessionGone()) {
        order.compareAndSet(null, new StopRequest(StopRequest.Cause.HUNG, "the worker", "it would not end by itself"));
      }
      if (!more && order.get() == null && folder.hasDirectory()) {
        silence(listening, found).ifPresent(silent -> order.compareAndSet(null, silent));
      }
      if (order.get() != null && ladder == null) {
        LOG.info("task={} ending the agent: {}", taskId, order.get());
        finished = found.last() == Silence.LastEvent.RESULT;
        ladder = Thread.ofPlatform().name("end " + taskId).start(() -> end(supervisor, processes));
      }
      if (!more) {
        time.sleep(LOOK);
      }
    }
  }

  private ProcessActivity activity(ProcessTree processes) {
    try {
      return processes.activity();
    } catch (IOException e) {
      LOG.warn("task={} its processes cannot be looked at: {}", taskId, e.getMessage());
      return ProcessActivity.UNSEEN;
    }
  }

  private void renew(RunBudget deadline) {
    try {
      deadline.extendAfterSleep();
    } catch (IOException e) {
      LOG.warn("task={} its supervisor may end it early, since this machine slept: {}", taskId, e.getMessage());
    }
  }

  /** The order to end an agent that has been silent for too long, if it has. */
  private Optional<StopRequest> silence(SilenceDetector listening, OutputAnalyzer found) {
    var wait = found.last() == Silence.LastEvent.LIMIT ? found.limit().waitFrom(time.now()).orElse(Duration.ZERO) : Duration.ZERO;
    return listening.observe(found.lines(), found.last(), wait).map(silence -> {
      var budget = Verdict.format(silences.get(silence.word()));
      return switch (silence) {
        case LINGERING -> new StopRequest(StopRequest.Cause.LINGERED, "the worker", "it has told its result and did not exit within " + budget);
        case ASKING -> new StopRequest(StopRequest.Cause.NEEDS_APPROVAL, "the worker", "it asks: " + found.question());
        case LIMITED -> new StopRequest(StopRequest.Cause.RATE_LIMITED, "the worker", found.limit().message());
        case THINKING -> new StopRequest(StopRequest.Cause.UNRESPONSIVE, "the worker", "it said nothing for " + budget
            + ", although its processes were busy or connected");
        case DEAD -> new StopRequest(StopRequest.Cause.UNRESPONSIVE, "the worker", "it said nothing for " + budget
            + " or longer, and in that time its processes used no CPU, read and wrote nothing and held no connection");
      };
    });
  }

  private void end(ProcessHandle supervisor, ProcessTree processes) {
    try {
      if (supervisor != null && folder.pids().isEmpty()) {
        ProcessTree.abandon(supervisor.pid()); // it still waits for the folder; an agent that starts this instant is found by its marker
      }
      if (!processes.end()) {
        LOG.error("task={} some of its processes could not be ended", taskId);
      }
    } catch (IOException e) {
      LOG.error("task={} ending the agent: {}", taskId, e.getMessage());
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  /** What the agent left behind when it ended: servers it started, shells that ignored it. */
  private void sweep(ProcessTree processes) throws InterruptedException {
    var sweeper = Thread.ofPlatform().name("sweep " + taskId).start(() -> {
      try {
        var left = processes.processes().size();
        if (left > 0) {
          LOG.info("task={} ending {} processes that the agent left behind", taskId, left);
          processes.sweep();
        }
      } catch (IOException e) {
        LOG.error("task={} looking for processes left behind: {}", taskId, e.getMessage());
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
      }
    });
    sweeper.join();
  }
}
