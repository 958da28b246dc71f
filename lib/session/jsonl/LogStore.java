package lib.session.jsonl;

import module java.base;
import lib.session.Message;
import lib.session.Session;
import lib.session.SessionStore;
import lib.session.files.FileMemo;
import lib.session.files.StoreFiles;

/** A store with one log of JSON lines for each session. */
abstract class LogStore implements SessionStore {
  private static final int LISTED = 64; // messages kept while they are counted: outcomes stand between the lines of an answer

  final StoreFiles files = new StoreFiles();
  final FileMemo<Session> sessions = new FileMemo<>();
  private final String kind;
  private final Path location;

  LogStore(String kind, Path location) {
    this.kind = kind;
    this.location = location;
  }

  /** The logs of this session, or all for null. */
  abstract List<Path> logs(String id) throws IOException;

  /** A reader of one log that keeps so many messages. */
  abstract SessionLog reader(Path log, int max);

  @Override
  public final String kind() {
    return kind;
  }

  @Override
  public final Path location() {
    return location;
  }

  @Override
  public final List<Session> sessions() throws IOException {
    StoreFiles.requireReadable(location);
    var logs = logs(null);
    sessions.retain(logs);
    return logs.stream().flatMap(log -> session(log).stream()).toList();
  }

  @Override
  public final Optional<Session> session(String id) throws IOException {
    return StoreFiles.isName(id) ? logs(id).stream().flatMap(log -> session(log).stream()).filter(session -> session.id().equals(id)).findFirst()
        : Optional.empty();
  }

  Optional<Session> session(Path log) {
    return sessions.get(log, file -> JsonLinesFile.read(file, reader(file, LISTED)).session());
  }

  @Override
  public final List<Message> messages(Session session, int max) throws IOException {
    for (var log : max > 0 && StoreFiles.isName(session.id()) ? logs(session.id()) : List.<Path>of()) {
      try {
        return JsonLinesFile.read(log, reader(log, max)).messages.messages();
      } catch (NoSuchFileException e) {
        return List.of(); // just deleted
      }
    }
    return List.of();
  }
}
