package lib.session;

import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Supplier;
import lib.config.Time;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * OpenCode's sessions, in whichever form it keeps them: a database with a table of sessions is the truth, and only without one
 * are the JSON files, since versions that changed over left the files behind. Decided at each call, because OpenCode may be
 * upgraded while the worker runs.
 */
final class OpenCodeStore implements SessionStore {
  private static final Logger LOG = LoggerFactory.getLogger(OpenCodeStore.class);

  private final Supplier<OpenCodePlace> finding;
  private final Time time;
  private OpenCodePlace place;
  private OpenCodeDatabase database;
  private OpenCodeFiles files;

  /** @param finding asked again until the place that it gives is there */
  OpenCodeStore(Supplier<OpenCodePlace> finding, Time time) {
    this.finding = finding;
    this.time = time;
    look();
  }

  @Override
  public String kind() {
    return OpenCodeForm.KIND;
  }

  @Override
  public Path place() {
    look();
    return place.shown();
  }

  @Override
  public List<Session> sessions() throws IOException {
    look();
    var stored = database.sessions();
    return stored.isPresent() ? stored.get() : files.sessions();
  }

  @Override
  public Optional<Session> session(String id) throws IOException {
    look();
    var stored = database.session(id);
    return stored.isPresent() ? stored.get().stream().findFirst() : files.session(id);
  }

  @Override
  public List<Message> messages(Session session, int most) throws IOException {
    look();
    var stored = database.messages(session.id(), most);
    return stored.isPresent() ? stored.get() : files.messages(session, most);
  }

  @Override
  public Map<String, Object> stamps(List<Session> sessions) throws IOException {
    look();
    var stored = database.stamps(sessions);
    return stored.isPresent() ? stored.get() : files.stamps(sessions);
  }

  private void look() {
    if (place != null && place.there()) {
      return;
    }
    var found = finding.get();
    if (place == null || !found.database().equals(place.database()) || !found.storage().equals(place.storage())) {
      database = new OpenCodeDatabase(found.database(), time);
      files = new OpenCodeFiles(found.storage(), time);
    }
    if (found.problem() != null && place == null) {
      LOG.warn("{}", found.problem().line());
    }
    place = found;
  }
}
