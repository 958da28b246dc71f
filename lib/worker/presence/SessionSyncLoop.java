package lib.worker.presence;

import module java.base;
import com.fasterxml.jackson.databind.node.ObjectNode;
import lib.client.FailureLog;
import lib.client.http.ApiException;
import lib.client.http.RetryPolicy;
import lib.config.SettingsTable;
import lib.core.Reporting;
import lib.session.SessionStore;
import lib.session.sync.SessionSync;
import lib.session.sync.SessionUploader;
import lib.session.sync.SyncResult;
import lib.worker.admission.Codebases;
import lib.worker.context.RestartingLoop;
import lib.worker.context.WorkerContext;
import lib.worker.context.WorkerEvent;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Uploads sessions: all that changed at the start, from time to time and after each task, and the one that an agent works in
 * while it works. One thread does it all, so that requests for a pass add up; only the end of the worker waits for it, and for
 * a short time. Thread-safe.
 */
public final class SessionSyncLoop implements AutoCloseable, Reporting {
  private static final Logger LOG = LoggerFactory.getLogger(SessionSyncLoop.class);
  private static final Duration GAP = Duration.ofSeconds(1); // many short tasks in a row ask for a pass each
  /** A slow disk is left in peace for so many times as long as it took. */
  private static final int REST = 4;
  private static final long LIVE_RATE = 64 << 10; // bytes a second: a running session may take half a megabit of a line
  private static final Duration LEAVE = Duration.ofSeconds(1); // a read that hangs ends with the process

  /** Why a pass is wanted, the weakest first. */
  private enum Reason { NONE, CHANGED, LAST, SERVED }

  private final WorkerContext context;
  private final Duration interval;
  private final Duration liveInterval;
  private final Semaphore woken = new Semaphore(0);
  private final Map<String, String> sessions = new ConcurrentHashMap<>(); // of running tasks
  private final FailureLog outage = new FailureLog(LOG, "session sync");
  private final AtomicReference<Reason> wanted = new AtomicReference<>(Reason.CHANGED); // the first pass
  private volatile String trouble;
  private volatile SyncResult passed;
  private volatile long passedAt;
  private final SessionSync sync;
  private Thread thread; // null where there is no sync
  private long nextAt; // when a turn is due although nobody asks; this and the next are the loop's alone
  private long restUntil; // no turn before that but the last

  /**
   * A sync that has not begun.
   *
   * @param interval between passes; zero for no sync at all
   * @param liveInterval between looks at the sessions of running tasks
   */
  public SessionSyncLoop(WorkerContext context, SessionSync sync, Duration interval, Duration liveInterval) {
    this.context = context;
    this.sync = sync;
    this.interval = interval;
    this.liveInterval = liveInterval;
    this.nextAt = context.clock().nanos();
    this.restUntil = nextAt;
    context.events().subscribe(event -> {
      switch (event) {
        case WorkerEvent.SessionFound found -> {
          sessions.put(found.attempt().taskId(), found.sessionId());
          woken.release();
        }
        case WorkerEvent.AttemptEnded ended -> {
          sessions.remove(ended.attempt().taskId());
          want(Reason.CHANGED);
        }
        case WorkerEvent.ServerForgotWorker forgot -> {
          sync.forget();
          want(Reason.CHANGED);
        }
        default -> { }
      }
    });
  }

  /** The sync of a worker's sessions, as its settings want it. */
  public static SessionSyncLoop of(WorkerContext context, Supplier<List<SessionStore>> stores, Codebases codebases, Registrar registrar) {
    var settings = context.settings();
    var uploader = new SessionUploader(context.client().sessions()::upload, context.workerId(), context.redaction()::mask);
    return new SessionSyncLoop(context, new SessionSync(stores, uploader, codebases::matcher, registrar::reregister,
        SessionSync.Limits.of(settings.now()), context.clock()), settings.get(SettingsTable.SESSION_SYNC_INTERVAL), settings.get(SettingsTable.SYNC_INTERVAL));
  }

  /** Begins, unless there is to be no sync. */
  public synchronized void start() {
    if (!interval.isZero()) {
      // not virtual: a store that hangs would keep the carrier that others need
      thread = Thread.ofPlatform().daemon().name("session sync").start(new RestartingLoop("session sync", this::loop, context.clock()));
    }
  }

  /** Asks for the last pass; {@link #settled} says when it is over. */
  public void last() {
    want(Reason.LAST);
  }

  /** Whether nobody need wait: the last pass is over, or the server is not there. */
  public synchronized boolean settled() {
    return thread == null || wanted.get() == Reason.SERVED || trouble != null;
  }

  /** Ends it; a read that hangs is left behind. */
  @Override
  public synchronized void close() throws InterruptedException {
    if (thread != null) {
      thread.interrupt();
      thread.join(LEAVE);
    }
  }

  @Override
  public void status(ObjectNode json) {
    var pass = passed;
    json.putObject("session_sync").put("on", !interval.isZero()).put("sessions", pass == null ? 0 : pass.sessions())
        .put("last_seconds", pass == null ? null : (Long) Duration.ofNanos(context.clock().nanos() - passedAt).toSeconds())
        .put("problem", trouble != null ? trouble : pass == null ? null : pass.problem());
  }

  private void want(Reason reason) {
    wanted.accumulateAndGet(reason, (old, now) -> old.compareTo(now) > 0 ? old : now);
    woken.release();
  }

  private void loop() throws InterruptedException {
    while (true) {
      var now = context.clock().nanos();
      var wait = switch (wanted.get()) {
        case CHANGED -> restUntil - now;
        case LAST -> trouble == null ? 0 : restUntil - now;
        case NONE, SERVED -> Math.max(restUntil, nextAt) - now;
      };
      if (wait <= 0) {
        turn(now);
      } else if (woken.tryAcquire(wait, TimeUnit.NANOSECONDS)) {
        woken.drainPermits();
        nextAt = sessions.isEmpty() ? nextAt : Math.min(nextAt, context.clock().nanos());
      }
    }
  }

  private void turn(long start) throws InterruptedException {
    var reason = wanted.get();
    try {
      if (reason == Reason.CHANGED || reason == Reason.LAST || start - passedAt >= interval.toNanos()) {
        wanted.compareAndSet(reason, Reason.NONE); // a request from here on is for what this pass may miss
        passed = sync.run();
        passedAt = context.clock().nanos();
        restUntil = passedAt + Math.max(GAP.toNanos(), REST * (passedAt - start));
        if (reason == Reason.LAST) {
          want(Reason.SERVED);
        }
      } else {
        live(start);
      }
      outage.over();
      trouble = null;
    } catch (ApiException e) {
      trouble = e.line();
      var policy = e.kind() == ApiException.Kind.DENIED ? RetryPolicy.DENIED : RetryPolicy.REGISTER;
      restUntil = context.clock().nanos() + policy.delay(outage.failed(e), e.retryAfter(), context.random()).toNanos();
      want(reason == Reason.LAST ? Reason.LAST : Reason.CHANGED); // once the server is back
    }
    var next = passedAt + interval.toNanos();
    nextAt = sessions.isEmpty() ? next : Math.min(next, context.clock().nanos() + liveInterval.toNanos());
  }

  /** Uploads what is new of the sessions of running tasks. */
  private void live(long start) throws ApiException, InterruptedException {
    var bytes = 0L;
    for (var session : List.copyOf(sessions.values())) {
      var sent = sync.live(session);
      if (sent < 0) {
        want(Reason.CHANGED);
      }
      bytes += Math.max(0, sent);
    }
    var end = context.clock().nanos();
    restUntil = end + Math.max(REST * (end - start), Duration.ofSeconds(1).toNanos() * bytes / LIVE_RATE);
  }
}
