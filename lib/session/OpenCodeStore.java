package lib.session;

import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Supplier;
import lib.core.Clock;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * OpenCode's sessions, in whichever form it keeps them: a database with a table of sessions is the truth, and only without one
 * are the JSON files, since versions that changed over left the files behind. Decided at each call, because OpenCode may be
 * upgraded while the worker runs, and codebases whose owners have stores of their own may come.
 */
final class OpenCodeStore implements SessionStore {
  private static final Logger LOG = LoggerFactory.getLogger(OpenCodeStore.class);

  private final Supplier<Object> clues;
  private final Supplier<OpenCodePlace> finding;
  private final Clock time;
  private Object clue;
  private OpenCodePlace place;
  private OpenCodeDatabase database;
  private OpenCodeFiles files;

  /**
   * Over a place that is found again and again.
   *
   * @param clues what the place depends on, asked at each listing
   * @param finding asked when that has changed, or nothing is at the place that it gave
   */
  OpenCodeStore(Supplier<Object> clues, Supplier<OpenCodePlace> finding, Clock time) {
    this.clues = clues;
    this.finding = finding;
    this.time = time;
  }

  @Override
  public String kind() {
    return OpenCodeForm.KIND;
  }

  @Override
  public Path location() {
    look();
    return place.shown();
  }

  @Override
  public List<Session> sessions() throws IOException {
    var now = clues.get();
    if (!now.equals(clue)) {
      clue = now;
      choose();
    }
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

  private void look() {
    if (place == null || !place.there()) {
      choose();
    }
  }

  private void choose() {
    var found = finding.get();
    if (place == null || !found.database().equals(place.database()) || !found.storage().equals(place.storage())) {
      database = new OpenCodeDatabase(found.database(), time);
      files = new OpenCodeFiles(found.storage(), time);
      LOG.debug("sessions of {} are read from {}: {}", kind(), found.shown(), found.why());
    }
    if (found.problem() != null && place == null) {
      LOG.warn("{}", found.problem().line());
    }
    place = found;
  }
}
