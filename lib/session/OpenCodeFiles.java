package lib.session;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import lib.core.Clock;
import lib.core.Json;

/**
 * OpenCode's store of JSON files, versions 1.0 and 1.1 (measured on 1.0.152): {@code session/PROJECT/ID.json},
 * {@code message/SESSION/ID.json} and {@code part/MESSAGE/ID.json} in the folder {@code storage}. A listing reads the files of
 * sessions that have changed and counts names; only the newest messages that are asked for are read.
 */
final class OpenCodeFiles implements SessionStore {
  private static final long LARGEST_SESSION = 4L << 20; // some kilobytes; older versions put the changes made into it
  private static final long LARGEST_PIECE = 16L << 20; // a user's message holds the files that its answer changed
  private static final long SESSIONS_KEPT = 1L << 40; // of each only some fields, whatever its file holds, so that their number bounds it
  private static final long PIECES_KEPT = 32L << 20;
  /** What one answer may hold: a hundred messages are some hundred kilobytes. */
  static final long LARGEST_ANSWER = 32L << 20;

  /** While an agent works, any of its newest messages may change in its place; so long after that only the last one is still open. */
  private static final Duration OPEN = Duration.ofHours(1);

  private record Count(Stamp stamp, boolean settled, int names) {}

  private record Piece(JsonNode json, int bytes) {}

  private final Path storage;
  private final Clock time;
  private final Listing listing = new Listing();
  private final FileCache<Session> sessions;
  private final FileCache<Piece> pieces;
  private final Map<String, Count> counts = new HashMap<>();

  /** Over the folder {@code storage}, which need not be there. */
  OpenCodeFiles(Path storage, Clock time) {
    this.storage = storage;
    this.time = time;
    this.sessions = new FileCache<>(time, LARGEST_SESSION, SESSIONS_KEPT);
    this.pieces = new FileCache<>(time, LARGEST_PIECE, PIECES_KEPT);
  }

  @Override
  public String kind() {
    return OpenCodeForm.KIND;
  }

  @Override
  public Path location() {
    return storage;
  }

  @Override
  public List<Session> sessions() throws IOException {
    Listing.readable(storage.resolve("session"));
    var all = new ArrayList<Session>();
    var files = new HashSet<Path>();
    var ids = new HashSet<String>();
    for (var project : projects()) {
      for (var id : listing.names(project, "ses_", ".json")) {
        var file = project.resolve(id + ".json");
        files.add(file);
        read(file, id).ifPresent(session -> {
          ids.add(id);
          all.add(session);
        });
      }
    }
    sessions.retain(files);
    counts.keySet().retainAll(ids);
    return all;
  }

  @Override
  public Optional<Session> session(String id) throws IOException {
    Listing.readable(storage.resolve("session"));
    if (!Listing.isName(id)) {
      return Optional.empty();
    }
    for (var project : projects()) {
      var found = read(project.resolve(id + ".json"), id);
      if (found.isPresent()) {
        return found;
      }
    }
    return Optional.empty();
  }

  private List<Path> projects() throws IOException {
    return listing.folders(storage.resolve("session"), Listing::isName);
  }

  private Optional<Session> read(Path file, String id) throws IOException {
    var session = sessions.get(file, content -> OpenCodeForm.session(FileCache.json(content)).orElse(null)).orElse(null);
    return session == null || !session.id().equals(id) ? Optional.empty() : Optional.of(OpenCodeForm.counted(session, count(id)));
  }

  private int count(String id) throws IOException {
    var folder = storage.resolve("message").resolve(id);
    var stamp = Stamp.ofFolder(folder).orElse(null);
    if (stamp == null) {
      return 0;
    }
    var known = counts.get(id);
    if (known == null || !known.settled || !known.stamp.equals(stamp)) {
      known = new Count(stamp, stamp.settled(time.now()), listing.names(folder, "msg_", ".json").size());
      counts.put(id, known);
    }
    return known.names;
  }

  @Override
  public List<Message> messages(Session session, int most) throws IOException {
    if (!Listing.isName(session.id()) || Stamp.ofFolder(storage.resolve("message").resolve(session.id())).isEmpty()) {
      return List.of();
    }
    var messages = new ArrayList<Message>();
    var bytes = 0L;
    for (var file : newest(session, most)) {
      var id = file.id;
      var head = pieces.get(file.path, OpenCodeFiles::piece).filter(p -> id.equals(Json.text(p.json, "id"))
          && session.id().equals(Json.text(p.json, "sessionID"))).orElse(null);
      if (head == null) {
        continue;
      }
      bytes += head.bytes;
      var parts = new ArrayList<ObjectNode>();
      for (var part : parts(id, file.made)) {
        bytes += part.bytes;
        parts.add(OpenCodeForm.part(part.json.path("id").asText(), part.json));
      }
      if (bytes > LARGEST_ANSWER && !messages.isEmpty()) {
        break;
      }
      messages.add(OpenCodeForm.message(id, head.json, parts));
    }
    messages.sort(Comparator.comparing(Message::created, Comparator.nullsFirst(Comparator.naturalOrder())).thenComparing(Message::id));
    return messages;
  }

  private static Piece piece(byte[] content) throws IOException {
    return new Piece(FileCache.json(content), content.length);
  }

  private record Named(String id, Path path, Instant made) {}

  /** The newest first: by the time in their names, which costs no reading; a name of another form goes by its file's time. */
  private List<Named> newest(Session session, int most) throws IOException {
    var folder = storage.resolve("message").resolve(session.id());
    // a day: the session may have gone on since it was listed
    var latest = (session.updated() == null ? time.now() : session.updated()).plus(Duration.ofDays(1));
    return named(folder, "msg_", latest).stream().sorted(Comparator.comparing(Named::made).thenComparing(Named::id).reversed())
        .limit(Math.max(0, most)).toList();
  }

  private List<Piece> parts(String message, Instant made) throws IOException {
    var folder = storage.resolve("part").resolve(message);
    if (Stamp.ofFolder(folder).isEmpty()) {
      return List.of();
    }
    // a year: no message is at work for so long, and the names repeat only after two
    return named(folder, "prt_", made.plus(Duration.ofDays(365))).stream()
        .sorted(Comparator.comparing(Named::made).thenComparing(Named::id))
        .map(part -> pieces.get(part.path, OpenCodeFiles::piece).filter(p -> part.id.equals(Json.text(p.json, "id"))))
        .flatMap(Optional::stream).toList();
  }

  private List<Named> named(Path folder, String beginning, Instant latest) throws IOException {
    return listing.names(folder, beginning, ".json").stream().filter(Listing::isName).map(id -> {
      var path = folder.resolve(id + ".json");
      return new Named(id, path, OpenCodeForm.made(id, latest)
          .or(() -> Stamp.ofFile(path).map(stamp -> stamp.modified().toInstant())).orElse(Instant.EPOCH));
    }).toList();
  }
}
