package lib.server.worker;

import module java.base;
import com.fasterxml.jackson.databind.JsonNode;
import lib.core.Clock;
import lib.core.Json;
import lib.protocol.Timestamps;
import lib.server.db.IncreasingTime;
import lib.server.db.WorkerTable.Worker;
import lib.server.db.WorkerTable;
import lib.server.http.JsonBody;
import lib.store.Database.Sync;
import lib.store.Database;
import lib.store.DatabaseException;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Registers workers, in the database, and keeps their signs of life, in memory. Thread-safe. */
public final class WorkerRegistry {
  private static final Logger LOG = LoggerFactory.getLogger(WorkerRegistry.class);

  /**
   * A registered worker's last sign of life.
   *
   * @param agentName the role of its last stream or poll, or null; not stored, since each stream and poll names it
   * @param lastSeen for people
   * @param nanos {@link Clock#nanos} of the same moment, for measuring
   * @param holds what it said with its last heartbeat that keeps it from taking tasks; not kept over a restart
   */
  public record Sign(String agentName, String lastSeen, long nanos, JsonNode holds) {}

  private final Database database;
  private final Clock time;
  private final IncreasingTime stamps;
  private final Map<String, Sign> signs = new ConcurrentHashMap<>();
  private volatile boolean unkept; // and said so

  public WorkerRegistry(Database database, Clock time, IncreasingTime stamps) throws DatabaseException {
    this.database = database;
    this.time = time;
    this.stamps = stamps;
    database.read(WorkerTable::lastSeen).forEach((id, seen) -> signs.put(id,
        new Sign(null, seen, time.nanos() - Duration.between(Timestamps.parse(seen), time.now()).toNanos(), Json.MAPPER.createArrayNode())));
  }

  /** Adds the worker or replaces what was known of it. */
  public Worker register(JsonBody body) throws DatabaseException, InterruptedException {
    var now = stamps.next();
    var worker = new Worker(body.id("worker_id"), body.text("name"), body.text("hostname", null),
        body.texts("capabilities"), body.objects("models"), body.either("codebases", "workspaces"),
        body.text("global_codebase_id", body.text("global_workspace_id", null)), now, now);
    var isNew = database.write(Sync.PROCESS, sql -> {
      WorkerTable.put(sql, worker);
      return signs.put(worker.id(), new Sign(sign(worker.id()).map(Sign::agentName).orElse(null), now, time.nanos(),
          Json.MAPPER.createArrayNode())) == null;
    });
    if (isNew) {
      LOG.info("worker registered id={}", worker.id());
    }
    return worker;
  }

  /** Forgets the worker; false when it was not known. */
  public boolean unregister(String id) throws DatabaseException, InterruptedException {
    var known = database.write(Sync.PROCESS, sql -> {
      WorkerTable.delete(sql, id);
      return signs.remove(id) != null;
    });
    if (known) {
      LOG.info("worker unregistered id={}", id);
    }
    return known;
  }

  /** Keeps for the next start when the worker was seen, as well as the disk can. */
  public void keepSeen(String id) throws InterruptedException {
    try {
      var lastSeen = sign(id).map(Sign::lastSeen).orElse(null);
      database.write(Sync.PROCESS, sql -> {
        WorkerTable.setLastSeen(sql, id, lastSeen);
        return null;
      });
      unkept = false;
    } catch (DatabaseException e) {
      if (!unkept) {
        LOG.error("last-seen times not stored: {}; the next heartbeats try again", e.getMessage());
      }
      unkept = true;
    }
  }

  /** A sign of life; false when the worker is not known. */
  public boolean seen(String id) {
    var now = stamps.next();
    return signs.computeIfPresent(id, (key, s) -> new Sign(s.agentName, now, time.nanos(), s.holds)) != null;
  }

  public void setHolds(String id, JsonNode rules) {
    signs.computeIfPresent(id, (key, s) -> new Sign(s.agentName, s.lastSeen, s.nanos, rules));
  }

  /** The role that a stream or a poll names. */
  public void setAgentName(String id, String agentName) {
    signs.computeIfPresent(id, (key, s) -> new Sign(agentName, s.lastSeen, s.nanos, s.holds));
  }

  /** Empty when the worker is not registered. */
  public Optional<Sign> sign(String id) {
    return Optional.ofNullable(signs.get(id));
  }

  /** The ids of the registered workers. */
  public Set<String> ids() {
    return Set.copyOf(signs.keySet());
  }

  public Duration silence(Sign sign) {
    return Duration.ofNanos(time.nanos() - sign.nanos);
  }
}
