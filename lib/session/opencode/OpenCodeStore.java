package lib.session.opencode;

import module java.base;
import lib.session.Message;
import lib.session.Session;
import lib.session.SessionStore;

/**
 * OpenCode's sessions in one location. Databases with a table of sessions are the truth, merged by id. The JSON files count only
 * without one, since an upgrade leaves them behind. The databases are looked for at each call: OpenCode may be upgraded.
 */
public final class OpenCodeStore implements SessionStore {
  private final OpenCodeLocations.Location location;
  private final OpenCodeFiles files;
  private final Map<Path, OpenCodeDatabase> databases = new LinkedHashMap<>();

  private record Stored(OpenCodeDatabase database, Session session) {}

  private interface Query {
    Optional<List<Session>> of(OpenCodeDatabase database) throws IOException;
  }

  public OpenCodeStore(OpenCodeLocations.Location location) {
    this.location = location;
    this.files = new OpenCodeFiles(location.storage());
  }

  @Override
  public String kind() {
    return OpenCodeFormat.KIND;
  }

  @Override
  public Path location() {
    return location.shown();
  }

  @Override
  public boolean exists() {
    return location.exists();
  }

  @Override
  public List<Session> sessions() throws IOException {
    var stored = read(OpenCodeDatabase::sessions);
    return stored == null ? files.sessions() : stored.values().stream().map(Stored::session).toList();
  }

  @Override
  public Optional<Session> session(String id) throws IOException {
    var stored = read(database -> database.session(id));
    return stored == null ? files.session(id) : Optional.ofNullable(stored.get(id)).map(Stored::session);
  }

  @Override
  public List<Message> messages(Session session, int max) throws IOException {
    var stored = read(database -> database.session(session.id()));
    if (stored == null) {
      return files.messages(session, max);
    }
    return stored.isEmpty() ? List.of() : stored.get(session.id()).database.messages(session.id(), max).orElse(List.of());
  }

  /** Reads all databases: of a session in several the newest, by id. Null when none has a table of sessions. */
  private Map<String, Stored> read(Query query) throws IOException {
    Map<String, Stored> all = null;
    for (var file : location.databases()) {
      var database = databases.computeIfAbsent(file, OpenCodeDatabase::new);
      var its = query.of(database);
      if (its.isPresent()) {
        all = all == null ? new LinkedHashMap<>() : all;
        for (var session : its.get()) {
          all.merge(session.id(), new Stored(database, session),
              BinaryOperator.maxBy(Comparator.comparing(Stored::session, Session.BY_UPDATE)));
        }
      }
    }
    return all;
  }

  @Override
  public void release() throws IOException {
    for (var database : databases.values()) {
      database.release();
    }
  }
}
