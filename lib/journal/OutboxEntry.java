package lib.journal;

import module java.base;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.sql.SQLException;
import lib.core.Json;
import lib.protocol.TaskStatus;
import lib.store.Sql;

/**
 * A report that waits or that a server refused, as people see it.
 *
 * @param server our own server's id, else its address: it is delivered nowhere else
 * @param kind {@code status} or {@code release}
 * @param status the status it tells
 * @param state {@code waiting} or {@code refused}
 * @param tries how often it was tried in vain
 * @param error why it was not taken the last time; null when it was not tried yet
 * @param superseded whether there is a later attempt at the task, of which this one's report would say nothing true
 */
public record OutboxEntry(long id, String server, String taskId, int n, String kind, String status, String state, int tries, String error,
    Instant createdAt, boolean superseded) {

  /** Whether it may be tried again: a refused outcome of the latest attempt. */
  public boolean retryable() {
    return state.equals("refused") && !superseded;
  }

  /** The documented form. */
  public ObjectNode toJson() {
    return Json.object().put("id", id).put("task_id", taskId).put("attempt", n).put("kind", kind).put("status", status)
        .put("state", state).put("tries", tries).put("error", error).put("created_at", createdAt.toString()).put("server", server);
  }

  /** A refused word that a task runs is left out: the outcome has said more since. */
  static List<OutboxEntry> list(Sql sql, String more, Object... values) throws SQLException {
    return sql.list("SELECT o.id, a.server, a.task_id, a.n, o.kind, o.body, o.state, o.tries, o.error, o.created_at, EXISTS (SELECT 1 "
        + "FROM attempt b WHERE b.task_id = a.task_id AND b.n > a.n) FROM outgoing o JOIN attempt a ON a.id = o.attempt_id "
        + "WHERE o.state IN ('WAITING', 'REFUSED')" + more + " ORDER BY o.id", row -> new OutboxEntry(row.getLong(1), row.getString(2),
        row.getString(3), row.getInt(4), row.getString(5).toLowerCase(Locale.ROOT), status(row.getString(6)),
        row.getString(7).toLowerCase(Locale.ROOT), row.getInt(8), row.getString(9), Instant.parse(row.getString(10)),
        row.getBoolean(11)), values).stream()
        .filter(entry -> entry.state.equals("waiting") || !entry.status.equals(TaskStatus.RUNNING.word())).toList();
  }

  private static String status(String body) {
    return Json.readObject(body).map(report -> Json.text(report, "status")).orElse("unknown");
  }
}
