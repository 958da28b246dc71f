package tests.server;

import module java.base;
import static org.assertj.core.api.Assertions.assertThat;

import java.sql.DriverManager;
import lib.server.db.Schema;
import org.junit.jupiter.api.Test;

/** A worker pays for its own queue only: what waits for others makes its calls no slower. */
class QueueTest {
  @Test
  void readsTheQueueThroughItsIndex() throws Exception {
    try (var connection = DriverManager.getConnection("jdbc:sqlite::memory:"); var statement = connection.createStatement()) {
      for (var script : Schema.MIGRATIONS) {
        for (var sql : script.split(";\\s*\n")) {
          statement.execute(sql);
        }
      }
      for (var query : Map.of("tasks_pending", "SELECT * FROM tasks WHERE status = 'pending' AND codebase_id = 'c' AND "
          + "COALESCE(target_worker_id, '') = '' AND COALESCE(target_agent_name, '') = '' ORDER BY priority DESC, created_at", "tasks_declined",
          "SELECT id FROM tasks WHERE status = 'pending' AND declined <> '[]'").entrySet()) {
        try (var plan = statement.executeQuery("EXPLAIN QUERY PLAN " + query.getValue())) {
          assertThat(plan.next()).isTrue();
          assertThat(plan.getString("detail")).contains(query.getKey());
          assertThat(plan.next()).as("it sorts nothing").isFalse();
        }
      }
    }
  }
}
