package lib.task;

import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import lib.config.Codebase;
import lib.config.Settings;
import lib.config.Table;
import lib.wire.Task;

/**
 * The folders we offer, with the ids the server gave them, and the limit of what a server may have us register.
 * Thread-safe.
 */
public final class Codebases {
  private final Map<String, Codebase> byId = new LinkedHashMap<>();
  private final List<Codebase> configured;
  private final List<Path> roots;
  private final Path home;
  private final Codebase global;
  private String globalId;

  /**
   * The folders to offer.
   *
   * @param offered those that the settings name
   * @param kept those that the server had us register before
   */
  public Codebases(Settings settings, List<Codebase> offered, List<Codebase> kept) {
    this.home = settings.env().home();
    var all = new ArrayList<>(offered);
    kept.stream().filter(k -> all.stream().noneMatch(c -> c.path().equals(k.path()))).forEach(all::add);
    this.configured = List.copyOf(all);
    this.roots = settings.get(Table.CODEBASE_ROOTS);
    this.global = settings.get(Table.GLOBAL_CODEBASE)
        ? new Codebase(Task.GLOBAL, home, "tasks that belong to no codebase, on " + settings.env().host()) : null;
  }

  /** What is to be registered at start: the configured folders, those kept, and the one for tasks without a codebase. */
  public List<Codebase> wanted() {
    var all = new ArrayList<>(configured);
    if (global != null) {
      all.add(global);
    }
    return all;
  }

  /**
   * Notes the server's id for a folder; an earlier id of the same folder is forgotten. Servers give one id to all names of a
   * folder. True when that changed something.
   */
  public synchronized boolean registered(Codebase codebase, String id) {
    var news = codebase.equals(global) && !id.equals(globalId);
    if (codebase.equals(global)) {
      globalId = id;
    }
    var known = byId.get(id);
    if (known != null && known.path().equals(codebase.path())) {
      return news;
    }
    byId.values().removeIf(old -> old.path().equals(codebase.path()) && old.name().equals(codebase.name()));
    byId.put(id, codebase);
    return true;
  }

  /** The folder to work in for a codebase id; {@code global} is the home folder when we offer it. */
  public synchronized Optional<Codebase> of(String id) {
    return Optional.ofNullable(id.equals(Task.GLOBAL) ? global : byId.get(id));
  }

  /** The ids for the server's routing; the word {@code global} behind them when we offer it. */
  public synchronized List<String> ids() {
    var ids = new ArrayList<>(byId.keySet());
    if (global != null) {
      ids.add(Task.GLOBAL);
    }
    return ids;
  }

  /** The server's id of the folder for tasks without a codebase, or null. */
  public synchronized String globalId() {
    return globalId;
  }

  /**
   * Whether a server may have us register this folder: below an allowed root, links resolved. Without {@code codebase_roots}
   * those are the configured folders and the home folder's folders whose names do not begin with a dot.
   */
  public boolean allowed(Path folder) throws IOException {
    var real = folder.toRealPath();
    if (roots != null) {
      return below(real, roots);
    }
    if (below(real, configured.stream().map(Codebase::path).toList())) {
      return true;
    }
    var realHome = home.toRealPath();
    return realHome.getNameCount() > 0 && real.startsWith(realHome) && real.getNameCount() > realHome.getNameCount()
        && !real.getName(realHome.getNameCount()).toString().startsWith(".");
  }

  private static boolean below(Path real, List<Path> roots) {
    for (var root : roots) {
      try {
        if (real.startsWith(root.toRealPath())) {
          return true;
        }
      } catch (IOException e) {
        continue; // a root that is not there allows nothing
      }
    }
    return false;
  }
}
