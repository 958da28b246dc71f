package tests.session;

import module java.base;
import lib.config.Settings;
import lib.core.Environment;
import lib.session.Session;
import lib.session.SessionStore;
import lib.session.sync.SessionStores;
import tests.Project;

/**
 * Stores that real OpenCodes made against a scripted model, in /srv/shop, /srv/shop/web and /srv/notes: as 1.0.152, 1.2.1 and
 * 1.18.33 left them when they had ended, the databases with their logs. Laid in a folder of the test, with one old file time.
 */
public final class Captured {
  public static final Instant LAID = Instant.parse("2026-01-02T03:04:05Z");

  private Captured() {}

  /** The data folder. */
  public static Path lay(String version, Path data) {
    try (var zip = new ZipFile(Project.file("tests/session/opencode-" + version + ".zip").toFile())) {
      for (var entry : zip.stream().filter(e -> !e.isDirectory()).toList()) {
        var file = data.resolve(entry.getName());
        Files.createDirectories(file.getParent());
        try (var in = zip.getInputStream(entry)) {
          Files.write(file, in.readAllBytes());
        }
      }
      age(data);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    return data;
  }

  /** Gives all that lies there the same old time, so that nothing looks changed. */
  public static void age(Path folder) throws IOException {
    try (var all = Files.walk(folder)) {
      for (var path : all.toList()) {
        Files.setLastModifiedTime(path, FileTime.from(LAID));
      }
    }
  }

  /** OpenCode's store at this place, as the setting names it. */
  public static SessionStore opencode(Path named) {
    return store("opencode", named, Map.of("A2A_AGENT_STORAGE_PATH", named.toString()));
  }

  /** The store of a kind for somebody whose home this is. */
  public static SessionStore store(String kind, Path home, Map<String, String> vars) {
    return new SessionStores(settings(home, vars), List::of).all().stream().filter(s -> s.kind().equals(kind)).findFirst().orElseThrow();
  }

  public static Settings settings(Path home, Map<String, String> vars) {
    return Settings.resolve(Map.of(), null, new Environment(vars, home, home, "this-host"));
  }

  public static Map<String, Session> byTitle(List<Session> sessions) {
    var all = new HashMap<String, Session>();
    sessions.forEach(session -> all.put(session.title() + " in " + session.directory(), session));
    return all;
  }

  public static Session titled(SessionStore store, String title) throws IOException {
    return store.sessions().stream().filter(session -> session.title().equals(title)).findFirst().orElseThrow();
  }
}
