package lib.worker;

import java.time.Duration;
import java.util.Locale;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.BooleanSupplier;
import lib.config.LiveSettings;
import lib.config.Table;
import lib.core.Clock;
import lib.feed.StreamFeed;
import lib.outbox.Outbox;
import lib.wire.CallFailed;
import lib.wire.Client;
import lib.worker.admission.HoldMonitor;
import lib.worker.admission.RunningTasks;
import lib.worker.admission.StopRequest;
import lib.worker.context.EventBus;
import lib.worker.context.WorkerEvent;
import lib.worker.presence.Registrar;
import lib.worker.presence.SessionSyncLoop;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * How a worker ends: from the first word on no task is taken; what runs may finish, is cancelled, or is left, as it is
 * told; what is owed is delivered as far as there is time; and it says goodbye when nothing of it is left. Thread-safe.
 */
final class Shutdown {
  private static final Logger LOG = LoggerFactory.getLogger(Shutdown.class);
  /** What is owed at the end is delivered for so long; the journal has it for the next start. */
  private static final Duration LAST_DELIVERY = Duration.ofSeconds(10);
  /** Ending agents takes 11 s at the most; a second more for the verdicts. */
  private static final Duration LADDER = Duration.ofSeconds(12);
  private static final Duration LAST_SYNC = Duration.ofSeconds(5); // the next start tells the rest
  private static final Duration GOODBYE = Duration.ofSeconds(5); // a server that misses it finds out by itself
  private static final Duration LOOK = Duration.ofMillis(50);

  /** How far the end has come; each stage is stronger than the one before. */
  private enum Stage { RUNNING, DRAINING, CANCELLING, DETACHING }

  private final LiveSettings settings;
  private final HoldMonitor gates;
  private final RunningTasks running;
  private final Scheduler intake;
  private final Outbox outbox;
  private final Registrar registrar;
  private final SessionSyncLoop syncing;
  private final StreamFeed stream;
  private final BackgroundLoops loops;
  private final Client client;
  private final String workerId;
  private final EventBus events;
  private final Clock time;
  private final AtomicInteger stage = new AtomicInteger();
  private final AtomicBoolean begun = new AtomicBoolean();
  private final CountDownLatch ended = new CountDownLatch(1);

  /** The end of these parts, which are a worker's. */
  Shutdown(LiveSettings settings, HoldMonitor gates, RunningTasks running, Scheduler intake, Outbox outbox, Registrar registrar, SessionSyncLoop syncing,
      StreamFeed stream, BackgroundLoops loops, Client client, String workerId, EventBus events, Clock time) {
    this.settings = settings;
    this.gates = gates;
    this.running = running;
    this.intake = intake;
    this.outbox = outbox;
    this.registrar = registrar;
    this.syncing = syncing;
    this.stream = stream;
    this.loops = loops;
    this.client = client;
    this.workerId = workerId;
    this.events = events;
    this.time = time;
  }

  /** How far it has come, in a word. */
  String stage() {
    return Stage.values()[stage.get()].name().toLowerCase(Locale.ROOT);
  }

  /** The next stage: drain, then cancel, then leave at once; with {@code keep_agents} leave at once. */
  void stop() {
    var last = Stage.DETACHING.ordinal();
    var keep = settings.get(Table.KEEP_AGENTS);
    var now = Stage.values()[stage.updateAndGet(s -> keep ? last : Math.min(s + 1, last))];
    begin(now, new StopRequest(StopRequest.Cause.CANCELLED, "the operator", "the worker was told to stop twice"));
    var said = switch (now) {
      case RUNNING, DRAINING -> "stopping: no new task; " + running.size() + " running may finish within "
          + settings.get(Table.DRAIN_TIMEOUT).toSeconds() + " s (once more: cancel them)";
      case CANCELLING -> "stopping: cancelling " + running.size() + " running (once more: leave at once, agents stay)";
      case DETACHING -> "leaving at once; " + running.size() + " running stay for the next start";
    };
    LOG.info(said);
    events.publish(new WorkerEvent.StopAsked(stage(), said));
  }

  /** Cancels what runs and ends. */
  void stopNow(String why) {
    stage.updateAndGet(s -> Math.max(s, Stage.CANCELLING.ordinal()));
    begin(Stage.CANCELLING, new StopRequest(StopRequest.Cause.CANCELLED, "the operator", why));
  }

  private void begin(Stage now, StopRequest order) {
    gates.close("the worker is stopping");
    if (now == Stage.CANCELLING) {
      running.stopAll(order);
    }
    if (begun.compareAndSet(false, true)) {
      Thread.ofVirtual().name("end").start(this::end);
    }
  }

  /** Waits for the end; false when the time was up first. */
  boolean await(Duration most) throws InterruptedException {
    return ended.await(most.toMillis(), TimeUnit.MILLISECONDS);
  }

  private void end() {
    try {
      if (!await(() -> running.size() == 0, settings.get(Table.DRAIN_TIMEOUT), Stage.CANCELLING)
          && stage.get() == Stage.DRAINING.ordinal()) {
        LOG.warn("the drain deadline is over, ending {} running", running.size());
        running.stopAll(new StopRequest(StopRequest.Cause.DRAINED, "the worker", "drain deadline"));
      }
      await(() -> running.size() == 0, LADDER, Stage.DETACHING);
      var left = running.size();
      intake.detachAll();
      var empty = await(() -> outbox.depth() == 0, LAST_DELIVERY, Stage.DETACHING);
      syncing.last();
      await(syncing::settled, LAST_SYNC, Stage.DETACHING);
      syncing.close();
      stream.close();
      var threads = loops.end();
      registrar.close();
      if (empty && left == 0) {
        unregister();
      } else {
        LOG.warn("not unregistered: {} reports wait in the journal for the next start", outbox.depth());
      }
      outbox.close();
      for (var thread : threads) {
        thread.join();
      }
    } catch (InterruptedException e) {
      throw new IllegalStateException("nobody interrupts the end", e);
    } finally {
      ended.countDown();
    }
  }

  /** Waits until it holds; gives up when the time is over or the end has come to that stage. Whether it holds. */
  private boolean await(BooleanSupplier what, Duration most, Stage until) throws InterruptedException {
    var deadline = time.nanos() + most.toNanos();
    while (!what.getAsBoolean() && time.nanos() < deadline && stage.get() < until.ordinal()) {
      time.sleep(LOOK);
    }
    return what.getAsBoolean();
  }

  private void unregister() throws InterruptedException {
    var goodbye = Thread.ofVirtual().name("goodbye").start(() -> {
      try {
        client.unregister(workerId);
        LOG.info("worker {} unregistered", workerId);
      } catch (CallFailed e) {
        LOG.warn("not unregistered: {}", e.getMessage());
      } catch (InterruptedException e) {
        LOG.warn("not unregistered: the server did not answer in time");
      }
    });
    await(() -> !goodbye.isAlive(), GOODBYE, Stage.DETACHING);
    goodbye.interrupt();
    goodbye.join();
  }
}
