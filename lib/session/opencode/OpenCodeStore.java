package lib.session.opencode;

import module java.base;
import lib.session.Message;
import lib.session.Session;
import lib.session.SessionSource;
import lib.session.SessionStore;

/**
 * OpenCode's sessions in one location. Databases with a table of sessions are the truth, merged by id. The JSON files count only
 * without one, since an upgrade leaves them behind. The databases are looked for at each call: OpenCode may be upgraded.
 */
public final class OpenCodeStore implements SessionStore {
  private final OpenCodeLocations.Location location;
  private final OpenCodeFiles files;
  private final Map<Path, OpenCodeDatabase> databases = new HashMap<>();

  private record Stored(SessionSource source, Session session) {}

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
  public List<Session> sessions(String id) throws IOException {
    return read(id).stream().map(Stored::session).toList();
  }

  @Override
  public List<Message> messages(Session session, int max) throws IOException {
    var stored = read(session.id());
    return stored.isEmpty() ? List.of() : stored.iterator().next().source.messages(session, max);
  }

  /** Reads what counts: of a session in several databases the newest. */
  private Collection<Stored> read(String id) throws IOException {
    var sources = new ArrayList<SessionSource>();
    for (var file : location.databases()) {
      var database = databases.computeIfAbsent(file, OpenCodeDatabase::new);
      if (database.hasSessions()) {
        sources.add(database);
      }
    }
    var all = new HashMap<String, Stored>();
    for (var source : sources.isEmpty() ? List.of(files) : sources) {
      for (var session : source.sessions(id)) {
        all.merge(session.id(), new Stored(source, session), BinaryOperator.maxBy(Comparator.comparing(Stored::session, Session.BY_UPDATE)));
      }
    }
    return all.values();
  }

  @Override
  public void release() throws IOException {
    for (var database : databases.values()) {
      database.release();
    }
  }
}
