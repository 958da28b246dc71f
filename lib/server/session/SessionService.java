package lib.server.session;

import module java.base;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.sql.SQLException;
import lib.core.Json;
import lib.server.db.CodebaseTable;
import lib.server.db.IncreasingTime;
import lib.server.db.SessionTable.Key;
import lib.server.db.SessionTable;
import lib.server.http.ApiError;
import lib.server.worker.CodebaseRegistry;
import lib.server.worker.LiveWorkers;
import lib.store.Database.Sync;
import lib.store.Database;
import lib.store.DatabaseException;
import lib.store.Sql;

/**
 * The sessions of agent CLIs, as workers upload them. A worker's list replaces its own sessions. The list of a codebase's owner
 * also removes those of dead workers, which nobody would replace. Thread-safe.
 */
public final class SessionService {
  private final Database database;
  private final IncreasingTime stamps;
  private final LiveWorkers liveWorkers;

  public SessionService(Database database, IncreasingTime stamps, LiveWorkers liveWorkers) {
    this.database = database;
    this.stamps = stamps;
    this.liveWorkers = liveWorkers;
  }

  /** Replaces what the worker has uploaded of the codebase's sessions, by id; returns how many are stored. */
  public int sync(String codebase, String worker, Map<String, ObjectNode> list) throws DatabaseException, InterruptedException {
    return database.write(Sync.PROCESS, sql -> { // what a crash loses, the worker uploads again
      CodebaseRegistry.check(sql, codebase);
      var now = stamps.next();
      SessionTable.putList(sql, codebase, worker, now);
      for (var session : list.entrySet()) {
        SessionTable.put(sql, new Key(codebase, session.getKey(), worker), session.getValue(), now);
      }
      SessionTable.removeOlder(sql, codebase, worker, now);
      removeGone(sql, codebase, worker);
      return list.size();
    });
  }

  private void removeGone(Sql sql, String codebase, String worker) throws SQLException {
    if (CodebaseTable.owner(sql, codebase).filter(worker::equals).isPresent()) {
      for (var other : SessionTable.uploaders(sql, codebase)) {
        if (!other.equals(worker) && !liveWorkers.isAlive(other)) {
          SessionTable.removeAll(sql, codebase, other);
        }
      }
    }
  }

  /** Replaces the messages of one of the worker's sessions, and says how many there are then. */
  public int syncMessages(Key key, List<ObjectNode> messages) throws DatabaseException, InterruptedException {
    return database.write(Sync.PROCESS, sql -> {
      CodebaseRegistry.check(sql, key.codebase());
      if (!SessionTable.has(sql, key)) {
        throw ApiError.of(404, "Session not found: worker " + key.worker() + " has uploaded no session " + key.session());
      }
      SessionTable.putMessages(sql, key, messages);
      return messages.size();
    });
  }

  /** A page of a codebase's sessions. @param total how many match in all @param syncedAt null when no list was uploaded */
  public record Page(ArrayNode sessions, int total, String syncedAt) {}

  public Page page(String codebase, String text, int limit, int offset) throws DatabaseException {
    return database.read(sql -> {
      CodebaseRegistry.check(sql, codebase);
      return new Page(SessionTable.page(sql, codebase, text, limit, offset), SessionTable.total(sql, codebase, text),
          SessionTable.syncedAt(sql, codebase).orElse(null));
    });
  }

  /** @throws ApiError when there is none with this id in the codebase */
  public ObjectNode get(String codebase, String id) throws DatabaseException {
    return database.read(sql -> get(sql, codebase, id));
  }

  private static ObjectNode get(Sql sql, String codebase, String id) throws SQLException {
    CodebaseRegistry.check(sql, codebase);
    return SessionTable.find(sql, codebase, id).orElseThrow(SessionService::unknown);
  }

  public static ApiError unknown() {
    return ApiError.of(404, "Session not found");
  }

  /** A session's newest messages, oldest first. @param total how many are stored */
  public record MessagePage(ArrayNode messages, int total, String syncedAt) {}

  public MessagePage messages(String codebase, String id, int limit) throws DatabaseException {
    return database.read(sql -> {
      var session = get(sql, codebase, id);
      var key = new Key(codebase, id, Json.text(session, "worker_id"));
      return new MessagePage(SessionTable.messages(sql, key, limit), SessionTable.countMessages(sql, key), Json.text(session, "synced_at"));
    });
  }
}
