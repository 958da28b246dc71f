package lib.config;

import module java.base;
import lib.core.Environment;
import lib.core.Problem;

/** Where a worker keeps its state: one folder per worker, several per machine by name. */
public final class StateDirectory {
  private StateDirectory() {}

  /**
   * The folder: {@code state_dir}, else {@code $STATE_DIRECTORY} as it is, else one per worker name below {@link #all}. Links in it
   * are resolved: agents carry its path, and a worker that reaches it by another path must know them again.
   */
  public static Path of(Settings settings) {
    var given = settings.get(SettingsTable.STATE_DIR);
    if (given != null) {
      return real(given);
    }
    var service = settings.env().var("STATE_DIRECTORY");
    return real(service != null ? Path.of(service) : all(settings.env()).resolve(
        settings.get(SettingsTable.WORKER_NAME).replaceAll("[^A-Za-z0-9._-]", "_").replaceFirst("^\\.", "_")));
  }

  /** The path without links, as far as it exists. */
  private static Path real(Path path) {
    try {
      return path.toRealPath();
    } catch (IOException e) {
      var parent = path.toAbsolutePath().getParent();
      return parent == null ? path : real(parent).resolve(path.getFileName());
    }
  }

  /** Whether the settings, or the service manager, name the worker whose folder is meant. */
  public static boolean isNamed(Settings settings) {
    return settings.given(SettingsTable.WORKER_NAME) || settings.given(SettingsTable.STATE_DIR) || settings.env().var("STATE_DIRECTORY") != null;
  }

  /** Where the folders of this user's workers lie, one per name. */
  public static Path all(Environment env) {
    return env.xdg("XDG_STATE_HOME", ".local/state").resolve("a2a-worker");
  }

  /** The folders that lie there, sorted. */
  public static List<Path> existing(Environment env) {
    if (!Files.isDirectory(all(env))) {
      return List.of();
    }
    try (var folders = Files.list(all(env))) {
      return folders.filter(Files::isDirectory).sorted().toList();
    } catch (IOException e) {
      throw new Problem("the state folders in " + all(env) + " cannot be read", String.valueOf(e.getMessage()),
          "let this user read them; or name a worker's with --state-dir, a server with --server URL").from(e);
    }
  }
}
