package lib.session;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import lib.config.Codebase;

/** The codebases at one moment, by the server's ids, and which session belongs to which. For one thread. */
public final class Places {
  private final Set<String> ids;
  private final String globalId;
  private final Map<Codebase, String> byCodebase = new LinkedHashMap<>();
  private final Mapping mapping;
  private final Map<Path, Optional<String>> known = new HashMap<>(); // thousands of sessions lie in a few folders

  /**
   * All that there are now.
   *
   * @param byId without the one for sessions that belong to no other
   * @param globalId that one's id; null when there is none
   */
  public Places(Map<String, Codebase> byId, String globalId) {
    this.globalId = globalId;
    this.ids = new LinkedHashSet<>(byId.keySet());
    byId.forEach((id, codebase) -> byCodebase.putIfAbsent(codebase, id));
    if (globalId != null) {
      ids.add(globalId);
    }
    this.mapping = new Mapping(new ArrayList<>(byCodebase.keySet()));
  }

  /** Has only these told of from now on; where a session belongs stays as it is. */
  public Places only(Collection<String> some) {
    ids.retainAll(some);
    return this;
  }

  /** The ids of those to tell of. */
  public Set<String> ids() {
    return ids;
  }

  /** Where a session belongs; null when in none. */
  public String of(Session session) {
    return known.computeIfAbsent(session.directory(), folder -> mapping.of(folder).map(byCodebase::get)
        .or(() -> Optional.ofNullable(globalId))).orElse(null);
  }
}
