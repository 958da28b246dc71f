package lib.worker.admission;

import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import lib.config.Codebase;
import lib.config.Settings;
import lib.config.Table;
import lib.session.Places;
import lib.wire.Task;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The folders we offer, with the ids the server gave them, and the limit of what a server may have us register.
 * Thread-safe.
 */
public final class Codebases {
  private static final Logger LOG = LoggerFactory.getLogger(Codebases.class);

  private final Map<String, Codebase> byId = new LinkedHashMap<>();
  private final List<Codebase> serverRegistered;
  private final Path home;
  private final Codebase global;
  private final Set<Codebase> dropped = new HashSet<>(); // named once, and no longer
  private String globalId;
  private volatile List<Codebase> named;
  private volatile List<Path> roots; // null: those that are named, and the home folder's

  /**
   * The folders to offer.
   *
   * @param offered those that the settings name
   * @param kept those that the server had us register before
   */
  public Codebases(Settings settings, List<Codebase> offered, List<Codebase> kept) {
    this.home = settings.env().home();
    this.named = List.copyOf(offered);
    this.serverRegistered = List.copyOf(kept);
    this.roots = settings.get(Table.CODEBASE_ROOTS);
    this.global = settings.get(Table.GLOBAL_CODEBASE)
        ? new Codebase(Task.GLOBAL, home, "tasks that belong to no codebase, on " + settings.env().host()) : null;
  }

  /** What is to be registered at start: the configured folders, those kept, and the one for tasks without a codebase. */
  public List<Codebase> toRegister() {
    var all = new ArrayList<>(named);
    for (var codebase : serverRegistered) {
      if (named.stream().noneMatch(c -> c.path().equals(codebase.path()))) {
        if (isAllowed(codebase.path())) {
          all.add(codebase);
        } else {
          LOG.warn("codebase {}, which the server had us register, is not offered: {}", codebase.name(), outside(codebase.path()));
        }
      }
    }
    if (global != null) {
      all.add(global);
    }
    return all;
  }

  /**
   * Notes the server's id for a folder; an earlier id of the same folder is forgotten. Servers give one id to all names of a
   * folder. One that was dropped while the server was asked stays so. True when that changed something.
   */
  public synchronized boolean registered(Codebase codebase, String id) {
    if (dropped.contains(codebase)) {
      return false;
    }
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
  public synchronized Optional<Codebase> find(String id) {
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

  /** The codebases as sessions belong to them. */
  public Places places() {
    Map<String, Codebase> folders;
    String rest;
    synchronized (this) {
      folders = new LinkedHashMap<>(byId);
      rest = globalId;
    }
    folders.remove(rest);
    return new Places(folders, rest); // it asks the disk
  }

  /** The registered codebases, without the one for tasks that have none. */
  public synchronized List<Codebase> folders() {
    return byId.values().stream().filter(c -> !c.equals(global)).toList();
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
    var limits = roots;
    if (limits != null) {
      return below(real, limits);
    }
    if (below(real, named.stream().map(Codebase::path).toList())) {
      return true;
    }
    var realHome = home.toRealPath();
    return realHome.getNameCount() > 0 && real.startsWith(realHome) && real.getNameCount() > realHome.getNameCount()
        && !real.getName(realHome.getNameCount()).toString().startsWith(".");
  }

  /** Codebase id to why: folders that a server had us register and that do not lie below an allowed root any more. */
  public Map<String, String> disallowed() {
    var barred = new LinkedHashMap<String, String>();
    Map<String, Codebase> all;
    synchronized (this) {
      all = Map.copyOf(byId);
    }
    all.forEach((id, codebase) -> {
      if (!isAllowed(codebase.path())) {
        barred.put(id, outside(codebase.path()));
      }
    });
    return barred;
  }

  /** Whether an agent may work in a folder that we offer: one that a person has named here, or an allowed one. */
  public boolean isAllowed(Path folder) {
    try {
      return folder.equals(home) || named.stream().anyMatch(c -> c.path().equals(folder)) || allowed(folder);
    } catch (IOException e) {
      return true; // it is not there: the attempt will say so
    }
  }

  private static String outside(Path folder) {
    return folder + " does not lie below a folder that this machine allows (codebase_roots)";
  }

  /** Offers what is named now, and no longer what was named before; what must be registered for that is given. */
  public List<Codebase> offer(List<Codebase> now, List<Path> limits) {
    var before = named;
    named = List.copyOf(now);
    roots = limits;
    synchronized (this) {
      dropped.addAll(before);
      dropped.removeAll(now);
      byId.values().removeIf(dropped::contains);
    }
    return now.stream().filter(c -> !before.contains(c)).toList();
  }

  /** Offers a folder that a server has us register, also when a reload has dropped it. */
  public synchronized void readmit(Codebase codebase) {
    dropped.remove(codebase);
  }

  /** Whether it is still to be offered. */
  public synchronized boolean isOffered(Codebase codebase) {
    return !dropped.contains(codebase);
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
