package lib.session.opencode;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import lib.core.Clock;
import lib.core.Json;
import lib.session.Message;
import lib.session.Session;
import lib.session.files.FileMemo;
import lib.session.files.FileStamp;
import lib.session.files.StoreFiles;

/**
 * OpenCode's JSON files, versions 1.0 and 1.1, measured on 1.0.152: {@code session/PROJECT/ID.json}, {@code
 * message/SESSION/ID.json} and {@code part/MESSAGE/ID.json} in the folder {@code storage}. A listing reads changed session
 * files and counts the names of messages.
 */
final class OpenCodeFiles {
  private static final int MAX_SESSION = 4 << 20; // bytes; some kilobytes are usual, older versions put their changes into it

  private final Path storage;
  private final Clock clock;
  private final StoreFiles files = new StoreFiles();
  private final FileMemo<Session> sessions;

  private record Named(String id, Path path, Instant created) {}

  private record Piece(String id, JsonNode json, int size) {}

  /** Reads the folder {@code storage}, which need not exist. */
  OpenCodeFiles(Path storage, Clock clock) {
    this.storage = storage;
    this.clock = clock;
    this.sessions = new FileMemo<>(clock);
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
    var session = sessions.get(project.resolve(id + ".json"), file -> OpenCodeFormat.session(json(file, MAX_SESSION), 0).orElse(null))
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
    var latest = (session.updated() == null ? clock.now() : session.updated()).plus(Duration.ofDays(1));
    var newest = named(messages(session.id()), "msg_", latest).reversed();
    var messages = new ArrayList<Message>();
    var size = 0L;
    for (var named : newest.subList(0, Math.min(max, newest.size()))) {
      var head = piece(named).filter(piece -> session.id().equals(Json.text(piece.json, "sessionID"))).orElse(null);
      if (head == null) {
        continue;
      }
      size += head.size;
      var parts = new ArrayList<ObjectNode>();
      for (var part : parts(named)) {
        size += part.size;
        parts.add(OpenCodeFormat.part(part.id, part.json));
      }
      if (size > OpenCodeFormat.MAX_ANSWER && !messages.isEmpty()) {
        break;
      }
      messages.add(OpenCodeFormat.message(named.id, head.json, parts));
    }
    messages.sort(OpenCodeFormat.OLDEST_FIRST);
    return messages;
  }

  private List<Piece> parts(Named message) throws IOException {
    var folder = storage.resolve("part").resolve(message.id);
    if (!StoreFiles.isFolder(folder)) {
      return List.of();
    }
    // a year: no message is at work for so long, and the names repeat only after two
    return named(folder, "prt_", message.created.plus(Duration.ofDays(365))).stream().flatMap(part -> piece(part).stream()).toList();
  }

  /** The files in a folder, oldest first: by the time in their names, which costs no reading, else by the file's time. */
  private List<Named> named(Path folder, String beginning, Instant latest) throws IOException {
    return files.names(folder, beginning, ".json").stream().filter(StoreFiles::isName).map(id -> {
      var path = folder.resolve(id + ".json");
      return new Named(id, path, OpenCodeFormat.created(id, latest)
          .or(() -> FileStamp.of(path).map(stamp -> stamp.modified().toInstant())).orElse(Instant.EPOCH));
    }).sorted(Comparator.comparing(Named::created).thenComparing(Named::id)).toList();
  }

  private static Optional<Piece> piece(Named named) {
    try {
      var content = StoreFiles.bytes(named.path, OpenCodeFormat.MAX_PIECE);
      return Optional.of(new Piece(named.id, Json.MAPPER.readTree(content), content.length))
          .filter(piece -> named.id.equals(Json.text(piece.json, "id")));
    } catch (IOException e) {
      return Optional.empty(); // half-written, or just deleted: the next pass reads it
    }
  }

  /** The JSON of a file; a larger one is cut and so is none. */
  private static JsonNode json(Path file, int max) throws IOException {
    return Json.MAPPER.readTree(StoreFiles.bytes(file, max));
  }
}
