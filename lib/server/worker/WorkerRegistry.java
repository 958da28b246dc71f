package lib.server.worker;

import com.fasterxml.jackson.databind.JsonNode;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Duration;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import lib.core.Clock;
import lib.core.Json;
import lib.protocol.Timestamps;
import lib.server.db.IncreasingTime;
import lib.server.db.JsonColumn;
import lib.server.http.JsonBody;
import lib.store.Database.Sync;
import lib.store.Database;
import lib.store.DatabaseException;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** The registered workers: in memory for every decision, in the database for the next start. Thread-safe. */
public final class WorkerRegistry {
  private static final Logger LOG = LoggerFactory.getLogger(WorkerRegistry.class);

  /**
   * One worker.
   *
   * @param codebases the ids it said it has when it registered
   * @param agentName the role of its last stream or poll, or null; not stored, since each stream and poll names it
   * @param lastSeen for people
   * @param seen {@link Clock#nanos} of the same moment, for measuring
   */
  public record Worker(String id, String name, String host, List<String> capabilities, JsonNode models, List<String> codebases,
      String globalId, String registeredAt, String agentName, String lastSeen, long seen) {
    public Worker seenAt(String stamp, long nanos) {
      return new Worker(id, name, host, capabilities, models, codebases, globalId, registeredAt, agentName, stamp, nanos);
    }

    public Worker as(String agent) {
      return new Worker(id, name, host, capabilities, models, codebases, globalId, registeredAt, agent, lastSeen, seen);
    }
  }

  private final Database database;
  private final Clock time;
  private final IncreasingTime stamps;
  private final Map<String, Worker> workers = new ConcurrentHashMap<>();
  private final Map<String, JsonNode> holds = new ConcurrentHashMap<>();
  private volatile boolean unkept; // and said so

  public WorkerRegistry(Database database, Clock time, IncreasingTime stamps) throws DatabaseException {
    this.database = database;
    this.time = time;
    this.stamps = stamps;
    database.read(sql -> sql.list("SELECT * FROM workers", this::read)).forEach(w -> workers.put(w.id, w));
  }

  /** Adds the worker or replaces what was known of it. */
  public Worker register(JsonBody body) throws DatabaseException, InterruptedException {
    var now = stamps.next();
    var worker = new Worker(body.id("worker_id"), body.text("name"), body.text("hostname", null),
        body.texts("capabilities"), body.objects("models"), body.either("codebases", "workspaces"),
        body.text("global_codebase_id", body.text("global_workspace_id", null)), now, null, now, time.nanos());
    database.write(Sync.PROCESS, sql -> sql.update("""
        INSERT INTO workers (id, name, hostname, capabilities, models, codebases, global_codebase_id, registered_at, last_seen)
        VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT (id) DO UPDATE SET name = excluded.name,
        hostname = excluded.hostname, capabilities = excluded.capabilities, models = excluded.models,
        codebases = excluded.codebases, global_codebase_id = excluded.global_codebase_id,
        registered_at = excluded.registered_at, last_seen = excluded.last_seen""",
        worker.id, worker.name, worker.host, Json.array(worker.capabilities).toString(), worker.models.toString(),
        Json.array(worker.codebases).toString(), worker.globalId, now, now));
    var before = workers.get(worker.id);
    workers.put(worker.id, before == null ? worker : worker.as(before.agentName));
    if (before == null) {
      LOG.info("worker registered id={}", worker.id);
    }
    return worker;
  }

  /** Forgets the worker; false when it was not known. */
  public boolean unregister(String id) throws DatabaseException, InterruptedException {
    database.write(Sync.PROCESS, sql -> sql.update("DELETE FROM workers WHERE id = ?", id));
    var known = workers.remove(id) != null;
    holds.remove(id);
    if (known) {
      LOG.info("worker unregistered id={}", id);
    }
    return known;
  }

  /** Keeps for the next start when the worker was seen, as well as the disk can. */
  public void keepSeen(String id) throws InterruptedException {
    try {
      var lastSeen = find(id).map(Worker::lastSeen).orElse(null);
      database.write(Sync.PROCESS, sql -> sql.update("UPDATE workers SET last_seen = ? WHERE id = ?", lastSeen, id));
      unkept = false;
    } catch (DatabaseException e) {
      if (!unkept) {
        LOG.error("last-seen times not stored: {}; the next heartbeats try again", e.getMessage());
      }
      unkept = true;
    }
  }

  /** A sign of life, remembered until the next start; false when the worker is not known. */
  public boolean seen(String id) {
    var now = stamps.next();
    return workers.computeIfPresent(id, (key, w) -> w.seenAt(now, time.nanos())) != null;
  }

  /** What the worker said with its last heartbeat that keeps it from taking tasks; not kept over a restart. */
  public JsonNode holds(String id) {
    return holds.getOrDefault(id, Json.MAPPER.createArrayNode());
  }

  public void setHolds(String id, JsonNode rules) {
    holds.put(id, rules);
  }

  /** The role that a stream or a poll names. */
  public void setAgentName(String id, String agentName) {
    workers.computeIfPresent(id, (key, w) -> w.as(agentName));
  }

  public Optional<Worker> find(String id) {
    return Optional.ofNullable(workers.get(id));
  }

  public List<Worker> all() {
    return workers.values().stream().sorted(Comparator.comparing(Worker::registeredAt)).toList();
  }

  public Duration silence(Worker worker) {
    return Duration.ofNanos(time.nanos() - worker.seen);
  }

  /** How many tasks each worker has completed. */
  public Map<String, Integer> completed() throws DatabaseException {
    var counts = new HashMap<String, Integer>();
    database.read(sql -> {
      sql.walk("SELECT worker_id, COUNT(*) FROM tasks WHERE status = 'completed' GROUP BY worker_id", row -> {
        counts.put(row.getString(1), row.getInt(2));
        return true;
      });
      return null;
    });
    return counts;
  }

  private Worker read(ResultSet row) throws SQLException {
    var lastSeen = row.getString("last_seen");
    var ago = Duration.between(Timestamps.parse(lastSeen), time.now());
    return new Worker(row.getString("id"), row.getString("name"), row.getString("hostname"),
        texts(row.getString("capabilities")), JsonColumn.read(row.getString("models")), texts(row.getString("codebases")),
        row.getString("global_codebase_id"), row.getString("registered_at"), null, lastSeen, time.nanos() - ago.toNanos());
  }

  private static List<String> texts(String array) throws SQLException {
    return JsonColumn.read(array).valueStream().map(JsonNode::asText).toList();
  }
}
