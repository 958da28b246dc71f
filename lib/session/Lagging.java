package lib.session;

import java.util.ArrayList;
import java.util.Collection;
import java.util.Comparator;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import java.util.function.Function;

/**
 * What a server did not take goes last at the next try, so that it holds up nothing else for ever. For one thread at a time.
 */
final class Lagging {
  private final Set<String> ids = new LinkedHashSet<>();

  void failed(String id) {
    ids.remove(id);
    ids.add(id);
  }

  void passed(String id) {
    ids.remove(id);
  }

  boolean has(String id) {
    return ids.contains(id);
  }

  /** Forgets all but these. */
  void retain(Collection<String> some) {
    ids.retainAll(some);
  }

  /** The same in their order, but for those that failed: they come last, the one that failed last at the end. */
  <T> List<T> last(Collection<T> all, Function<T, String> id) {
    var failed = new ArrayList<>(ids);
    return all.stream().sorted(Comparator.comparingInt(one -> failed.indexOf(id.apply(one)))).toList();
  }
}
