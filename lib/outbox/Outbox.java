package lib.outbox;

import module java.base;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.fasterxml.jackson.databind.node.TextNode;
import lib.client.ServerFeatures;
import lib.core.Json;
import lib.core.Reporting;
import lib.journal.Attempt;
import lib.protocol.TaskReport;
import lib.store.DatabaseException;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Delivers the reports and the output of attempts: one sender per attempt, so that a task's reports and output keep their order and
 * one stuck task holds up no other. Everything it sends is in the journal or in the attempt's directory first. Thread-safe.
 */
public final class Outbox implements AutoCloseable, Reporting {
  private static final Logger LOG = LoggerFactory.getLogger(Outbox.class);
  /** After a long outage thousands of attempts may wait; so many calls are under way together, no more. */
  private static final int MAX_CALLS = 32;

  /** Hears what the server says of attempts. Called on a sender's thread; must return at once. */
  public interface Listener {
    /** The server says that an attempt is no longer ours. */
    void superseded(Attempt attempt, String why);

    /** The server has the task of a running attempt as cancelled. */
    void cancelled(Attempt attempt);

    /** The server has taken or refused every report of an attempt. */
    void settled(Attempt attempt);
  }

  private volatile Delivery delivery; // without features until the server has answered
  private final Listener listener;
  private final Semaphore calls = new Semaphore(MAX_CALLS);
  private final Map<Long, AttemptSender> senders = new ConcurrentHashMap<>();
  private final Map<Attempt, Boolean> waiting = new LinkedHashMap<>(); // for the server's first answer; true where fresh

  /** An outbox for one server, which delivers nothing before {@link #deliver}. */
  public Outbox(Delivery delivery, Listener listener) {
    this.delivery = delivery;
    this.listener = listener;
  }

  /**
   * Lets it deliver, once the server has said what it is. Attempts of another server stay in the journal for a start with
   * that one.
   */
  public synchronized void deliver(ServerFeatures server) {
    delivery = delivery.to(server);
    waiting.forEach(this::start);
    waiting.clear();
  }

  /** Begins to deliver an attempt that this process claimed: its reports and, as it comes, its output. */
  public void open(Attempt attempt) {
    start(attempt, true);
  }

  /** Resumes the delivery of an attempt of an earlier process, running or ended. It asks the server how much of the output it has. */
  public void resume(Attempt attempt) {
    start(attempt, false);
  }

  /** Says that the attempt's output grew. */
  public void signal(Attempt attempt) {
    var sender = senders.get(attempt.id());
    if (sender != null) {
      sender.signal();
    }
  }

  /** Reports a new session as soon as it is known. One that cannot be recorded now is reported with the outcome. */
  public void sessionFound(Attempt attempt, String sessionId) {
    try {
      if (!sessionId.equals(attempt.sessionId())) {
        delivery.journal().session(attempt, sessionId);
        addRunning(attempt, sessionId);
      }
    } catch (DatabaseException e) {
      LOG.warn("cannot record the session, it is reported with the outcome task={}: {}", attempt.taskId(), e.getMessage());
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  /** Says again that it runs, to a server that has put it back; when it has ended, says again how. */
  public void running(Attempt attempt, String sessionId) throws DatabaseException, InterruptedException {
    if (!addRunning(attempt, sessionId) && delivery.journal().reports().repeatOutcome(attempt)) {
      wake(attempt);
    }
  }

  private boolean addRunning(Attempt attempt, String sessionId) throws DatabaseException, InterruptedException {
    var report = TaskReport.running(attempt.taskId(), attempt.workerId(), sessionId, attempt.fence());
    var added = delivery.journal().reports().add(attempt, report, delivery.clock().now());
    signal(attempt);
    return added;
  }

  /** Whether the server has all reports that there are so far. */
  public boolean isDelivered(Attempt attempt) throws DatabaseException {
    return delivery.journal().reports().delivery(attempt).next().isEmpty();
  }

  /**
   * Records the outcome, on the disk, and delivers it after all output: as status and as release.
   *
   * @param verdict the journal's form of it
   * @param report null when the task is another worker's by now; then no more output is sent either
   * @param requeue whether the server is asked to queue the task again after that, if it can; only for a failed one
   */
  public void finish(Attempt attempt, ObjectNode verdict, TaskReport report, boolean requeue) throws DatabaseException, InterruptedException {
    var now = delivery.clock().now();
    var redaction = delivery.redaction();
    verdict.properties().stream().filter(field -> field.getValue().isTextual()) // text by text: a mask must not begin within an escape
        .forEach(field -> field.setValue(TextNode.valueOf(redaction.mask(field.getValue().asText()))));
    if (report == null) {
      delivery.journal().over(attempt, Json.write(verdict), now);
    } else {
      var masked = report.withTexts(redaction.mask(report.result()), redaction.mask(report.error()));
      delivery.journal().ended(attempt, Json.write(verdict), masked, requeue, now);
    }
    signal(attempt);
  }

  /**
   * Tries a report again that the server has refused.
   *
   * @return false when there is no such report for this server, or a later attempt at its task has made it untrue
   */
  public boolean retry(long report) throws DatabaseException, InterruptedException {
    var attempt = delivery.journal().attemptOf(report);
    if (delivery.server() == null || attempt.filter(this::isOurs).isEmpty() || !delivery.journal().reports().retry(report)) {
      return false;
    }
    wake(attempt.get());
    return true;
  }

  /** Gives a report up that waits or was refused; false when there is none. */
  public boolean drop(long report) throws DatabaseException, InterruptedException {
    var dropped = delivery.journal().reports().drop(report, delivery.clock().now());
    delivery.journal().attemptOf(report).ifPresent(this::signal);
    return dropped;
  }

  /** Attempts that are not settled. */
  public int depth() {
    return senders.size() + waiting.size();
  }

  @Override
  public void status(ObjectNode json) {
    var reports = -1; // unknown
    try {
      reports = delivery.journal().reports().count();
    } catch (DatabaseException e) {
      LOG.warn("pending reports not counted, status shows -1: {}", e.getMessage());
    }
    json.putObject("outbox").put("attempts", depth()).put("reports", reports);
  }

  /** The tasks of attempts that are not settled. */
  public synchronized Set<String> pendingTasks() {
    return Stream.concat(senders.values().stream().map(AttemptSender::attempt), waiting.keySet().stream()).map(Attempt::taskId)
        .collect(Collectors.toSet());
  }

  /** Stops delivering; the journal keeps what waits. */
  @Override
  public void close() throws InterruptedException {
    senders.values().forEach(AttemptSender::interrupt);
    for (var sender : senders.values()) {
      sender.join();
    }
  }

  /** Has the attempt's sender look at the journal; starts one when it has ended. */
  private synchronized void wake(Attempt attempt) {
    if (senders.containsKey(attempt.id())) {
      signal(attempt);
    } else {
      resume(attempt);
    }
  }

  private synchronized void start(Attempt attempt, boolean fresh) {
    if (delivery.server() == null) {
      waiting.put(attempt, fresh);
      return;
    }
    if (!isOurs(attempt)) {
      LOG.warn("reports wait for another server task={} server={}: a start with that server delivers them", attempt.taskId(), attempt.server());
      return;
    }
    var sender = new AttemptSender(attempt, fresh, delivery, listener, calls);
    senders.put(attempt.id(), sender);
    sender.start(() -> run(sender));
  }

  /** Whether an attempt belongs to this server: by its id, or by its address for an attempt of a time when the id was unknown. */
  private boolean isOurs(Attempt attempt) {
    return attempt.server().equals(delivery.server().key()) || attempt.server().equals(delivery.client().server().toString());
  }

  private void run(AttemptSender sender) {
    var taskId = sender.attempt().taskId();
    try {
      do {
        sender.run();
      } while (!removeUnlessWoken(sender));
      listener.settled(sender.attempt());
    } catch (InterruptedException e) {
      LOG.debug("task={} delivery stops; the journal keeps what waits", taskId);
    } catch (RuntimeException | Error e) {
      LOG.error("task={} delivery ended by a bug in the worker, the next start continues it", taskId, e);
    } finally {
      senders.remove(sender.attempt().id(), sender);
    }
  }

  /** Removes a sender that has settled its attempt; false when it was signalled since. */
  private synchronized boolean removeUnlessWoken(AttemptSender sender) {
    return !sender.isSignalled() && senders.remove(sender.attempt().id(), sender);
  }
}
