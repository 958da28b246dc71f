package lib.session.opencode;

import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.BinaryOperator;
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

  private interface Read<T> {
    Optional<List<T>> from(OpenCodeDatabase database) throws IOException;
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
    var stored = all(OpenCodeDatabase::sessions);
    return stored.isPresent() ? newest(stored.get()) : files.sessions();
  }

  @Override
  public Optional<Session> session(String id) throws IOException {
    var stored = all(database -> database.session(id));
    return stored.isPresent() ? newest(stored.get()).stream().findFirst() : files.session(id);
  }

  /** Of a session in several databases the newest. */
  private static List<Session> newest(List<Session> sessions) {
    var byId = new LinkedHashMap<String, Session>();
    sessions.forEach(session -> byId.merge(session.id(), session, BinaryOperator.maxBy(Session.BY_UPDATE)));
    return List.copyOf(byId.values());
  }

  @Override
  public List<Message> messages(Session session, int max) throws IOException {
    Session newest = null;
    List<Message> messages = null;
    for (var database : databases()) {
      var its = database.session(session.id());
      messages = its.isPresent() && messages == null ? List.of() : messages;
      for (var one : its.orElse(List.of())) {
        if (newest == null || Session.BY_UPDATE.compare(one, newest) > 0) {
          newest = one;
          messages = database.messages(one.id(), max).orElse(List.of());
        }
      }
    }
    return messages != null ? messages : files.messages(session, max);
  }

  @Override
  public void release() throws IOException {
    for (var database : databases.values()) {
      database.release();
    }
  }

  private List<OpenCodeDatabase> databases() {
    return location.databases().stream().map(file -> databases.computeIfAbsent(file, OpenCodeDatabase::new)).toList();
  }

  /** Reads all databases; empty when none has a table of sessions. */
  private <T> Optional<List<T>> all(Read<T> read) throws IOException {
    List<T> all = null;
    for (var database : databases()) {
      var its = read.from(database);
      if (its.isPresent()) {
        all = all == null ? new ArrayList<>() : all;
        all.addAll(its.get());
      }
    }
    return Optional.ofNullable(all);
  }
}
