package lib.worker.presence;

import module java.base;
import lib.store.DurableFiles;
import lib.worker.admission.RunningTasks;
import lib.worker.context.WorkerContext;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * When the server last answered a heartbeat. It survives a restart: a loop keeps it on disk while a leased task runs.
 * Thread-safe; readers meet neither lock nor file.
 */
public final class LastContact {
  private static final Logger LOG = LoggerFactory.getLogger(LastContact.class);
  private static final String FILE = "last-contact";
  private static final Duration INTERVAL = Duration.ofSeconds(30); // the margin of a lease allows as much

  private record Contact(long nanos, Instant at) {}

  private final WorkerContext context;
  private final RunningTasks running;
  private final Path file;
  private volatile Contact last; // null before the first

  /** Knows the contact that an earlier process of this worker has kept. */
  public LastContact(WorkerContext context, RunningTasks running) {
    this.context = context;
    this.running = running;
    this.file = context.identity().stateDir().resolve(FILE);
    this.last = read(file).map(at -> new Contact(context.clock().nanos(), at)).orElse(null);
  }

  /** The server has answered a heartbeat that left at this moment, by both clocks. */
  public void made(long nanos, Instant at) {
    last = new Contact(nanos, at);
  }

  /** How long ago, while this machine was awake and this process lived; empty before the first contact. */
  public Optional<Duration> awake() {
    return Optional.ofNullable(last).map(c -> Duration.ofNanos(context.clock().nanos() - c.nanos));
  }

  /** How long ago, with the time in which this machine slept or no process lived; empty before the first contact. */
  public Optional<Duration> age() {
    return Optional.ofNullable(last).map(c -> longer(Duration.ofNanos(context.clock().nanos() - c.nanos), Duration.between(c.at, context.clock().now())));
  }

  static Duration longer(Duration one, Duration other) {
    return one.compareTo(other) > 0 ? one : other;
  }

  /** Runs until its thread is interrupted. */
  public void run() throws InterruptedException {
    var failed = false;
    Contact kept = null;
    while (true) {
      context.clock().sleep(INTERVAL);
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
          LOG.warn("last contact not kept file={}, retrying in {} s: {}", file, INTERVAL.toSeconds(), e.getMessage());
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
}
