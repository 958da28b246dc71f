package lib.worker.admission;

import module java.base;
import com.fasterxml.jackson.databind.node.ObjectNode;
import lib.config.Codebase;
import lib.config.Settings;
import lib.config.SettingsTable;
import lib.core.Reporting;
import lib.protocol.Task;
import lib.session.CodebaseMatcher;
import lib.worker.context.Probe;

/**
 * The folders that this worker offers, with the server's ids, and the limit of what a server may have it register. Readers get
 * an immutable map and meet neither lock nor file; each look at a folder has a thread of its own, so that a mount that hangs
 * holds up no other codebase. Thread-safe.
 */
public final class Codebases implements Reporting {
  private static final Duration LOOK = Duration.ofSeconds(5); // a disk that sleeps needs that long to spin up

  /** Resolves the links in a path; tests put a file system that hangs in its place. */
  public interface Resolver {
    Path realPath(Path folder) throws IOException;
  }

  /**
   * A codebase that the server knows.
   *
   * @param directory its folder with links resolved; as it was named while the folder is not there
   * @param disallowed why no agent may work there; null when one may
   * @param unreadable why the folder cannot be looked at now; null when it can
   */
  public record Offered(String id, Codebase codebase, Path directory, String disallowed, String unreadable) {}

  /** What a look at a folder found. */
  private record Look(Path real, boolean isFolder, String disallowed) {}

  private final Path home;
  private final Codebase global;
  private final Resolver resolver;
  private final Map<Path, Probe<Look>> probes = new ConcurrentHashMap<>();
  private volatile List<Codebase> named; // this and what follows changes under this lock
  private volatile List<Codebase> added = List.of(); // the server had this worker register them
  private volatile List<Path> roots; // null: the named folders and the home folder's visible ones
  private volatile Map<String, Offered> offered = Map.of();
  private volatile String globalId;

  /** The codebases that the settings name; none is registered yet. */
  public Codebases(Settings settings, List<Codebase> named) {
    this(settings, named, Path::toRealPath);
  }

  /** The same with another way to resolve links. */
  public Codebases(Settings settings, List<Codebase> named, Resolver resolver) {
    this.home = settings.env().home();
    this.named = List.copyOf(named);
    this.roots = settings.get(SettingsTable.CODEBASE_ROOTS);
    this.global = settings.get(SettingsTable.GLOBAL_CODEBASE)
        ? new Codebase(Task.GLOBAL, home, "tasks that belong to no codebase, on " + settings.env().host()) : null;
    this.resolver = resolver;
    publish(new LinkedHashMap<>());
  }

  // --- what is offered

  /** The codebases that are to be registered: the named ones, those that a server added, and the one for tasks without a codebase. */
  public List<Codebase> toRegister() {
    var all = new ArrayList<>(named);
    added.stream().filter(codebase -> named.stream().noneMatch(c -> c.path().equals(codebase.path()))).forEach(all::add);
    if (global != null) {
      all.add(global);
    }
    return all;
  }

  /** Offers a folder that a server had this worker register, also after a reload has dropped it. */
  public synchronized void add(Codebase codebase) {
    if (!added.contains(codebase)) {
      added = Stream.concat(added.stream(), Stream.of(codebase)).toList();
    }
  }

  /** Offers these instead of the folders that were named before. */
  public synchronized void offer(List<Codebase> now, List<Path> limits) {
    named = List.copyOf(now);
    roots = limits;
    var left = new LinkedHashMap<>(offered);
    left.values().removeIf(o -> !isOffered(o.codebase));
    publish(left);
  }

  /** Whether a reload has not dropped it. */
  private boolean isOffered(Codebase codebase) {
    return named.contains(codebase) || added.contains(codebase) || codebase.equals(global);
  }

  /**
   * Records the server's id of a folder in place of an earlier one. A server gives one id to all names of a folder. Looks at the
   * folder, so the caller may have to wait.
   *
   * @return whether the offer changed
   */
  public boolean registered(Codebase codebase, String id) throws InterruptedException {
    var found = look(id, codebase);
    synchronized (this) {
      if (!isOffered(codebase)) {
        return false; // while the server was asked
      }
      var isGlobal = codebase.equals(global);
      var all = new LinkedHashMap<>(offered);
      var known = all.get(id);
      var isNew = known == null || !known.codebase.path().equals(codebase.path());
      var changed = isNew || isGlobal && !id.equals(globalId);
      globalId = isGlobal ? id : globalId;
      if (isNew) {
        all.values().removeIf(old -> old.codebase.path().equals(codebase.path()) && old.codebase.name().equals(codebase.name())
            && !old.id.equals(Task.GLOBAL));
      }
      all.put(id, isNew ? found : new Offered(id, known.codebase, found.directory, found.disallowed, found.unreadable));
      publish(all);
      return changed;
    }
  }

  /** Looks at the folder of a codebase again, if it is offered. The caller may have to wait for 5 s. */
  public void refresh(String id) throws InterruptedException {
    var before = offered.get(id);
    if (before != null) {
      var found = look(id, before.codebase);
      synchronized (this) {
        var all = new LinkedHashMap<>(offered);
        all.replace(id, before, found);
        publish(all);
      }
    }
  }

  /** Why a codebase cannot be registered: its folder is not there, does not answer or is not allowed. Empty when it can be. */
  public Optional<String> problem(Codebase codebase) throws InterruptedException {
    var found = probe(codebase.path()).ask(LOOK);
    return found.isEmpty() ? Optional.of(unanswered(codebase.path()))
        : !found.get().isFolder ? Optional.of(codebase.path() + " is not a folder here")
        : Optional.ofNullable(added.contains(codebase) ? found.get().disallowed : null);
  }

  // --- reading

  /** The offered codebases by id; the word {@code global} stands for tasks without one, when they are offered. */
  public Map<String, Offered> current() {
    return offered;
  }

  /** The codebase with this id; {@code global} is the home folder when that is offered. */
  public Optional<Codebase> find(String id) {
    return Optional.ofNullable(offered.get(id)).map(Offered::codebase);
  }

  /** The ids for the server's routing; the word {@code global} is the last when it is offered. */
  public List<String> ids() {
    return List.copyOf(offered.keySet());
  }

  /** The server's id of a folder; empty while it is not registered. */
  public Optional<String> id(Path folder) {
    return offered.values().stream().filter(o -> o.codebase.path().equals(folder)).map(Offered::id).findFirst();
  }

  /** The registered codebases without the one for tasks that have none. */
  public List<Codebase> folders() {
    return offered.values().stream().map(Offered::codebase).filter(c -> !c.equals(global)).toList();
  }

  /** Matches sessions to the codebases of now. Looks at the disk. */
  public CodebaseMatcher matcher() {
    var folders = new LinkedHashMap<String, Codebase>();
    offered.forEach((id, o) -> folders.put(id, o.codebase));
    folders.remove(Task.GLOBAL);
    folders.remove(globalId);
    return new CodebaseMatcher(folders, globalId);
  }

  /** The server's id of the folder for tasks without a codebase; null for none. */
  public String globalId() {
    return globalId;
  }

  @Override
  public void status(ObjectNode json) {
    var list = json.putArray("codebases");
    offered.values().stream().filter(o -> !o.id.equals(Task.GLOBAL)).sorted(Comparator.comparing(o -> o.codebase.path()))
        .forEach(o -> list.addObject().put("id", o.id).put("name", o.codebase.name()).put("path", o.codebase.path().toString()));
  }

  // --- limits

  /**
   * Whether a server may have this worker register the folder: below an allowed root, links resolved. Without
   * {@code codebase_roots} those are the named folders and the home folder's folders whose names do not begin with a dot.
   */
  public boolean allowed(Path folder) throws IOException {
    var real = resolver.realPath(folder);
    var limits = roots;
    if (limits != null) {
      return isBelow(real, limits);
    }
    if (isBelow(real, named.stream().map(Codebase::path).toList())) {
      return true;
    }
    var realHome = resolver.realPath(home);
    return realHome.getNameCount() > 0 && real.startsWith(realHome) && real.getNameCount() > realHome.getNameCount()
        && !real.getName(realHome.getNameCount()).toString().startsWith(".");
  }

  /** Whether an agent may work in an offered folder: a person named it here, or it is allowed. One that is not there is. */
  public boolean isAllowed(Path folder) {
    try {
      return folder.equals(home) || named.stream().anyMatch(c -> c.path().equals(folder)) || allowed(folder);
    } catch (IOException e) {
      return true; // the attempt finds that it is not there
    }
  }

  private boolean isBelow(Path real, List<Path> limits) {
    for (var root : limits) {
      try {
        if (real.startsWith(resolver.realPath(root))) {
          return true;
        }
      } catch (IOException e) {
        continue; // a root that is not there allows nothing
      }
    }
    return false;
  }

  // --- underneath

  private Offered look(String id, Codebase codebase) throws InterruptedException {
    var found = probe(codebase.path()).ask(LOOK);
    var before = offered.get(id);
    return found.map(l -> new Offered(id, codebase, l.real, l.disallowed, null)).orElseGet(() -> new Offered(id, codebase,
        before == null ? codebase.path() : before.directory, before == null ? null : before.disallowed, unanswered(codebase.path())));
  }

  private Probe<Look> probe(Path folder) {
    return probes.computeIfAbsent(folder, f -> new Probe<>("look at " + f, () -> {
      Path real;
      try {
        real = resolver.realPath(f);
      } catch (IOException e) {
        return new Look(f, false, null);
      }
      return new Look(real, Files.isDirectory(real), isAllowed(f) ? null : f + " does not lie below a folder that this machine allows (codebase_roots)");
    }));
  }

  private static String unanswered(Path folder) {
    return folder + " does not answer: its file system hangs";
  }

  /** Makes the map the current one, with the word {@code global} as its last entry. */
  private void publish(Map<String, Offered> all) {
    all.remove(Task.GLOBAL);
    if (global != null) {
      var registered = all.get(globalId);
      all.put(Task.GLOBAL, registered == null ? new Offered(Task.GLOBAL, global, home, null, null)
          : new Offered(Task.GLOBAL, global, registered.directory, null, registered.unreadable));
    }
    offered = Collections.unmodifiableMap(all);
  }
}
