package lib.session;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import lib.config.Codebase;
import lib.config.Settings;
import lib.config.SettingsTable;
import lib.core.Clock;
import lib.core.Problem;

/**
 * Where OpenCode, or an agent made from it, keeps its sessions on this machine: where {@code agent_storage_path} says, or
 * OpenCode's own variable {@code OPENCODE_DB}, and nowhere else then; otherwise the place, of those that are there, in which
 * most codebases have sessions.
 *
 * @param storage the folder of JSON files
 * @param database the file {@code opencode.db}
 * @param why how it was chosen, for people
 * @param problem what is to be said aloud about it; null for nothing
 */
public record OpenCodePlace(Path storage, Path database, String why, Problem problem) {
  /** The data folder's names: OpenCode's own, and that of the {@code agent} the product's page speaks of. */
  private static final List<String> NAMES = List.of("opencode", "agent");

  /**
   * Chooses.
   *
   * @param codebases whose sessions are looked for, and whose owners' homes are
   * @param homes how an owner's home is found
   */
  public static OpenCodePlace of(Settings settings, List<Codebase> codebases, OwnerHomes homes, Clock time) {
    var named = settings.get(SettingsTable.AGENT_STORAGE_PATH);
    if (named != null) {
      return named(named, settings.origin(SettingsTable.AGENT_STORAGE_PATH).where());
    }
    var database = settings.env().var("OPENCODE_DB");
    return database == null || database.isBlank() || database.equals(":memory:") ? found(settings, codebases, homes, time)
        : database(settings.env().xdg("XDG_DATA_HOME", ".local/share").resolve(NAMES.getFirst()), database);
  }

  /** What the choice depends on: while it is equal to what it was, so is the choice. Quick to find out. */
  static Object clue(Settings settings, List<Codebase> codebases, OwnerHomes homes) {
    return List.of(codebases, folders(settings, codebases, homes).stream().filter(folder -> in(folder).there()).toList());
  }

  /** Whether the agent has made it. */
  public boolean there() {
    return Files.exists(database) || Files.isDirectory(storage.resolve("session"));
  }

  /** The file or folder that is read, or would be. */
  public Path shown() {
    return Files.exists(database) || !Files.isDirectory(storage) ? database : storage;
  }

  private OpenCodePlace chosen(String why, Problem problem) {
    return new OpenCodePlace(storage, database, why, problem);
  }

  private static OpenCodePlace named(Path path, String where) {
    var place = Files.isRegularFile(path) || path.getFileName() != null && path.getFileName().toString().endsWith(".db")
        ? new OpenCodePlace(path.resolveSibling("storage"), path, null, null)
        : isStorage(path) ? new OpenCodePlace(path, path.resolveSibling("opencode.db"), null, null) : in(path);
    var why = "agent_storage_path (" + where + ")";
    if (place.there()) {
      return place.chosen(why, null);
    }
    return place.chosen(why, new Problem("no sessions are found in " + path,
        why + " names it, and " + (Files.exists(path) ? "it holds neither opencode.db nor storage/session" : "there is no such folder"),
        "correct agent_storage_path, or leave it out to have the agent's data folder looked for"));
  }

  /** OpenCode takes a name without a folder for one in its data folder (measured on 1.18.33). */
  private static OpenCodePlace database(Path data, String name) {
    return new OpenCodePlace(data.resolve("storage"), data.resolve(name), "OPENCODE_DB", null);
  }

  private static boolean isStorage(Path path) {
    return Files.isDirectory(path.resolve("session")) || path.endsWith("storage") && !Files.isDirectory(path.resolve("storage"));
  }

  private static OpenCodePlace in(Path data) {
    return new OpenCodePlace(data.resolve("storage"), data.resolve("opencode.db"), null, null);
  }

  private static OpenCodePlace found(Settings settings, List<Codebase> codebases, OwnerHomes homes, Clock time) {
    var folders = folders(settings, codebases, homes);
    var there = folders.stream().map(folder -> in(folder)).filter(OpenCodePlace::there).toList();
    if (there.isEmpty()) {
      return in(folders.getFirst()).chosen("looked in " + String.join(", ", folders.stream().map(Path::toString).toList()), null);
    }
    if (there.size() == 1) {
      return there.getFirst().chosen("the only one there", null);
    }
    record Scored(OpenCodePlace place, int codebases, int sessions) {}
    var scored = there.stream().map(place -> {
      var sessions = sessions(place, time);
      var mapping = CodebaseMatcher.of(codebases);
      var with = sessions.stream().flatMap(s -> mapping.find(s.directory()).stream()).distinct().count();
      return new Scored(place, (int) with, sessions.size());
    }).toList();
    var best = scored.getFirst();
    for (var next : scored) {
      if (next.codebases > best.codebases || next.codebases == best.codebases && best.sessions == 0 && next.sessions > 0) {
        best = next;
      }
    }
    var others = new ArrayList<String>();
    for (var other : scored) {
      if (other != best) {
        others.add(other.place.shown() + " (" + other.codebases + ")");
      }
    }
    return best.place.chosen(best.codebases + " of the codebases have sessions in it; not " + String.join(", ", others), null);
  }

  private static List<Session> sessions(OpenCodePlace place, Clock time) {
    try {
      return new OpenCodeStore(() -> place, () -> place, time).sessions();
    } catch (IOException e) {
      return List.of(); // one that cannot be read is not better than another
    }
  }

  /** The data folders, the likeliest first: this user's, then those of the codebases' owners. */
  private static List<Path> folders(Settings settings, List<Codebase> codebases, OwnerHomes homes) {
    var env = settings.env();
    var paths = new ArrayList<>(codebases.stream().map(Codebase::path).toList());
    var bin = settings.get(SettingsTable.AGENT_BIN);
    if (bin != null && bin.startsWith("/")) {
      paths.add(Path.of(bin));
    }
    Set<Path> shares = new LinkedHashSet<>(List.of(env.xdg("XDG_DATA_HOME", ".local/share")));
    homes.of(paths).forEach(home -> shares.add(home.resolve(".local/share")));
    return shares.stream().flatMap(share -> NAMES.stream().map(share::resolve)).toList();
  }
}
