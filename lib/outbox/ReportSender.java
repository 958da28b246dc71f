package lib.outbox;

import module java.base;
import lib.client.http.ApiException;
import lib.journal.Attempt;
import lib.journal.PendingReport;
import lib.journal.ReportQueue;
import lib.protocol.TaskReport;
import lib.protocol.TaskStatus;
import lib.store.DatabaseException;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.slf4j.event.Level;

/** Delivers one attempt's reports, each until the server takes or refuses it, and records that. For one thread. */
final class ReportSender {
  private static final Logger LOG = LoggerFactory.getLogger(ReportSender.class);
  private static final int MAX_REQUEUES = 10; // about five minutes; a server without a database answers "later" for ever
  private static final int CUT_NOTICE = 100; // characters of the sentence that says so
  private static final int KEPT_RESULT = 64 << 10; // what is left of a result that the server calls too large
  private static final int UNAVAILABLE = 503; // also how a server without a database refuses to queue a task again

  private final Attempt attempt;
  private final Delivery delivery;
  private final ReportQueue reports;
  private final RetryingCall calls;
  private final Outbox.Listener listener;

  ReportSender(Attempt attempt, Delivery delivery, RetryingCall calls, Outbox.Listener listener) {
    this.attempt = attempt;
    this.delivery = delivery;
    this.reports = delivery.journal().reports();
    this.calls = calls;
    this.listener = listener;
  }

  /** Delivers a report; the refusal when the server refused it for good, else null. */
  ApiException deliver(PendingReport report) throws InterruptedException, DatabaseException, IOException {
    if (wouldHideACancel(report)) {
      record(report, ReportQueue.Outcome.REPLACED, 0, "the task was cancelled");
      listener.cancelled(attempt);
      return null;
    }
    var name = report.kind().name().toLowerCase(Locale.ROOT) + " " + report.report().status().word();
    var sending = new Sending(report);
    var refusal = calls.make(name, sending, report.kind() == PendingReport.Kind.REQUEUE);
    while (isTooLarge(refusal) && sending.body.result() != null) {
      sending.body = shortened(sending.body);
      refusal = calls.make("shortened " + name, sending, false);
    }
    if (refusal == null || sending.givesBack && refusal.kind() == ApiException.Kind.REFUSED) { // refused: the server has it back already
      record(report, ReportQueue.Outcome.ACCEPTED, sending.failures, null);
      // the release follows the outcome and says nothing new
      LOG.atLevel(report.kind() == PendingReport.Kind.RELEASE ? Level.DEBUG : Level.INFO).log("task={} {} delivered", attempt.taskId(), name);
      return null;
    }
    if (sending.givesBack && (refusal.kind() == ApiException.Kind.NO_ROUTE || refusal.status() == UNAVAILABLE)) {
      LOG.info("task={} fails, the server cannot take it back: {}", attempt.taskId(), refusal.getMessage());
      reports.replace(attempt, new TaskReport(attempt.taskId(), attempt.workerId(), TaskStatus.FAILED, null, null,
          "lost: " + report.report().error(), attempt.fence()));
      return null;
    }
    if (reports.isNeedless(report)) {
      record(report, ReportQueue.Outcome.REPLACED, sending.failures, refusal.getMessage());
      return null;
    }
    record(report, ReportQueue.Outcome.REFUSED, sending.failures, refusal.getMessage());
    LOG.warn("task={} {}: {}", attempt.taskId(), report.kind() == PendingReport.Kind.REQUEUE ? "stays failed, the server did not queue it again"
        : name + " refused by the server, not sent again", refusal.getMessage());
    return refusal;
  }

  /** A server that never orders a stop takes any status: a report of the session would overwrite a person's cancel. */
  private boolean wouldHideACancel(PendingReport report) throws InterruptedException {
    var isSession = report.kind() == PendingReport.Kind.STATUS && report.report().status() == TaskStatus.RUNNING
        && report.report().sessionId() != null;
    if (!isSession || delivery.server().sendsStops()) {
      return false;
    }
    try {
      return delivery.client().task(attempt.taskId()).status() == TaskStatus.CANCELLED;
    } catch (ApiException e) {
      return false; // the report itself is tried until the server answers
    }
  }

  private void record(PendingReport report, ReportQueue.Outcome outcome, int tries, String error) throws DatabaseException, InterruptedException {
    reports.record(report, outcome, tries, error, delivery.clock().now());
  }

  /** One report on its way. The journal gets each failure, for the people who list it. */
  private final class Sending implements RetryingCall.Call {
    private final PendingReport report;
    private final boolean givesBack;
    private TaskReport body;
    private int failures;

    /**
     * A task whose agent never began is given back. Servers other than ours take a {@code pending} from nobody, or keep us as its
     * worker: they have a call for it. Where that is missing or needs a database that is not there, the task fails, so that
     * people see it: status and release then both say so.
     */
    private Sending(PendingReport report) {
      this.report = report;
      this.body = report.report();
      this.givesBack = report.kind() == PendingReport.Kind.STATUS && body.status() == TaskStatus.PENDING && !delivery.server().requeuesByStatus();
    }

    @Override
    public void send() throws ApiException, InterruptedException {
      if (givesBack || report.kind() == PendingReport.Kind.REQUEUE) {
        delivery.client().requeue(attempt.taskId());
      } else if (report.kind() == PendingReport.Kind.STATUS) {
        delivery.client().status(body);
      } else {
        delivery.client().release(body);
      }
    }

    @Override
    public boolean hasArrived() throws ApiException, InterruptedException {
      return report.kind() == PendingReport.Kind.REQUEUE && delivery.client().task(attempt.taskId()).status() != TaskStatus.FAILED;
    }

    @Override
    public boolean failed(int soFar, ApiException why) throws InterruptedException, DatabaseException {
      failures = soFar;
      reports.recordFailure(report, soFar, why.getMessage());
      return report.kind() == PendingReport.Kind.REQUEUE && soFar == MAX_REQUEUES || givesBack && why.status() == UNAVAILABLE
          || reports.isNeedless(report);
    }
  }

  private static boolean isTooLarge(ApiException refusal) {
    return refusal != null && refusal.kind() == ApiException.Kind.TOO_LARGE;
  }

  /** With less of the result, or, when there was little of it, with none. */
  private static TaskReport shortened(TaskReport report) {
    var text = report.result();
    if (text.length() <= KEPT_RESULT + CUT_NOTICE) {
      return report.withResult(null);
    }
    var most = Math.min(KEPT_RESULT, text.length() / 2);
    var kept = Character.isHighSurrogate(text.charAt(most - 1)) ? most - 1 : most;
    return report.withResult(text.substring(0, kept) + "\n[the server took no more: " + (text.length() - kept)
        + " characters were cut here; the output has them]");
  }
}
