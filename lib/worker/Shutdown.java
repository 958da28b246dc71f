package lib.worker;

import module java.base;
import lib.client.http.ApiException;
import lib.config.SettingsTable;
import lib.outbox.Outbox;
import lib.worker.admission.HoldMonitor;
import lib.worker.admission.RunningTasks;
import lib.worker.admission.StopRequest;
import lib.worker.context.WorkerContext;
import lib.worker.context.WorkerEvent;
import lib.worker.presence.SessionSyncLoop;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Ends a worker: from the first request on no task is claimed; running agents may finish, are cancelled, or stay, as asked;
 * pending reports are delivered as far as there is time; and the worker unregisters when nothing of it is left. Thread-safe.
 */
final class Shutdown {
  private static final Logger LOG = LoggerFactory.getLogger(Shutdown.class);
  /** The journal keeps for the next start what is not delivered in this time. */
  private static final Duration LAST_DELIVERY = Duration.ofSeconds(10);
  /** Ending agents takes 11 s at most; a second more for the verdicts. */
  private static final Duration KILL_BUDGET = Duration.ofSeconds(12);
  private static final Duration LAST_SYNC = Duration.ofSeconds(5); // the next start sends the rest
  private static final Duration UNREGISTER = Duration.ofSeconds(5); // a server that misses it finds out by itself
  private static final Duration POLL_INTERVAL = Duration.ofMillis(50);

  /** How far the end has come; each stage is stronger than the one before. */
  private enum Stage { RUNNING, DRAINING, CANCELLING, DETACHING }

  private final WorkerContext context;
  private final HoldMonitor holds;
  private final RunningTasks running;
  private final Scheduler scheduler;
  private final Outbox outbox;
  private final SessionSyncLoop sessionSync;
  private final BackgroundLoops loops;
  private final AtomicInteger stage = new AtomicInteger();
  private final CountDownLatch ended = new CountDownLatch(1);

  Shutdown(WorkerContext context, HoldMonitor holds, RunningTasks running, Scheduler scheduler, Outbox outbox, SessionSyncLoop sessionSync,
      BackgroundLoops loops) {
    this.context = context;
    this.holds = holds;
    this.running = running;
    this.scheduler = scheduler;
    this.outbox = outbox;
    this.sessionSync = sessionSync;
    this.loops = loops;
  }

  /** How far it has come, in a word. */
  String stage() {
    return Stage.values()[stage.get()].name().toLowerCase(Locale.ROOT);
  }

  /** Whether the worker was asked to stop. */
  boolean isBegun() {
    return stage.get() > Stage.RUNNING.ordinal();
  }

  /** The next stage: drain, then cancel, then detach; with {@code keep_agents} detach at once. */
  void stop() {
    var last = Stage.DETACHING.ordinal();
    var isKept = context.settings().get(SettingsTable.KEEP_AGENTS);
    var now = begin(s -> isKept ? last : Math.min(s + 1, last), "the worker was asked to stop twice");
    var text = switch (now) {
      case RUNNING, DRAINING -> "stopping: no new task; " + running.size() + " running may finish within "
          + context.settings().get(SettingsTable.DRAIN_TIMEOUT).toSeconds() + " s (once more: cancel them)";
      case CANCELLING -> "stopping: cancelling " + running.size() + " running (once more: leave at once, agents stay)";
      case DETACHING -> "leaving at once; " + running.size() + " running stay for the next start";
    };
    LOG.info(text);
    context.events().publish(new WorkerEvent.StopAsked(stage(), text));
  }

  /** Leaves at once; agents stay for the next start. */
  void detach() {
    begin(s -> Stage.DETACHING.ordinal(), "");
  }

  /** Cancels what runs and ends. */
  void stopNow(String why) {
    begin(s -> Math.max(s, Stage.CANCELLING.ordinal()), why);
  }

  /** @param why what is said to running tasks when the next stage cancels them */
  private Stage begin(IntUnaryOperator next, String why) {
    var before = stage.getAndUpdate(next);
    var now = Stage.values()[next.applyAsInt(before)];
    holds.close("the worker is stopping");
    if (now == Stage.CANCELLING) {
      running.stopAll(new StopRequest(StopRequest.Cause.CANCELLED, "the operator", why));
    }
    if (before == Stage.RUNNING.ordinal()) {
      Thread.ofVirtual().name("shutdown").start(this::end);
    }
    return now;
  }

  /** Waits for the end; false when the time was up first. */
  boolean await(Duration max) throws InterruptedException {
    return ended.await(max.toMillis(), TimeUnit.MILLISECONDS);
  }

  private void end() {
    try {
      if (!await(() -> running.size() == 0, context.settings().get(SettingsTable.DRAIN_TIMEOUT), Stage.CANCELLING)
          && stage.get() == Stage.DRAINING.ordinal()) {
        LOG.warn("drain deadline reached, ending {} running agents", running.size());
        running.stopAll(new StopRequest(StopRequest.Cause.DRAINED, "the worker", "drain deadline"));
      }
      await(() -> running.size() == 0, KILL_BUDGET, Stage.DETACHING);
      var left = running.size();
      scheduler.detachAll();
      var isKnown = context.server().known().isPresent();
      var isDelivered = await(() -> outbox.depth() == 0, isKnown ? LAST_DELIVERY : Duration.ZERO, Stage.DETACHING);
      sessionSync.last();
      await(sessionSync::settled, isKnown ? LAST_SYNC : Duration.ZERO, Stage.DETACHING);
      sessionSync.close();
      loops.end();
      if (isKnown && isDelivered && left == 0) {
        unregister();
      } else {
        LOG.warn("not unregistered: {} reports wait in the journal for the next start", outbox.depth());
      }
      outbox.close();
    } catch (InterruptedException e) {
      throw new IllegalStateException("no one interrupts the shutdown", e);
    } finally {
      ended.countDown();
    }
  }

  /** Waits for a condition until the time is up or the shutdown has reached a stage; returns whether it holds. */
  private boolean await(BooleanSupplier condition, Duration max, Stage until) throws InterruptedException {
    var clock = context.clock();
    var deadline = clock.nanos() + max.toNanos();
    while (!condition.getAsBoolean() && clock.nanos() < deadline && stage.get() < until.ordinal()) {
      clock.sleep(POLL_INTERVAL);
    }
    return condition.getAsBoolean();
  }

  private void unregister() throws InterruptedException {
    var call = Thread.ofVirtual().name("unregister").start(() -> {
      try {
        context.client().unregister(context.workerId());
        LOG.info("unregistered worker={}", context.workerId());
      } catch (ApiException e) {
        LOG.warn("not unregistered: {}", e.getMessage());
      } catch (InterruptedException e) {
        LOG.warn("not unregistered: the server did not answer in time");
      }
    });
    await(() -> !call.isAlive(), UNREGISTER, Stage.DETACHING);
    call.interrupt();
    call.join();
  }
}
