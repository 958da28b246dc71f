package scripts.measure;

import module java.base;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.SQLException;
import lib.client.ApiClient;
import lib.core.Json;
import lib.protocol.NewTask;
import lib.protocol.Registration;
import lib.protocol.TaskReport;
import lib.protocol.TaskStatus;
import lib.server.db.Schema;
import lib.server.db.TaskTable;
import lib.store.Database;

/** What the pending tasks of other workers cost one worker's calls, and how many claims a second the server takes. */
public final class QueueGrowth {
  private static final String WORKER = "growth";
  private static final String OTHER = "growth-other";
  private static final int CLAIMERS = 32; // a group commit is as large as there are callers at once

  private static final String TIME = "2026-01-01T00:00:00Z";
  private static final TaskTable.Draft DRAFT = new TaskTable.Draft("global", "claims", "x", "build", 0, null, null, null, null, Json.object());

  private final Testbed bed;
  private final ApiClient client;

  public QueueGrowth(Testbed bed) {
    this.bed = bed;
    this.client = bed.client();
  }

  /** Each call's time with a growing number of pending tasks of others. */
  public void calls() throws Exception {
    var codebase = registered(WORKER);
    var others = registered(OTHER);
    var sizes = bed.quick() ? List.of(10, 100) : List.of(100, 10_000, 100_000);
    var times = new LinkedHashMap<String, List<Double>>();
    var there = 0;
    for (var size : sizes) {
      insert(size - there, others);
      there = size;
      measure(codebase).forEach((call, millis) -> times.computeIfAbsent(call, key -> new ArrayList<>()).add(millis));
    }
    times.forEach((call, curve) -> {
      var ratio = curve.getLast() / curve.getFirst();
      bed.print("%s with %s pending tasks of others, ms: %s, last by first %.2f (target <= 1.3: %s)", call, sizes,
          curve.stream().map("%.2f"::formatted).toList(), ratio, Testbed.met(ratio <= 1.3));
    });
    remove();
  }

  /** Leaves no task and no worker to the rows that follow. */
  private void remove() throws Exception {
    try (var database = database(); var statement = database.createStatement()) {
      statement.execute("DELETE FROM tasks WHERE codebase_id IN (SELECT id FROM codebases WHERE worker_id IN ('" + WORKER + "', '" + OTHER + "'))");
    }
    client.unregister(WORKER);
    client.unregister(OTHER);
  }

  private String registered(String worker) throws Exception {
    client.register(new Registration(worker, worker, List.of(), "bench", List.of(), null));
    return client.registerCodebase(worker, bed.folder(worker).toString(), "", worker).id();
  }

  private Map<String, Double> measure(String codebase) throws Exception {
    var rounds = bed.size(300, 3);
    var own = new ConcurrentLinkedQueue<String>();
    for (var i = 0; i < rounds; i++) {
      own.add(client.create(new NewTask(codebase, "growth", "x", "build", 0, null, null)).id());
    }
    var claimed = new ArrayList<>(own);
    var times = new LinkedHashMap<String, Double>();
    times.put("poll", median(rounds, () -> client.tasks(new ApiClient.Query(TaskStatus.PENDING, null, WORKER, null))));
    times.put("heartbeat", median(rounds, () -> client.heartbeat(WORKER, Map.of(), Map.of())));
    times.put("claim", median(rounds, () -> client.claim(own.remove(), WORKER)));
    times.put("list", median(rounds, () -> client.tasks(new ApiClient.Query(null, null, null, null))));
    for (var id : claimed) {
      client.release(new TaskReport(id, WORKER, TaskStatus.COMPLETED, null, "ok", null, 1));
    }
    return times;
  }

  private static double median(int rounds, Callable<?> call) throws Exception {
    var times = new ArrayList<Double>();
    for (var i = 0; i < rounds; i++) {
      var begin = System.nanoTime();
      call.call();
      times.add((System.nanoTime() - begin) / 1e6);
    }
    return Testbed.median(times);
  }

  /** Behind the server's back, since so many creations would take minutes. */
  private void insert(int count, String codebase) throws SQLException {
    try (var database = database(); var statement = database.createStatement()) {
      statement.execute("""
          WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < %d)
          INSERT INTO tasks (id, codebase_id, agent_type, status, attempt, lease_expirations, priority, created_at, updated_at, declined,
          metadata, title, prompt) SELECT lower(hex(randomblob(16))), '%s', 'build', 'pending', 0, 0, 0,
          '2026-01-01T00:00:00.' || i || 'Z', '', '[]', '{}', 'title', 'prompt' FROM n""".formatted(count, codebase));
    }
  }

  private Connection database() throws SQLException {
    return DriverManager.getConnection("jdbc:sqlite:" + bed.file("data/server.db"));
  }

  /** Claims by many callers at once, beside the same durable updates without HTTP. */
  public void claims() throws Exception {
    var codebase = registered(WORKER);
    var count = bed.size(6_000, 64);
    claim(create(count, codebase)); // warms both sides up
    var rate = claim(create(count, codebase));
    bed.figure("claims per second, " + CLAIMERS + " callers", rate, bare(count), ">=", 0.5);
    remove();
  }

  private List<String> create(int count, String codebase) throws Exception {
    var ids = new ConcurrentLinkedQueue<String>();
    together(count, i -> ids.add(client.create(new NewTask(codebase, "claims", "x", "build", 0, null, null)).id()));
    return List.copyOf(ids);
  }

  private double claim(List<String> ids) throws Exception {
    var waiting = new ConcurrentLinkedQueue<>(ids);
    var begin = System.nanoTime();
    together(CLAIMERS, i -> {
      try (var socket = new Socket(bed.url().getHost(), bed.url().getPort())) {
        for (var id = waiting.poll(); id != null; id = waiting.poll()) {
          claim(id, socket);
        }
      }
    });
    return ids.size() / ((System.nanoTime() - begin) / 1e9);
  }

  /** One claim over a connection that stays open; by hand, since the client's CPU is not what this measures. */
  private void claim(String id, Socket socket) throws IOException {
    var body = "{\"task_id\":\"" + id + "\"}";
    socket.getOutputStream().write(("POST /v1/worker/tasks/claim HTTP/1.1\r\nHost: " + bed.url().getAuthority() + "\r\nX-Worker-ID: " + WORKER
        + "\r\nContent-Type: application/json\r\nContent-Length: " + body.length() + "\r\n\r\n" + body).getBytes(StandardCharsets.US_ASCII));
    var answer = "";
    var in = socket.getInputStream();
    var buffer = new byte[4096];
    while (!answer.contains("\r\n\r\n") || !answer.endsWith("}")) {
      var count = in.read(buffer);
      if (count < 0) {
        throw new IOException("the server closed the connection after: " + answer);
      }
      answer += new String(buffer, 0, count, StandardCharsets.US_ASCII);
    }
    if (!answer.startsWith("HTTP/1.1 200")) {
      throw new IOException(answer);
    }
  }

  private interface Step {
    void run(int i) throws Exception;
  }

  private static void together(int count, Step step) throws Exception {
    try (var pool = Executors.newFixedThreadPool(CLAIMERS)) {
      var done = new ArrayList<Future<?>>();
      for (var i = 0; i < count; i++) {
        var number = i;
        done.add(pool.submit(() -> {
          step.run(number);
          return null;
        }));
      }
      for (var each : done) {
        each.get();
      }
    }
  }

  /** The same updates by as many callers with the same group commit, in a database of their own, without HTTP. */
  private double bare(int count) throws Exception {
    try (var database = Database.open(bed.file("bare.db"), Schema.MIGRATIONS)) {
      var ids = new ConcurrentLinkedQueue<String>();
      together(count, i -> ids.add(database.write(Database.Sync.PROCESS, sql -> TaskTable.insert(sql, DRAFT, "2026-01-01T00:00:00Z"))));
      var begin = System.nanoTime();
      together(count, i -> database.write(Database.Sync.POWER, sql -> sql.update("UPDATE tasks SET status = 'running', worker_id = ?, "
          + "attempt = 1, started_at = ?, updated_at = ? WHERE id = ? AND status = 'pending'", WORKER, TIME, TIME, ids.remove())));
      return count / ((System.nanoTime() - begin) / 1e9);
    }
  }
}
