package lib.task;

import java.io.IOException;
import java.nio.channels.ClosedByInterruptException;
import java.time.Duration;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Consumer;
import lib.agent.Activity;
import lib.agent.AgentSession;
import lib.agent.AttemptFolder;
import lib.agent.Deadline;
import lib.agent.Findings;
import lib.agent.Listening;
import lib.agent.Silence;
import lib.config.Time;
import lib.outbox.Redaction;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * One agent from its start to its end: reads what it says, obeys stop orders, ends it and everything it started. The agent
 * is not ours to keep alive: if this process dies, the supervisor goes on.
 */
final class AgentRun {
  private static final Logger LOG = LoggerFactory.getLogger(AgentRun.class);
  private static final Duration LOOK = Duration.ofMillis(25); // half of the 50 ms in which the first chunk must leave

  private final String taskId;
  private final AttemptFolder folder;
  private final Duration budget;
  private final Duration spent;
  private final Map<String, Duration> silences;
  private final AtomicReference<StopOrder> order;
  private final Consumer<String> session;
  private final Redaction redaction;
  private final Time time;
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
  AgentRun(String taskId, AttemptFolder folder, Duration budget, Duration spent, Map<String, Duration> silences,
      AtomicReference<StopOrder> order, Consumer<String> session, Redaction redaction, Time time) {
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
    var processes = new AgentSession(folder, supervisor == null ? 0 : supervisor.pid(), time);
    try (var found = new Findings(folder, redaction)) {
      var exit = watch(supervisor, processes, found);
      if (lives) {
        sweep(processes);
      }
      while (found.read(true)) {
        continue;
      }
      var took = Duration.ofNanos(time.nanos() - start);
      var stopped = order.get() != null && (ladder != null || order.get().cause() == StopOrder.Cause.LOST);
      return Verdict.of(found, exit, stopped ? order.get() : null, finished, took, budget);
    } catch (ClosedByInterruptException e) { // an interrupt in the middle of a read
      throw (InterruptedException) new InterruptedException("reading the agent's files").initCause(e);
    } catch (IOException | RuntimeException | Error e) {
      end(supervisor, processes);
      throw e;
    }
  }

  private AttemptFolder.Exit watch(ProcessHandle supervisor, AgentSession processes, Findings found)
      throws IOException, InterruptedException {
    var told = false;
    var deadline = new Deadline(folder, budget.minus(spent), time);
    var listening = new Listening(silences, () -> activity(processes), time);
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
      if (deadline.over()) {
        order.compareAndSet(null, new StopOrder(StopOrder.Cause.TIMEOUT, "the worker", ""));
      }
      if (found.stuck() != null || found.sessionGone()) {
        order.compareAndSet(null, new StopOrder(StopOrder.Cause.STUCK, "the worker", "it would not end by itself"));
      }
      if (!more && order.get() == null && folder.hasLane()) {
        silence(listening, found).ifPresent(silent -> order.compareAndSet(null, silent));
      }
      if (order.get() != null && ladder == null) {
        LOG.info("task={} ending the agent: {}", taskId, order.get());
        finished = found.last() == Silence.Word.RESULT;
        ladder = Thread.ofPlatform().name("end " + taskId).start(() -> end(supervisor, processes));
      }
      if (!more) {
        time.sleep(LOOK);
      }
    }
  }

  private Activity activity(AgentSession processes) {
    try {
      return processes.activity();
    } catch (IOException e) {
      LOG.warn("task={} its processes cannot be looked at: {}", taskId, e.getMessage());
      return Activity.UNSEEN;
    }
  }

  private void renew(Deadline deadline) {
    try {
      deadline.renew();
    } catch (IOException e) {
      LOG.warn("task={} its supervisor may end it early, since this machine slept: {}", taskId, e.getMessage());
    }
  }

  /** The order to end an agent that has been silent for too long, if it has. */
  private Optional<StopOrder> silence(Listening listening, Findings found) {
    var wait = found.last() == Silence.Word.LIMIT ? found.limit().from(time.now()).orElse(Duration.ZERO) : Duration.ZERO;
    return listening.look(found.lines(), found.last(), wait).map(silence -> {
      var budget = Verdict.words(silences.get(silence.word()));
      return switch (silence) {
        case LINGERING -> new StopOrder(StopOrder.Cause.LINGERED, "the worker", "it has told its result and did not exit within " + budget);
        case ASKING -> new StopOrder(StopOrder.Cause.ASKED, "the worker", "it asks: " + found.question());
        case LIMITED -> new StopOrder(StopOrder.Cause.LIMITED, "the worker", found.limit().message());
        case THINKING -> new StopOrder(StopOrder.Cause.SILENT, "the worker", "it said nothing for " + budget
            + ", although its processes were busy or connected");
        case DEAD -> new StopOrder(StopOrder.Cause.SILENT, "the worker", "it said nothing for " + budget
            + " or longer, and in that time its processes used no CPU, read and wrote nothing and held no connection");
      };
    });
  }

  private void end(ProcessHandle supervisor, AgentSession processes) {
    try {
      if (supervisor != null && folder.pids().isEmpty()) {
        AgentSession.abandon(supervisor.pid()); // it still waits for the folder; an agent that starts this instant is found by its marker
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
  private void sweep(AgentSession processes) throws InterruptedException {
    var sweeper = Thread.ofPlatform().name("sweep " + taskId).start(() -> {
      try {
        var left = processes.members().size();
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
