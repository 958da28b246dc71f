package scripts.measure;

import module java.base;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.sql.DriverManager;
import lib.config.Codebase;
import lib.config.Settings;
import lib.core.Clock;
import lib.core.Environment;
import lib.core.Json;
import lib.protocol.Registration;
import lib.session.CodebaseMatcher;
import lib.session.sync.SessionStores;
import lib.session.sync.SessionSync;
import lib.session.sync.SessionUploader;

/** Measures a first pass over 1,000 sessions of 50 messages, and one after a change, in both forms of OpenCode's store. */
public final class SessionSyncTime {
  private static final int MESSAGES = 50;

  private final Testbed bed;
  private final int sessions;
  private final int changes;
  private final Instant old = Instant.now().minus(Duration.ofDays(2));

  public SessionSyncTime(Testbed bed) {
    this.bed = bed;
    this.sessions = bed.size(1_000, 20);
    this.changes = bed.size(5, 1); // the median of an odd number is a measured value
  }

  /** Adds a message to a session at its store. */
  private interface Change {
    void to(int session, int message) throws Exception;
  }

  public void run() throws Exception {
    var code = Files.createDirectories(bed.file("sync-code"));
    var files = bed.file("sync-files");
    files(files, code);
    var database = bed.file("sync-database");
    database(database, code);
    measure("JSON files", files, code, (session, message) -> file(files, code, session, message, Instant.now()));
    measure("SQLite", database, code, (session, message) -> insert(database, code, session, message));
  }

  private void measure(String what, Path store, Path code, Change change) throws Exception {
    var worker = "bench-" + what.charAt(0);
    bed.client().register(new Registration(worker, worker, List.of(), "bench", List.of(), null));
    var codebase = new Codebase("sync", code, "");
    var id = bed.client().registerCodebase("sync", code.toString(), "", worker).id();
    var env = new Environment(Map.of("A2A_AGENT_STORAGE_PATH", store.toString()), store, store, "bench");
    var stores = new SessionStores(Settings.resolve(Map.of(), null, env), () -> List.of(codebase));
    var sync = new SessionSync(stores::all, new SessionUploader(bed.client().sessions()::upload, worker, text -> text),
        () -> new CodebaseMatcher(Map.of(id, codebase), null), codebaseId -> codebaseId, new SessionSync.Limits(3, 100, false), Clock.SYSTEM);
    var begin = System.nanoTime();
    var first = sync.run().lines().getFirst();
    var full = (System.nanoTime() - begin) / 1e6;
    sync.run(); // the second look settles what it keeps
    var figures = new ArrayList<Double>();
    var bytes = 0L;
    var requests = 0;
    for (var i = 0; i < changes; i++) {
      change.to(i, MESSAGES + i);
      begin = System.nanoTime();
      var line = sync.run().lines().getFirst();
      figures.add((System.nanoTime() - begin) / 1e6);
      bytes = Math.max(bytes, line.bytes());
      requests = Math.max(requests, line.requests());
    }
    var changed = Testbed.median(figures);
    bed.print("%s: first pass %.0f ms, %d requests, %d KB; one changed %.1f ms, %d requests, %d KB", what, full, first.requests(),
        first.bytes() >> 10, changed, requests, bytes >> 10);
  }

  // --- the stores

  private static String session(int number) {
    return String.format(Locale.ROOT, "ses_%08d", number);
  }

  private static String message(int session, int number) {
    return String.format(Locale.ROOT, "msg_%08d%06d", session, number);
  }

  private static ObjectNode head(int session, int number, Instant at) {
    var json = Json.object().put("id", message(session, number)).put("sessionID", session(session)).put("role", "assistant")
        .put("modelID", "m").put("providerID", "p").put("cost", 0.01);
    json.putObject("time").put("created", at.toEpochMilli() + number);
    return json;
  }

  private static ObjectNode part(int session, int number) {
    return Json.object().put("id", "prt" + message(session, number).substring(3)).put("messageID", message(session, number))
        .put("sessionID", session(session)).put("type", "text").put("text", "some words of message " + number + " ".repeat(400));
  }

  private void files(Path data, Path code) throws IOException {
    for (var session = 0; session < sessions; session++) {
      for (var number = 0; number < MESSAGES; number++) {
        file(data, code, session, number, old);
      }
    }
    try (var all = Files.walk(data)) { // as if made long ago: what is fresh is read again in case it is still being written
      for (var path : all.toList()) {
        Files.setLastModifiedTime(path, FileTime.from(old));
      }
    }
  }

  private static void file(Path data, Path code, int session, int number, Instant at) throws IOException {
    var storage = data.resolve("storage");
    write(storage.resolve("part").resolve(message(session, number)).resolve("prt" + message(session, number).substring(3) + ".json"),
        part(session, number));
    write(storage.resolve("message").resolve(session(session)).resolve(message(session, number) + ".json"), head(session, number, at));
    var json = Json.object().put("id", session(session)).put("projectID", "p").put("directory", code.toString()).put("title", "a session")
        .put("version", "1.0.0");
    json.putObject("time").put("created", at.toEpochMilli()).put("updated", at.toEpochMilli() + number);
    write(storage.resolve("session/p").resolve(session(session) + ".json"), json);
  }

  private static void write(Path file, ObjectNode json) throws IOException {
    Files.createDirectories(file.getParent());
    Files.writeString(file, Json.write(json));
  }

  private void database(Path data, Path code) throws Exception {
    Files.createDirectories(data);
    try (var connection = DriverManager.getConnection("jdbc:sqlite:" + data.resolve("opencode.db"));
        var statement = connection.createStatement()) {
      statement.execute("PRAGMA journal_mode = WAL");
      statement.execute("CREATE TABLE session (id TEXT PRIMARY KEY, project_id TEXT, parent_id TEXT, directory TEXT, title TEXT, "
          + "version TEXT, summary_additions INTEGER, summary_deletions INTEGER, summary_files INTEGER, time_created INTEGER, "
          + "time_updated INTEGER)");
      statement.execute("CREATE TABLE message (id TEXT PRIMARY KEY, session_id TEXT, time_created INTEGER, time_updated INTEGER, "
          + "data TEXT)");
      statement.execute("CREATE TABLE part (id TEXT PRIMARY KEY, message_id TEXT, session_id TEXT, time_created INTEGER, "
          + "time_updated INTEGER, data TEXT)");
      statement.execute("CREATE INDEX message_session ON message (session_id)");
      statement.execute("CREATE INDEX part_message ON part (message_id)");
    }
    for (var session = 0; session < sessions; session++) {
      insert(data, code, session, 0, MESSAGES, old);
    }
  }

  private static void insert(Path data, Path code, int session, int number) throws Exception {
    insert(data, code, session, number, number + 1, Instant.now());
  }

  private static void insert(Path data, Path code, int session, int from, int to, Instant at) throws Exception {
    try (var connection = DriverManager.getConnection("jdbc:sqlite:" + data.resolve("opencode.db"))) {
      connection.setAutoCommit(false);
      try (var sessions = connection.prepareStatement(
          "INSERT OR REPLACE INTO session VALUES (?, 'p', NULL, ?, 'a session', '1.2.1', 0, 0, 0, ?, ?)");
          var messages = connection.prepareStatement("INSERT INTO message VALUES (?, ?, ?, ?, ?)");
          var parts = connection.prepareStatement("INSERT INTO part VALUES (?, ?, ?, ?, ?, ?)")) {
        sessions.setString(1, session(session));
        sessions.setString(2, code.toString());
        sessions.setLong(3, at.toEpochMilli());
        sessions.setLong(4, at.toEpochMilli() + to);
        sessions.execute();
        for (var number = from; number < to; number++) {
          messages.setString(1, message(session, number));
          messages.setString(2, session(session));
          messages.setLong(3, at.toEpochMilli() + number);
          messages.setLong(4, at.toEpochMilli() + number);
          messages.setString(5, Json.write(head(session, number, at)));
          messages.execute();
          parts.setString(1, part(session, number).path("id").asText());
          parts.setString(2, message(session, number));
          parts.setString(3, session(session));
          parts.setLong(4, at.toEpochMilli() + number);
          parts.setLong(5, at.toEpochMilli() + number);
          parts.setString(6, Json.write(part(session, number)));
          parts.execute();
        }
      }
      connection.commit();
    }
  }
}
