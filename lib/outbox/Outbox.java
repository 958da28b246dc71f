package lib.outbox;

import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Semaphore;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import java.util.random.RandomGenerator;
import java.util.stream.Collectors;
import lib.agent.output.OutputSource;
import lib.core.Clock;
import lib.core.Json;
import lib.journal.Attempt;
import lib.journal.Journal;
import lib.journal.PendingReport;
import lib.masking.Redaction;
import lib.store.StoreFailed;
import lib.wire.Client;
import lib.wire.Report;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Delivers what attempts owe to the server: one courier per attempt, so that a task's reports and output keep their order
 * and one stuck task holds up no other. Everything it sends is in the journal or in the attempt's files first. Thread-safe.
 */
public final class Outbox implements AutoCloseable {
  /** After a long outage thousands of attempts may be owed at once; so many calls are under way together, no more. */
  private static final int MAX_CALLS = 32;

  /** Hears that the server says an attempt is no longer ours. Called on a courier's thread; must return at once. */
  public interface LeaseLostListener {
    void lost(Attempt attempt, String why);
  }

  private static final Logger LOG = LoggerFactory.getLogger(Outbox.class);

  private final Journal journal;
  private final Client client;
  private final boolean ours;
  private final Redaction redaction;
  private final Clock time;
  private final RandomGenerator random;
  private final LeaseLostListener lost;
  private final Semaphore calls = new Semaphore(0);
  private final Map<Long, AttemptSender> couriers = new ConcurrentHashMap<>();
  private final Map<Long, Thread> threads = new ConcurrentHashMap<>();
  private final ReentrantLock lock = new ReentrantLock();
  private final Condition emptied = lock.newCondition();

  /**
   * An outbox for one server, which delivers nothing before {@link #open()}.
   *
   * @param ours whether it is our own server, which drops repeats by itself and keeps all output
   * @param redaction masks all reports before they are recorded, and once more what an earlier version has recorded
   */
  public Outbox(Journal journal, Client client, boolean ours, Redaction redaction, Clock time, RandomGenerator random,
      LeaseLostListener lost) {
    this.journal = journal;
    this.client = client;
    this.ours = ours;
    this.redaction = redaction;
    this.time = time;
    this.random = random;
    this.lost = lost;
  }

  /** Lets it deliver, once it is certain which server that is. */
  public void open() {
    calls.release(MAX_CALLS);
  }

  /** Begins to deliver a claimed attempt: what the claim owes and, as it comes, its output. Owns the spool from now on. */
  public void open(Journal.Claimed claimed, OutputSource spool) {
    start(claimed.attempt(), spool, claimed.owed(), false);
  }

  /** Goes on with an attempt of an earlier process that has not ended: what it owes, and its output as it comes. */
  public void adopt(Attempt attempt, OutputSource spool) throws StoreFailed {
    start(attempt, spool, journal.pendingReports(attempt), false);
  }

  /** Goes on with an ended attempt of an earlier process. */
  public void resume(Attempt attempt, OutputSource spool) throws StoreFailed {
    start(attempt, spool, journal.pendingReports(attempt), true);
  }

  /** Reports the session as soon as it is known. */
  public void session(Attempt attempt, String sessionId) throws StoreFailed, InterruptedException {
    journal.session(attempt, sessionId);
    running(attempt, sessionId);
  }

  /** Says again that it runs, for a server that has put it back; nothing once its outcome is recorded. */
  public void running(Attempt attempt, String sessionId) throws StoreFailed, InterruptedException {
    var courier = couriers.get(attempt.id());
    if (courier != null && !courier.ended()) {
      var report = Report.running(attempt.taskId(), attempt.workerId(), sessionId, attempt.fence());
      courier.add(List.of(journal.addReport(attempt, report, time.now())), false);
    }
  }

  /** Whether the server has been told all that there was to tell so far. */
  public boolean told(Attempt attempt) {
    var courier = couriers.get(attempt.id());
    return courier != null && courier.told();
  }

  /**
   * Records the outcome, on the disk, and delivers it after all output: as status and as release.
   *
   * @param reports empty when the task is somebody else's by now; then no more output is sent either
   * @param again whether the server is asked to queue the task again after that, if it can; only for a failed one
   */
  public void finish(Attempt attempt, String verdict, List<Report> reports, boolean again) throws StoreFailed, InterruptedException {
    var masked = reports.stream().map(this::masked).toList();
    courier(attempt).add(journal.ended(attempt, masked(verdict), masked, again, time.now()), true);
  }

  /**
   * Tries a report again that the server has refused; it must be one for this server.
   *
   * @return false when there is no such report, or a later attempt at its task has made it untrue
   */
  public boolean retry(long id) throws StoreFailed, InterruptedException {
    if (!journal.retry(id)) {
      return false;
    }
    var attempt = journal.attemptOf(id).orElseThrow();
    lock.lock();
    try {
      var courier = couriers.get(attempt.id());
      var again = journal.pendingReports(attempt).stream().filter(one -> one.id() == id).toList();
      if (courier == null || !again.isEmpty() && !courier.add(again, true)) {
        resume(attempt, OutputSource.NONE); // it had settled, so all its output is there
      }
    } finally {
      lock.unlock();
    }
    return true;
  }

  /** Gives a report up that waits or was refused; false when there is none. */
  public boolean drop(long id) throws StoreFailed, InterruptedException {
    var attempt = journal.attemptOf(id);
    if (!journal.drop(id, time.now())) {
      return false;
    }
    attempt.map(a -> couriers.get(a.id())).ifPresent(courier -> courier.drop(id));
    return true;
  }

  /** Text by text: a mask must not begin within an escape. */
  private String masked(String verdict) {
    var json = Json.readObject(verdict).orElseGet(Json::object);
    for (var field : List.copyOf(json.properties())) {
      if (field.getValue().isTextual()) {
        json.put(field.getKey(), redaction.mask(field.getValue().asText(), 0, null).text());
      }
    }
    return Json.write(json);
  }

  private Report masked(Report report) {
    return report.withTexts(redaction.mask(report.result()), redaction.mask(report.error()));
  }

  /** Attempts that still owe something. */
  public int depth() {
    return couriers.size();
  }

  /** Reports that no server has taken or refused yet. */
  public int reports() {
    return couriers.values().stream().mapToInt(AttemptSender::owing).sum();
  }

  /** The tasks that still owe the server something. */
  public Set<String> owing() {
    return couriers.values().stream().map(c -> c.attempt().taskId()).collect(Collectors.toSet());
  }

  /** Waits until nothing is owed; false when the time was up first. */
  public boolean awaitEmpty(Duration most) throws InterruptedException {
    var left = most.toNanos();
    lock.lock();
    try {
      while (!couriers.isEmpty() && left > 0) {
        left = emptied.awaitNanos(left);
      }
      return couriers.isEmpty();
    } finally {
      lock.unlock();
    }
  }

  /** Stops delivering; what is owed stays in the journal. */
  @Override
  public void close() throws InterruptedException {
    threads.values().forEach(Thread::interrupt);
    for (var thread : threads.values()) {
      thread.join();
    }
  }

  private AttemptSender courier(Attempt attempt) {
    var courier = couriers.get(attempt.id());
    if (courier == null) {
      throw new IllegalStateException("attempt " + attempt.id() + " was never opened");
    }
    return courier;
  }

  private void start(Attempt attempt, OutputSource spool, List<PendingReport> owed, boolean ended) {
    var courier = new AttemptSender(attempt, spool, journal, client, new ChunkPolicy(ours), time, random, lost, calls);
    courier.add(owed.stream().map(one -> new PendingReport(one.id(), one.attemptId(), one.kind(), masked(one.report()))).toList(), ended);
    couriers.put(attempt.id(), courier);
    var thread = Thread.ofVirtual().name("courier " + attempt.taskId()).unstarted(() -> {
      try {
        courier.run();
      } catch (RuntimeException | Error e) {
        LOG.error("task={} a bug in the worker ended its delivery; the next start goes on with it", attempt.taskId(), e);
      } finally {
        over(courier);
      }
    });
    threads.put(attempt.id(), thread);
    thread.start();
  }

  private void over(AttemptSender courier) {
    lock.lock();
    try {
      if (couriers.remove(courier.attempt().id(), courier)) { // else a later one goes on with it
        threads.remove(courier.attempt().id());
      }
      emptied.signalAll();
    } finally {
      lock.unlock();
    }
  }
}
