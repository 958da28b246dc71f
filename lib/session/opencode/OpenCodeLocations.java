package lib.session.opencode;

import module java.base;
import lib.config.Codebase;
import lib.config.Settings;
import lib.config.SettingsTable;
import lib.core.Problem;

/**
 * Finds where OpenCode, or an agent made from it, keeps its sessions. A location that {@code agent_storage_path} or OpenCode's
 * variable {@code OPENCODE_DB} names is the only one. Otherwise every location that exists counts.
 */
public final class OpenCodeLocations {
  public static final String KIND = OpenCodeFormat.KIND;
  /** The names of data folders: OpenCode's, and that of the {@code agent} on the product's page. */
  private static final List<String> NAMES = List.of("opencode", "agent");

  private OpenCodeLocations() {}

  /**
   * One location.
   *
   * @param storage the folder of JSON files
   * @param database the only database; null for all in the data folder beside {@code storage}
   * @param why how it was found, for people
   * @param problem what to tell people about it; null for nothing
   */
  public record Location(Path storage, Path database, String why, Problem problem) {

    /** The databases that exist: {@code opencode.db}, and one for each of OpenCode's other channels. */
    List<Path> databases() {
      if (database != null) {
        return Files.exists(database) ? List.of(database) : List.of();
      }
      try (var files = Files.newDirectoryStream(storage.resolveSibling("."), "opencode{,-*}.db")) {
        var all = new ArrayList<Path>();
        files.forEach(file -> all.add(storage.resolveSibling(file.getFileName())));
        return all.stream().sorted().toList();
      } catch (IOException e) {
        return Stream.of(main()).filter(Files::exists).toList(); // the folder may not be listed, or does not exist
      }
    }

    /** The database of OpenCode's usual channel. */
    private Path main() {
      return database != null ? database : storage.resolveSibling("opencode.db");
    }

    /** Whether the agent has made it. */
    public boolean exists() {
      return !databases().isEmpty() || Files.isDirectory(storage.resolve("session"));
    }

    /** The file or folder that is read, or would be. */
    public Path shown() {
      var all = databases();
      return !all.isEmpty() ? all.getFirst() : Files.isDirectory(storage) ? storage : main();
    }
  }

  /**
   * The locations that exist, or the likeliest one when none does.
   *
   * @param codebases whose owners' homes count too
   */
  public static List<Location> find(Settings settings, List<Codebase> codebases, HomeDirectories homes) {
    var named = settings.get(SettingsTable.AGENT_STORAGE_PATH);
    if (named != null) {
      return List.of(named(named, "agent_storage_path (" + settings.origin(SettingsTable.AGENT_STORAGE_PATH).where() + ")"));
    }
    var database = settings.env().var("OPENCODE_DB");
    if (database != null && !database.isBlank() && !database.equals(":memory:")) {
      // OpenCode takes a name without a folder for one in its data folder, measured on 1.18.33
      var data = settings.env().xdg("XDG_DATA_HOME", ".local/share").resolve(NAMES.getFirst());
      return List.of(new Location(data.resolve("storage"), data.resolve(database), "OPENCODE_DB", null));
    }
    var folders = folders(settings, codebases, homes);
    var found = folders.stream().map(folder -> in(folder, "found, as every store that exists")).filter(Location::exists).toList();
    return !found.isEmpty() ? found
        : List.of(in(folders.getFirst(), "looked in " + String.join(", ", folders.stream().map(Path::toString).toList())));
  }

  private static Location named(Path path, String why) {
    var isDatabase = Files.isRegularFile(path) || path.getFileName() != null && path.getFileName().toString().endsWith(".db");
    var location = isDatabase ? new Location(path.resolveSibling("storage"), path, why, null)
        : isStorage(path) ? new Location(path, null, why, null) : in(path, why);
    return location.exists() ? location : new Location(location.storage, location.database, why,
        new Problem("no sessions are found in " + path,
            why + " names it, and " + (Files.exists(path) ? "it holds neither opencode.db nor storage/session" : "there is no such folder"),
            "correct agent_storage_path, or leave it out to have the agent's data folder looked for"));
  }

  private static boolean isStorage(Path path) {
    return Files.isDirectory(path.resolve("session")) || path.endsWith("storage") && !Files.isDirectory(path.resolve("storage"));
  }

  private static Location in(Path data, String why) {
    return new Location(data.resolve("storage"), null, why, null);
  }

  /** The data folders, the likeliest first: this user's, then those of the codebases' owners. */
  private static List<Path> folders(Settings settings, List<Codebase> codebases, HomeDirectories homes) {
    var paths = new ArrayList<>(codebases.stream().map(Codebase::path).toList());
    var bin = settings.get(SettingsTable.AGENT_BIN);
    if (bin != null && bin.startsWith("/")) {
      paths.add(Path.of(bin));
    }
    Set<Path> shares = new LinkedHashSet<>(List.of(settings.env().xdg("XDG_DATA_HOME", ".local/share")));
    homes.of(paths).forEach(home -> shares.add(home.resolve(".local/share")));
    return shares.stream().flatMap(share -> NAMES.stream().map(share::resolve)).toList();
  }
}
