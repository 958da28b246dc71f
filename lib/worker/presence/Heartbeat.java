package lib.worker.presence;

import module java.base;
import com.fasterxml.jackson.databind.node.ObjectNode;
import lib.client.ApiClient;
import lib.client.FailureLog;
import lib.client.http.ApiException;
import lib.core.Reporting;
import lib.store.DurableFiles;
import lib.worker.admission.HoldMonitor;
import lib.worker.admission.RunningTasks;
import lib.worker.admission.StopRequest;
import lib.worker.context.WorkerContext;
import lib.worker.context.WorkerEvent;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Says to the server every 15 s that the worker lives and what it runs, takes its stop requests, and knows when it last answered.
 * It has a platform thread of its own and one for each call, and meets neither a lock nor a file, so that nothing starves it.
 * Thread-safe; interrupt its loops to end them.
 */
public final class Heartbeat implements Reporting {
  private static final Logger LOG = LoggerFactory.getLogger(Heartbeat.class);
  private static final Duration INTERVAL = Duration.ofSeconds(15); // servers call a worker dead after 120 s
  private static final Duration GAP = Duration.ofSeconds(1);
  private static final String FILE = "last-contact";
  private static final Duration KEEP_INTERVAL = Duration.ofSeconds(30); // the margin of a lease allows as much

  /** An answered heartbeat, by both clocks at which it left. */
  private record Contact(long nanos, Instant at) {}

  private final WorkerContext context;
  private final ApiClient client;
  private final RunningTasks running;
  private final HoldMonitor holds;
  private final Path file;
  private final Semaphore woken = new Semaphore(0);
  private volatile Contact last; // null before the first

  /** A heartbeat that has not begun. It hears the server's stop events already, and knows the contact that an earlier process kept. */
  public Heartbeat(WorkerContext context, RunningTasks running, HoldMonitor holds) {
    this.context = context;
    this.client = context.client().on(Thread.ofPlatform().daemon().factory());
    this.running = running;
    this.holds = holds;
    this.file = context.identity().stateDir().resolve(FILE);
    this.last = read(file).map(at -> new Contact(context.clock().nanos(), at)).orElse(null);
    context.events().subscribe(event -> {
      if (event instanceof WorkerEvent.StopOrdered order) {
        running.stop(order.taskId(), stopRequest(order.reason()));
      }
    });
  }

  /** Beats now instead of at its next turn. Any thread. */
  public void beatNow() {
    woken.release();
  }

  @Override
  public void status(ObjectNode json) {
    json.withObject("/server").put("last_contact_seconds", age().map(Duration::toSeconds).orElse(null));
  }

  /** Runs until its thread is interrupted. */
  public void run() throws InterruptedException {
    var outage = new FailureLog(LOG, "heartbeat");
    while (true) {
      var start = context.clock().nanos();
      var at = context.clock().now();
      try {
        for (var stop : client.heartbeat(context.workerId(), running.attemptNumbers(), holds.current())) {
          running.stop(stop.taskId(), stopRequest(stop.reason()));
        }
        answered(start, at);
        outage.over();
      } catch (ApiException e) {
        if (e.kind() == ApiException.Kind.MISSING) {
          LOG.info("the server does not know us any more, registering again");
          context.events().publish(new WorkerEvent.ServerForgotWorker());
        } else {
          outage.failed(e);
        }
      }
      woken.drainPermits();
      context.clock().sleep(GAP);
      var left = INTERVAL.minus(Duration.ofNanos(context.clock().nanos() - start));
      if (context.clock().acquire(woken, left.isNegative() ? Duration.ZERO : left)) {
        LOG.debug("heartbeat before its time");
      }
    }
  }

  /** The server has answered a heartbeat that left at this moment, by both clocks. */
  public void answered(long nanos, Instant at) {
    last = new Contact(nanos, at);
  }

  /** How long ago the server answered, while this machine was awake and this process lived; empty before the first contact. */
  public Optional<Duration> awake() {
    return Optional.ofNullable(last).map(c -> Duration.ofNanos(context.clock().nanos() - c.nanos));
  }

  /** The same with the time in which this machine slept or no process lived. */
  public Optional<Duration> age() {
    return Optional.ofNullable(last).map(c -> longer(Duration.ofNanos(context.clock().nanos() - c.nanos), Duration.between(c.at, context.clock().now())));
  }

  static Duration longer(Duration one, Duration other) {
    return one.compareTo(other) > 0 ? one : other;
  }

  /** Keeps the last contact on disk while a leased task runs, on a thread that may wait for it. Runs until its thread is interrupted. */
  public void keepContact() throws InterruptedException {
    Contact kept = null;
    for (var failed = false; ; ) {
      context.clock().sleep(KEEP_INTERVAL);
      var now = last;
      if (now == null || now == kept || running.attempts().stream().noneMatch(attempt -> attempt.leaseSeconds() > 0)) {
        continue;
      }
      try {
        DurableFiles.replace(file, now.at.toString().getBytes(StandardCharsets.UTF_8));
        kept = now;
        failed = false;
      } catch (IOException e) {
        if (!failed) {
          LOG.warn("last contact not kept file={}, retrying in {} s: {}", file, KEEP_INTERVAL.toSeconds(), e.getMessage());
        }
        failed = true;
      }
    }
  }

  private static Optional<Instant> read(Path file) {
    try {
      return Files.exists(file) ? Optional.of(Instant.parse(Files.readString(file).strip())) : Optional.empty();
    } catch (IOException | DateTimeException e) {
      LOG.warn("last contact not read file={}, leases count from their claims: {}", file, e.getMessage());
      return Optional.empty();
    }
  }

  /** The embedded server begins the reason with {@code lost} when the task belongs to another worker. */
  private static StopRequest stopRequest(String reason) {
    var text = reason == null ? "" : reason;
    return new StopRequest(text.startsWith("lost") ? StopRequest.Cause.SUPERSEDED : StopRequest.Cause.CANCELLED, "the server", text);
  }
}
