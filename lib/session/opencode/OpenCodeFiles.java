package lib.session.opencode;

import module java.base;
import lib.core.Json;
import lib.session.Message;
import lib.session.Session;
import lib.session.files.SessionFiles;
import lib.session.opencode.OpenCodeFormat.Piece;

/**
 * OpenCode's JSON files, versions 1.0 and 1.1, measured on 1.0.152: {@code session/PROJECT/ID.json}, {@code
 * message/SESSION/ID.json} and {@code part/MESSAGE/ID.json} in the folder {@code storage}. A listing reads changed session
 * files and counts the names of messages.
 */
final class OpenCodeFiles extends SessionFiles {
  private static final int MAX_SESSION = 4 << 20; // bytes; some kilobytes are usual, older versions put their changes into it
  private static final String JSON = ".json";

  private final Path storage;

  /** Reads the folder {@code storage}, which need not exist. */
  OpenCodeFiles(Path storage) {
    super(OpenCodeFormat.KIND, storage.resolve("session"));
    this.storage = storage;
  }

  @Override
  protected List<Path> files() throws IOException {
    return find(location(), 1, "ses_", JSON);
  }

  @Override
  protected Session session(Path file) throws IOException {
    return OpenCodeFormat.session(Json.MAPPER.readTree(bytes(file, MAX_SESSION)), 0); // a larger one is cut: no JSON
  }

  @Override
  public List<Session> sessions(String id) throws IOException {
    var all = new ArrayList<Session>();
    for (var session : super.sessions(id)) {
      all.add(session.with(session.title(), find(messages(session), 0, "msg_", JSON).size()));
    }
    return all;
  }

  private Path messages(Session session) {
    return storage.resolve("message").resolve(session.id());
  }

  /** Half-written ones are left out. */
  @Override
  protected List<Message> messages(Path file, Session session, int max) throws IOException {
    // a day: the session may have gone on since it was listed
    var latest = (session.updated() == null ? Instant.now() : session.updated()).plus(Duration.ofDays(1));
    var newest = pieces(messages(session), "msg_", latest).reversed().stream().limit(max).flatMap(OpenCodeFiles::piece)
        .filter(piece -> session.id().equals(Json.text(piece.json(), "sessionID"))).toList();
    return OpenCodeFormat.messages(newest,
        message -> pieces(storage.resolve("part").resolve(message.id()), "prt_", latest).stream().flatMap(OpenCodeFiles::piece).toList());
  }

  /** The files in a folder, oldest first by the time in their names, which costs no reading. */
  private List<Path> pieces(Path folder, String beginning, Instant latest) throws IOException {
    return !isFolder(folder) ? List.of() : find(folder, 0, beginning, JSON).stream()
        .sorted(Comparator.comparing((Path piece) -> OpenCodeFormat.age(name(piece), latest)).reversed().thenComparing(SessionFiles::name)).toList();
  }

  private static Stream<Piece> piece(Path file) {
    try {
      var content = bytes(file, OpenCodeFormat.MAX_PIECE);
      return Stream.of(new Piece(name(file), Json.MAPPER.readTree(content), content.length)).filter(piece -> piece.id().equals(Json.text(piece.json(), "id")));
    } catch (IOException e) {
      return Stream.empty(); // half-written, or just deleted: the next pass reads it
    }
  }
}
