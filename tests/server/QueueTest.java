package tests.server;

import module java.base;
import static org.assertj.core.api.Assertions.assertThat;

import java.sql.DriverManager;
import lib.server.db.Schema;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

/** A worker pays for its own queue only: what waits for others makes its calls no slower. */
class QueueTest {
  private static final int CALLS = 20; // the fastest of them is compared, so that a busy machine does not count

  @RegisterExtension
  final Served hub = new Served();
  private String foreign;

  private interface Call {
    void run() throws Exception;
  }

  @BeforeEach
  void twoWorkers() throws Exception {
    hub.worker("w");
    hub.codebase("w", "/srv/mine");
    hub.worker("other");
    foreign = hub.codebase("other", "/srv/foreign");
  }

  @Test
  void callsOfAWorkerDoNotGrowWithTheQueuesOfOthers() throws Exception {
    var own = hub.task("global");
    hub.claim(own, "w");
    var calls = List.<Call>of(
        () -> assertThat(Served.ok(hub.get("/v1/agent/tasks?status=pending&worker_id=w"))).isEmpty(),
        () -> Served.ok(hub.post("/v1/agent/workers/w/heartbeat", Map.of())),
        () -> hub.claim(own, "w")); // as its owner: the same attempt each time
    insert(100, foreign, null);
    insert(100, "global", "other");
    var few = calls.stream().map(QueueTest::fastest).toList();
    insert(50_000, foreign, null);
    insert(50_000, "global", "other");
    for (var i = 0; i < calls.size(); i++) {
      assertThat(fastest(calls.get(i))).as("call %s, in ns", i).isLessThan(few.get(i) * 5); // a scan takes hundreds of times as long
    }
  }

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

  private static long fastest(Call call) {
    var best = Long.MAX_VALUE;
    for (var i = 0; i < CALLS; i++) {
      var start = System.nanoTime();
      try {
        call.run();
      } catch (Exception e) {
        throw new AssertionError(e);
      }
      best = Math.min(best, System.nanoTime() - start);
    }
    return best;
  }

  private void insert(int count, String codebase, String target) throws Exception {
    hub.database("""
        WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < %d)
        INSERT INTO tasks (id, codebase_id, agent_type, status, attempt, lease_expirations, target_worker_id, priority, created_at, updated_at,
        declined, metadata, title, prompt) SELECT lower(hex(randomblob(16))), '%s', 'build', 'pending', 0, 0, %s, 0,
        '2026-01-01T00:00:00.' || i || 'Z', '', '[]', '{}', 't', 'p' FROM n""".formatted(count, codebase, target == null ? "NULL" : "'" + target + "'"));
  }
}
