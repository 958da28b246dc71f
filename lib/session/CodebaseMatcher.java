package lib.session;

import module java.base;
import lib.config.Codebase;

/**
 * Matches sessions to codebases at one moment: a session belongs to the deepest codebase that contains its folder. Links are
 * followed, also where the rest of a path does not exist any more. For one thread.
 */
public final class CodebaseMatcher {
  private final Map<Codebase, String> ids = new LinkedHashMap<>();
  private final Map<Codebase, Path> folders = new LinkedHashMap<>();
  private final Map<Path, Optional<Codebase>> matched = new HashMap<>(); // thousands of sessions lie in a few folders
  private final Set<String> shown = new LinkedHashSet<>();
  private final String globalId;
  private final UnaryOperator<Path> real;

  /**
   * Matches codebases that a server knows.
   *
   * @param byId without the one for sessions that belong to no other
   * @param globalId that one's id; null when there is none
   */
  public CodebaseMatcher(Map<String, Codebase> byId, String globalId) {
    this(byId, globalId, CodebaseMatcher::real);
  }

  /** @param real gives the real path of a path */
  public CodebaseMatcher(Map<String, Codebase> byId, String globalId, UnaryOperator<Path> real) {
    this.globalId = globalId;
    this.real = real;
    shown.addAll(byId.keySet());
    byId.forEach((id, codebase) -> {
      ids.putIfAbsent(codebase, id);
      folders.put(codebase, real.apply(codebase.path()));
    });
    if (globalId != null) {
      shown.add(globalId);
    }
  }

  /** Matches codebases without ids. */
  public static CodebaseMatcher of(List<Codebase> codebases) {
    var byPath = new LinkedHashMap<String, Codebase>();
    codebases.forEach(codebase -> byPath.put(codebase.path().toString(), codebase));
    return new CodebaseMatcher(byPath, null);
  }

  /** The deepest codebase around a folder; empty when it lies in none. */
  public Optional<Codebase> find(Path directory) {
    return matched.computeIfAbsent(directory, d -> {
      var folder = real.apply(d);
      return folders.entrySet().stream().filter(entry -> folder.startsWith(entry.getValue()))
          .max(Map.Entry.comparingByValue((a, b) -> a.getNameCount() - b.getNameCount())).map(Map.Entry::getKey);
    });
  }

  /** The id of a session's codebase; null when it has none. */
  public String id(Session session) {
    return find(session.directory()).map(ids::get).orElse(globalId);
  }

  /** Shows only these ids from now on. Matching stays the same. */
  public CodebaseMatcher only(Collection<String> some) {
    shown.retainAll(some);
    return this;
  }

  /** The ids of the codebases, with the global one. */
  public Set<String> ids() {
    return shown;
  }

  /** Resolves links as far as the path exists. */
  public static Path real(Path path) {
    var whole = path.toAbsolutePath().normalize();
    for (var there = whole; there != null; there = there.getParent()) {
      try {
        return there.toRealPath().resolve(there.relativize(whole)).normalize();
      } catch (IOException e) {
        continue; // it does not exist any more, or not for this user
      }
    }
    return whole;
  }
}
