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
import java.util.stream.Collectors;
import lib.cli.output.CommandIo;
import lib.config.Settings;
import lib.config.SettingsTable;
import lib.config.StateDirectory;
import lib.core.Environment;
import lib.core.Json;
import lib.core.Problem;
import lib.store.DurableFiles;
import lib.store.LockFile;

/**
 * The embedded server of a {@code run --local}, announced to commands by a file in the worker's state folder.
 *
 * @param worker the state folder's name
 * @param pid the process that announced it: another one may have taken the folder since
 * @param token what it wants to see; null when it is open on this machine
 */
public record LocalServer(String worker, URI url, String pid, String token) {
  private static final String FILE = "local.json";

  /** Tells commands of this server. */
  public static void announce(Path stateDir, URI url, String token) throws IOException {
    var json = Json.object().put("url", url.toString()).put("pid", ProcessHandle.current().pid()).put("token", token);
    DurableFiles.write(stateDir.resolve(FILE), Json.write(json).getBytes(StandardCharsets.UTF_8));
  }

  public static void withdraw(Path stateDir) throws IOException {
    Files.deleteIfExists(stateDir.resolve(FILE));
  }

  /** The servers that are alive; only the named worker's when the settings name one. */
  static List<LocalServer> alive(Settings settings, CommandIo io) {
    var named = settings.given(SettingsTable.WORKER_NAME) || settings.given(SettingsTable.STATE_DIR) || settings.env().var("STATE_DIRECTORY") != null;
    return named ? read(StateDirectory.of(settings), io).stream().toList() : all(settings.env(), io);
  }

  /** The servers of this user's workers that are alive. */
  static List<LocalServer> all(Environment env, CommandIo io) {
    var folders = new ArrayList<Path>();
    if (Files.isDirectory(StateDirectory.all(env))) {
      try (var all = Files.list(StateDirectory.all(env))) {
        all.sorted().forEach(folders::add);
      } catch (IOException e) {
        throw new Problem("the state folders cannot be read", String.valueOf(e), "give --server URL").from(e);
      }
    }
    return folders.stream().flatMap(folder -> read(folder, io).stream()).toList();
  }

  static String names(List<LocalServer> servers) {
    return servers.stream().map(LocalServer::worker).collect(Collectors.joining(", "));
  }

  /** The folder's server, if the process that announced it still has the folder. One broken file hides no other server. */
  private static Optional<LocalServer> read(Path stateDir, CommandIo io) {
    var holder = LockFile.holder(stateDir.resolve("lock"));
    if (holder.isEmpty()) {
      return Optional.empty();
    }
    var file = stateDir.resolve(FILE);
    try {
      var json = Json.readObject(Files.readString(file)).filter(o -> Json.text(o, "url") != null)
          .orElseThrow(() -> new IllegalArgumentException("it names no server"));
      return Optional.of(new LocalServer(stateDir.getFileName().toString(), URI.create(Json.text(json, "url")), Json.text(json, "pid"),
          Json.text(json, "token"))).filter(server -> holder.get().equals(server.pid));
    } catch (NoSuchFileException e) {
      return Optional.empty(); // a worker without a server of its own
    } catch (IOException | IllegalArgumentException e) {
      io.warn(file + " is left out: " + e.getMessage());
      return Optional.empty();
    }
  }
}
