package lib.session;

import module java.base;
import lib.config.Codebase;

/**
 * Matches sessions to codebases at one moment: a session belongs to the deepest codebase that contains its folder. Links are
 * followed, also where the rest of a path does not exist any more. For one thread.
 */
public final class CodebaseMatcher {
  private final List<Offered> offered = new ArrayList<>();
  private final Map<Path, Optional<Offered>> matched = new HashMap<>(); // thousands of sessions lie in a few folders
  private final Set<String> shown = new LinkedHashSet<>();
  private final String globalId;
  private final UnaryOperator<Path> real;

  /** @param folder the real path */
  private record Offered(String id, Codebase codebase, Path folder) {}

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
    byId.forEach((id, codebase) -> offered.add(new Offered(id, codebase, real.apply(codebase.path()))));
    shown.addAll(byId.keySet());
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
    return offered(directory).map(Offered::codebase);
  }

  /** The id of a session's codebase; null when it has none. */
  public String id(Session session) {
    return offered(session.directory()).map(Offered::id).orElse(globalId);
  }

  private Optional<Offered> offered(Path directory) {
    return matched.computeIfAbsent(directory, d -> {
      var folder = real.apply(d);
      return offered.stream().filter(one -> folder.startsWith(one.folder)).max(Comparator.comparing(one -> one.folder.getNameCount()));
    });
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
