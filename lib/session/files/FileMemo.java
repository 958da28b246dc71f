package lib.session.files;

import com.fasterxml.jackson.core.JsonProcessingException;
import java.io.IOException;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import lib.core.Clock;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Remembers a small value of each file and loads it again when the file changed. A half-written file keeps its last value. For
 * one thread at a time.
 */
public final class FileMemo<T> {
  private static final Logger LOG = LoggerFactory.getLogger(FileMemo.class);

  private final Clock clock;
  private final Map<Path, Entry<T>> entries = new HashMap<>();
  private final Set<Path> warned = new HashSet<>();

  /** Makes a value of a file; null or a JSON failure means that the file has another form. */
  public interface Loader<T> {
    T load(Path file) throws IOException;
  }

  private record Entry<T>(FileStamp stamp, boolean isSettled, T value) {}

  public FileMemo(Clock clock) {
    this.clock = clock;
  }

  /** The file's value, or its last one while it cannot be read; empty when it does not exist or has another form. */
  public Optional<T> get(Path file, Loader<T> loader) {
    var stamp = FileStamp.of(file).orElse(null);
    if (stamp == null) {
      entries.remove(file);
      return Optional.empty();
    }
    var last = entries.get(file);
    if (last != null && last.isSettled && last.stamp.equals(stamp)) {
      return Optional.ofNullable(last.value);
    }
    var isSettled = stamp.isSettled(clock.now());
    T value = null;
    try {
      value = loader.load(file);
    } catch (JsonProcessingException e) {
      warn(file, isSettled, "it has another form");
    } catch (NoSuchFileException e) {
      entries.remove(file);
      return Optional.empty();
    } catch (IOException e) { // of the disk or of a moment: it may become readable without looking changed
      warn(file, true, e.toString());
      return last == null ? Optional.empty() : Optional.ofNullable(last.value);
    }
    if (value == null && !isSettled && last != null) {
      return Optional.ofNullable(last.value);
    }
    entries.put(file, new Entry<>(stamp, isSettled, value));
    return Optional.ofNullable(value);
  }

  /** The last value, also when the file is gone since. */
  public Optional<T> last(Path file) {
    return Optional.ofNullable(entries.get(file)).map(Entry::value);
  }

  /** Forgets all files except these. */
  public void retain(Set<Path> files) {
    entries.keySet().retainAll(files);
    warned.retainAll(files);
  }

  private void warn(Path file, boolean isSettled, String why) {
    if (isSettled && warned.add(file)) {
      LOG.warn("skips session file={}: {}", file, why);
    }
  }
}
