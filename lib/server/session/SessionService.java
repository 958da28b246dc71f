package lib.server.session;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.sql.SQLException;
import java.util.List;
import java.util.Map;
import lib.core.Json;
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
 * The sessions of agent CLIs, as workers tell of them. Each worker speaks for its own and takes nothing from another; only
 * the full list of a codebase's owner also ends what workers told that are gone, since such a list is never told again.
 * Thread-safe.
 */
public final class SessionService {
  private final Database database;
  private final IncreasingTime stamps;
  private final CodebaseRegistry codebases;
  private final LiveWorkers fleet;

  public SessionService(Database database, IncreasingTime stamps, CodebaseRegistry codebases, LiveWorkers fleet) {
    this.database = database;
    this.stamps = stamps;
    this.codebases = codebases;
    this.fleet = fleet;
  }

  /**
   * What a worker tells of a codebase's sessions.
   *
   * @param sessions by id
   * @param partial whether those that it does not name stay
   * @param removed ids of those that go
   * @param messages by session id: all that are kept of each
   */
  public record Told(String codebase, String worker, Map<String, ObjectNode> sessions, boolean partial, List<String> removed,
      Map<String, List<ObjectNode>> messages) {}

  /** Takes it whole or not at all, and says how many of the worker's sessions are stored then. */
  public int sync(Told told) throws DatabaseException, InterruptedException {
    return database.write(Sync.PROCESS, sql -> { // what is lost, the worker tells again
      CodebaseRegistry.check(sql, told.codebase);
      var now = stamps.next();
      SessionTable.told(sql, told.codebase, told.worker, now);
      for (var id : told.partial ? told.removed : List.<String>of()) {
        SessionTable.remove(sql, new Key(told.codebase, id, told.worker));
      }
      for (var session : told.sessions.entrySet()) {
        SessionTable.put(sql, new Key(told.codebase, session.getKey(), told.worker), session.getValue(), now);
      }
      if (!told.partial) {
        SessionTable.removeOlder(sql, told.codebase, told.worker, now);
        removeGone(sql, told.codebase, told.worker);
      }
      for (var session : told.messages.entrySet()) {
        replace(sql, new Key(told.codebase, session.getKey(), told.worker), session.getValue());
      }
      return SessionTable.count(sql, told.codebase, told.worker);
    });
  }

  private void removeGone(Sql sql, String codebase, String worker) throws SQLException {
    if (worker.equals(codebases.owner(codebase))) {
      for (var other : SessionTable.tellers(sql, codebase)) {
        if (!other.equals(worker) && !fleet.alive(other)) {
          SessionTable.removeAll(sql, codebase, other);
        }
      }
    }
  }

  /** Replaces the messages of one of the worker's sessions, and says how many there are then. */
  public int syncMessages(Key key, List<ObjectNode> messages) throws DatabaseException, InterruptedException {
    return database.write(Sync.PROCESS, sql -> {
      CodebaseRegistry.check(sql, key.codebase());
      replace(sql, key, messages);
      return messages.size();
    });
  }

  private static void replace(Sql sql, Key key, List<ObjectNode> messages) throws SQLException {
    if (!SessionTable.has(sql, key)) {
      throw ApiError.of(404, "Session not found: worker " + key.worker() + " has told of no session " + key.session());
    }
    SessionTable.putMessages(sql, key, messages);
  }

  /** A page of a codebase's sessions. @param total how many match in all @param syncedAt null when none was ever told of */
  public record Page(ArrayNode sessions, int total, String syncedAt) {}

  public Page page(String codebase, String words, int limit, int offset) throws DatabaseException {
    return database.read(sql -> {
      CodebaseRegistry.check(sql, codebase);
      return new Page(SessionTable.page(sql, codebase, words, limit, offset), SessionTable.total(sql, codebase, words),
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
  public record Talk(ArrayNode messages, int total, String syncedAt) {}

  public Talk messages(String codebase, String id, int limit) throws DatabaseException {
    return database.read(sql -> {
      var session = get(sql, codebase, id);
      var key = new Key(codebase, id, Json.text(session, "worker_id"));
      return new Talk(SessionTable.messages(sql, key, limit), SessionTable.countMessages(sql, key), Json.text(session, "synced_at"));
    });
  }
}
