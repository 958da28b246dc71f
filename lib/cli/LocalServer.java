package lib.cli;

import java.io.IOException;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import lib.config.Json;
import lib.config.Settings;
import lib.config.StateDir;
import lib.config.Table;
import lib.store.Durable;

/**
 * The embedded server of a {@code run --local}, told to commands through a file in the worker's state folder.
 *
 * @param worker the state folder's name
 * @param token what it wants to see; null when it is open on this machine
 */
public record LocalServer(String worker, URI url, long pid, String token) {
  private static final String FILE = "local.json";

  /** Tells commands of this server. */
  public static void announce(Path stateDir, URI url, String token) throws IOException {
    var json = Json.object().put("url", url.toString()).put("pid", ProcessHandle.current().pid()).put("token", token);
    Durable.write(stateDir.resolve(FILE), Json.write(json).getBytes(StandardCharsets.UTF_8));
  }

  public static void withdraw(Path stateDir) throws IOException {
    Files.deleteIfExists(stateDir.resolve(FILE));
  }

  /** The servers whose process is alive; only the named worker's when the settings name one. */
  static List<LocalServer> alive(Settings settings) throws IOException {
    var folders = new ArrayList<Path>();
    if (settings.given(Table.WORKER_NAME) || settings.given(Table.STATE_DIR) || settings.env().var("STATE_DIRECTORY") != null) {
      folders.add(StateDir.of(settings));
    } else if (Files.isDirectory(StateDir.all(settings.env()))) {
      try (var all = Files.list(StateDir.all(settings.env()))) {
        all.sorted().forEach(folders::add);
      }
    }
    var alive = new ArrayList<LocalServer>();
    for (var folder : folders) {
      read(folder).filter(s -> ProcessHandle.of(s.pid).isPresent()).ifPresent(alive::add);
    }
    return alive;
  }

  private static Optional<LocalServer> read(Path stateDir) throws IOException {
    try {
      return Json.readObject(Files.readString(stateDir.resolve(FILE))).filter(o -> Json.text(o, "url") != null)
          .map(o -> new LocalServer(stateDir.getFileName().toString(), URI.create(Json.text(o, "url")), o.path("pid").asLong(),
              Json.text(o, "token")));
    } catch (NoSuchFileException e) {
      return Optional.empty();
    }
  }
}
