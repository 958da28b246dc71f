package lib.session.opencode;

import module java.base;
import lib.core.Json;
import lib.session.Message;
import lib.session.Session;
import lib.session.files.FileMemo;
import lib.session.files.StoreFiles;
import lib.session.opencode.OpenCodeFormat.Piece;

/**
 * OpenCode's JSON files, versions 1.0 and 1.1, measured on 1.0.152: {@code session/PROJECT/ID.json}, {@code
 * message/SESSION/ID.json} and {@code part/MESSAGE/ID.json} in the folder {@code storage}. A listing reads changed session
 * files and counts the names of messages.
 */
final class OpenCodeFiles {
  private static final int MAX_SESSION = 4 << 20; // bytes; some kilobytes are usual, older versions put their changes into it

  private final Path storage;
  private final StoreFiles files = new StoreFiles();
  private final FileMemo<Session> sessions = new FileMemo<>();

  /** Reads the folder {@code storage}, which need not exist. */
  OpenCodeFiles(Path storage) {
    this.storage = storage;
  }

  List<Session> sessions() throws IOException {
    var all = new ArrayList<Session>();
    var seen = new HashSet<Path>();
    for (var project : projects()) {
      for (var id : files.names(project, "ses_", ".json")) {
        seen.add(project.resolve(id + ".json"));
        session(project, id).ifPresent(all::add);
      }
    }
    sessions.retain(seen);
    return all;
  }

  Optional<Session> session(String id) throws IOException {
    for (var project : StoreFiles.isName(id) ? projects() : List.<Path>of()) {
      var found = session(project, id);
      if (found.isPresent()) {
        return found;
      }
    }
    return Optional.empty();
  }

  private List<Path> projects() throws IOException {
    StoreFiles.requireReadable(storage.resolve("session"));
    return files.folders(storage.resolve("session"), StoreFiles::isName);
  }

  private Optional<Session> session(Path project, String id) throws IOException {
    var session = sessions.get(project.resolve(id + ".json"), file ->
        OpenCodeFormat.session(Json.MAPPER.readTree(StoreFiles.bytes(file, MAX_SESSION)), 0).orElse(null)) // a larger one is cut: no JSON
        .filter(s -> s.id().equals(id));
    return session.isEmpty() ? session
        : Optional.of(session.get().withMessages(files.names(messages(id), "msg_", ".json").size()));
  }

  private Path messages(String session) {
    return storage.resolve("message").resolve(session);
  }

  /** The newest messages of a session, oldest first. Half-written ones are left out. */
  List<Message> messages(Session session, int max) throws IOException {
    if (!StoreFiles.isName(session.id()) || !StoreFiles.isFolder(messages(session.id()))) {
      return List.of();
    }
    // a day: the session may have gone on since it was listed
    var latest = (session.updated() == null ? Instant.now() : session.updated()).plus(Duration.ofDays(1));
    var newest = ids(messages(session.id()), "msg_", latest).reversed().stream().limit(max).flatMap(id -> piece(messages(session.id()), id).stream())
        .filter(piece -> session.id().equals(Json.text(piece.json(), "sessionID"))).toList();
    return OpenCodeFormat.messages(newest, message -> {
      var folder = storage.resolve("part").resolve(message.id());
      return !StoreFiles.isFolder(folder) ? List.<Piece>of()
          : ids(folder, "prt_", latest).stream().flatMap(id -> piece(folder, id).stream()).toList();
    });
  }

  /** The ids in a folder, oldest first by the time in them, which costs no reading. */
  private List<String> ids(Path folder, String beginning, Instant latest) throws IOException {
    return files.names(folder, beginning, ".json").stream().filter(StoreFiles::isName)
        .sorted(Comparator.comparing((String id) -> OpenCodeFormat.age(id, latest)).reversed().thenComparing(Comparator.naturalOrder())).toList();
  }

  private static Optional<Piece> piece(Path folder, String id) {
    try {
      var content = StoreFiles.bytes(folder.resolve(id + ".json"), OpenCodeFormat.MAX_PIECE);
      return Optional.of(new Piece(id, Json.MAPPER.readTree(content), content.length)).filter(piece -> id.equals(Json.text(piece.json(), "id")));
    } catch (IOException e) {
      return Optional.empty(); // half-written, or just deleted: the next pass reads it
    }
  }
}
