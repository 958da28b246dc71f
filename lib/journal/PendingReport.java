package lib.journal;

import lib.protocol.TaskReport;
import lib.protocol.TaskStatus;

/**
 * A report on its way to the server.
 *
 * @param id the order in which reports were made
 */
public record PendingReport(long id, long attemptId, Kind kind, TaskReport report) {

  /** Which call delivers it. */
  public enum Kind { STATUS, RELEASE, REQUEUE }

  /** Whether it must wait until all output is delivered. */
  public boolean isOutcome() {
    return kind != Kind.STATUS || report.status() != TaskStatus.RUNNING;
  }
}
