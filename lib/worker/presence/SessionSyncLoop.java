package lib.worker.presence;

import com.fasterxml.jackson.databind.node.ObjectNode;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.random.RandomGenerator;
import lib.config.Settings;
import lib.config.Table;
import lib.core.Clock;
import lib.core.Json;
import lib.masking.Redaction;
import lib.session.Pass;
import lib.session.SessionStore;
import lib.session.Sync;
import lib.wire.CallFailed;
import lib.wire.Client;
import lib.wire.Outage;
import lib.wire.Retry;
import lib.wire.SyncCalls;
import lib.worker.admission.Codebases;
import lib.worker.context.RestartingLoop;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * When sessions are told: at the start, from time to time, after each task, and the one that an agent works in as it goes on.
 * One thread does it all, so that nothing overlaps and wishes for the same add up; it is waited for by nothing but the end of
 * the worker, and there for a short time. Thread-safe.
 */
public final class SessionSyncLoop implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(SessionSyncLoop.class);
  private static final Duration GAP = Duration.ofSeconds(1); // many short tasks in a row ask for a pass each
  /** A session that the server cannot be told of alone asks for a pass each time. */
  private static final Duration LIVE_GAP = Duration.ofSeconds(10);
  /** A slow disk is left alone for so many times as long as it took. */
  private static final int REST = 4;
  /** What a running session may take of a line, in bytes a second: half a megabit. */
  private static final long LIVE_RATE = 64 << 10;
  private static final Duration LEAVE = Duration.ofSeconds(1); // a read that hangs ends with the process

  private final Sync sync;
  private final Duration interval;
  private final Duration liveInterval;
  private final Clock time;
  private final RandomGenerator random;
  private final Semaphore asked = new Semaphore(0);
  private final Map<String, String> running = new ConcurrentHashMap<>(); // task to session
  private final Outage outage = new Outage(LOG, "session sync");
  private volatile boolean wanted = true; // the first pass
  private volatile boolean last;
  private volatile boolean served;
  private volatile String trouble;
  private volatile Pass passed;
  private volatile long passedAt;
  private Thread thread;
  private long nextPass;
  private long nextWish;
  private long nextLive;
  private long nextLivePass;
  private long notBefore;

  /**
   * A sync that has not begun.
   *
   * @param interval between passes; zero for no sync at all
   * @param liveInterval between looks at the sessions of running tasks
   */
  public SessionSyncLoop(Sync sync, Duration interval, Duration liveInterval, Clock time, RandomGenerator random) {
    this.sync = sync;
    this.interval = interval;
    this.liveInterval = liveInterval;
    this.time = time;
    this.random = random;
    var now = time.nanos();
    this.nextPass = now;
    this.nextWish = now;
    this.nextLive = now;
    this.nextLivePass = now;
    this.notBefore = now;
  }

  /** The sync of a worker's sessions, as its settings want it. */
  public static SessionSyncLoop of(Settings settings, List<SessionStore> stores, Client client, String workerId, boolean ours, Codebases codebases,
      Registrar registrar, Redaction redaction, Clock time, RandomGenerator random) {
    var most = new Sync.Most(settings.get(Table.SYNC_SESSIONS), settings.get(Table.SYNC_MESSAGES));
    var sync = new Sync(stores, SyncCalls.of(client), workerId, ours, codebases::places, registrar::reregister, redaction::mask, most, time);
    return new SessionSyncLoop(sync, settings.get(Table.SESSION_SYNC_INTERVAL), settings.get(Table.SYNC_INTERVAL), time, random);
  }

  /** Begins, unless there is to be none. */
  public synchronized void start() {
    if (!interval.isZero()) {
      // of its own and not virtual: a store that hangs would keep the carrier that others need
      thread = Thread.ofPlatform().daemon().name("session sync").start(new RestartingLoop("session sync", this::loop, time));
    }
  }

  /** From now on the session that this task's agent works in is told as it goes on. */
  public void begins(String taskId, String session) {
    running.put(taskId, session);
    asked.release();
  }

  /** The agent of this task has ended: what it left is told. */
  public void ended(String taskId) {
    running.remove(taskId);
    wish();
  }

  /** The server does not know us any more. */
  public void forgotten() {
    sync.forget();
    wish();
  }

  private void wish() {
    wanted = true;
    asked.release();
  }

  /** Asks for the last pass; {@link #settled} says when it is over. */
  public void last() {
    last = true;
    wish();
  }

  /** Whether nothing is to be waited for: the last pass is over, or the server is not there. */
  public synchronized boolean settled() {
    return thread == null || served || trouble != null;
  }

  /** Ends it; what hangs in a read is left behind. */
  @Override
  public synchronized void close() throws InterruptedException {
    if (thread != null) {
      thread.interrupt();
      thread.join(LEAVE);
    }
  }

  /** The form that {@code docs/control.md} tells. */
  public ObjectNode status() {
    var pass = passed;
    var problem = trouble != null ? trouble : pass == null ? null : pass.problem();
    return Json.object().put("on", !interval.isZero()).put("sessions", pass == null ? 0 : pass.sessions())
        .put("last_seconds", pass == null ? null : (Long) Duration.ofNanos(time.nanos() - passedAt).toSeconds()).put("problem", problem);
  }

  private void loop() {
    try {
      while (true) {
        var wait = rest(time.nanos());
        if (wait > 0 && asked.tryAcquire(wait, TimeUnit.NANOSECONDS)) {
          asked.drainPermits();
        } else if (wait <= 0) {
          turn();
        }
      }
    } catch (InterruptedException e) {
      LOG.debug("session sync ends");
    }
  }

  /** How long until there is something to do. */
  private long rest(long now) {
    var next = nextPass;
    if (wanted) {
      next = last ? now : Math.min(next, nextWish);
    }
    if (!running.isEmpty()) {
      next = Math.min(next, nextLive);
    }
    return Math.max(next, notBefore) - now;
  }

  private void turn() throws InterruptedException {
    var start = time.nanos();
    try {
      if (start >= nextPass || wanted && (last || start >= nextWish)) {
        pass(start);
      } else {
        live(start);
      }
      outage.over();
      trouble = null;
    } catch (CallFailed e) {
      trouble = e.line();
      var policy = e.kind() == CallFailed.Kind.DENIED ? Retry.DENIED : Retry.REGISTER;
      notBefore = time.nanos() + policy.delay(outage.failed(e), e.retryAfter(), random).toNanos();
      wanted = true; // once the server is back
    }
  }

  private void pass(long start) throws CallFailed, InterruptedException {
    var ending = last;
    wanted = false; // a wish from here on is for what this pass may miss
    passed = sync.pass();
    var end = time.nanos();
    passedAt = end;
    nextWish = end + Math.max(GAP.toNanos(), REST * (end - start));
    nextPass = Math.max(nextWish, end + interval.toNanos());
    served = ending;
  }

  /** Looks at the sessions of running tasks. */
  private void live(long start) throws CallFailed, InterruptedException {
    var bytes = 0L;
    for (var session : List.copyOf(running.values())) {
      var sent = sync.live(session);
      if (sent < 0 && start >= nextLivePass) {
        nextLivePass = start + LIVE_GAP.toNanos();
        wish();
      }
      bytes += Math.max(0, sent);
    }
    var end = time.nanos();
    nextLive = end + Math.max(liveInterval.toNanos(), Math.max(REST * (end - start), Duration.ofSeconds(1).toNanos() * bytes / LIVE_RATE));
  }
}
