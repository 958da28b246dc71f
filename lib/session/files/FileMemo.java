package lib.session.files;

import module java.base;
import com.fasterxml.jackson.core.JsonProcessingException;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Remembers a small value of each file and loads it again when the file's size or time changed. A file that is half-written or
 * cannot be read keeps its last value. For one thread at a time.
 */
public final class FileMemo<T> {
  private static final Logger LOG = LoggerFactory.getLogger(FileMemo.class);

  private final Map<Path, Entry<T>> entries = new HashMap<>();
  private final Set<Path> warned = new HashSet<>();

  /** Makes a value of a file; null or a JSON failure means that the file has another form. */
  public interface Loader<T> {
    T load(Path file) throws IOException;
  }

  private record Entry<T>(FileStamp stamp, T value) {}

  /** The file's value, or its last one; empty when it does not exist or always had another form. */
  public Optional<T> get(Path file, Loader<T> loader) {
    var stamp = FileStamp.of(file);
    if (stamp.isEmpty()) {
      entries.remove(file);
    } else if (!entries.containsKey(file) || !entries.get(file).stamp.equals(stamp.get())) {
      try {
        var value = load(file, loader);
        entries.put(file, new Entry<>(stamp.get(), value == null ? last(file).orElse(null) : value));
      } catch (NoSuchFileException e) {
        entries.remove(file);
      } catch (IOException e) { // it may become readable without looking changed
        if (warned.add(file)) {
          LOG.warn("skips session file={}: {}", file, e.toString());
        }
      }
    }
    return last(file);
  }

  private static <T> T load(Path file, Loader<T> loader) throws IOException {
    try {
      return loader.load(file);
    } catch (JsonProcessingException e) {
      return null;
    }
  }

  /** The last value, also when the file is gone since. */
  public Optional<T> last(Path file) {
    return Optional.ofNullable(entries.get(file)).map(Entry::value);
  }

  /** Forgets all files except these. */
  public void retain(Collection<Path> files) {
    var kept = Set.copyOf(files);
    entries.keySet().retainAll(kept);
    warned.retainAll(kept);
  }
}
