package lib.task;

import java.io.IOException;
import java.nio.channels.ClosedByInterruptException;
import java.time.Duration;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Consumer;
import lib.agent.AgentSession;
import lib.agent.AttemptFolder;
import lib.agent.Findings;
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

  /** The supervisor ends the agent by itself only when no worker has done so; this is the worker's lead. */
  static final Duration LEAD = Duration.ofSeconds(60);

  private final String taskId;
  private final AttemptFolder folder;
  private final Duration budget;
  private final AtomicReference<StopOrder> order;
  private final Consumer<String> session;
  private final Redaction redaction;
  private final Time time;
  private Thread ladder; // ends the agent once there is an order to

  /**
   * The run of an agent.
   *
   * @param budget the longest the agent may run
   * @param order where stop orders appear
   * @param session told once, when the agent's session is known
   */
  AgentRun(String taskId, AttemptFolder folder, Duration budget, AtomicReference<StopOrder> order, Consumer<String> session,
      Redaction redaction, Time time) {
    this.taskId = taskId;
    this.folder = folder;
    this.budget = budget;
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
   */
  Verdict run(ProcessHandle supervisor) throws IOException, InterruptedException {
    var start = time.nanos();
    try (var found = new Findings(folder, redaction)) {
      var exit = watch(supervisor, found, start);
      sweep(pid(supervisor));
      while (found.read(true)) {
        continue;
      }
      var took = Duration.ofNanos(time.nanos() - start);
      var stopped = order.get() != null && (ladder != null || order.get().cause() == StopOrder.Cause.LOST);
      return Verdict.of(found, exit, stopped ? order.get() : null, took, budget);
    } catch (ClosedByInterruptException e) { // an interrupt in the middle of a read
      throw (InterruptedException) new InterruptedException("reading the agent's files").initCause(e);
    } catch (IOException | RuntimeException | Error e) {
      end(supervisor);
      throw e;
    }
  }

  private AttemptFolder.Exit watch(ProcessHandle supervisor, Findings found, long start) throws IOException, InterruptedException {
    var told = false;
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
      folder.cancelledBy().ifPresent(who -> order.compareAndSet(null, new StopOrder(StopOrder.Cause.CANCELLED, who, "")));
      if (time.nanos() - start > budget.toNanos()) {
        order.compareAndSet(null, new StopOrder(StopOrder.Cause.TIMEOUT, "the worker", ""));
      }
      if (order.get() != null && ladder == null) {
        LOG.info("task={} ending the agent: {}", taskId, order.get());
        ladder = Thread.ofPlatform().name("end " + taskId).start(() -> end(supervisor));
      }
      if (!more) {
        time.sleep(LOOK);
      }
    }
  }

  private void end(ProcessHandle supervisor) {
    try {
      var session = new AgentSession(folder, pid(supervisor), time);
      if (supervisor != null && folder.pids().isEmpty()) {
        AgentSession.abandon(supervisor.pid()); // it still waits for the folder; an agent that starts this instant is found by its marker
      }
      if (!session.end()) {
        LOG.error("task={} some of its processes could not be ended", taskId);
      }
    } catch (IOException e) {
      LOG.error("task={} ending the agent: {}", taskId, e.getMessage());
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  private static long pid(ProcessHandle supervisor) {
    return supervisor == null ? 0 : supervisor.pid();
  }

  /** What the agent left behind when it ended: servers it started, shells that ignored it. */
  private void sweep(long supervisor) throws InterruptedException {
    var sweeper = Thread.ofPlatform().name("sweep " + taskId).start(() -> {
      try {
        var session = new AgentSession(folder, supervisor, time);
        var left = session.members().size();
        if (left > 0) {
          LOG.info("task={} ending {} processes that the agent left behind", taskId, left);
          session.sweep();
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
