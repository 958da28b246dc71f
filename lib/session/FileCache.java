package lib.session;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.EOFException;
import java.io.IOException;
import java.nio.channels.Channels;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.Optional;
import java.util.Set;
import lib.core.Clock;
import lib.core.Json;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * What whole files hold, each read again only when it has changed. A file that cannot be understood counts as half written
 * while it is fresh: what it held before stands in for it until then. Holds a bounded amount; what was used longest ago goes
 * first. For one thread at a time.
 */
final class FileCache<T> {
  private static final Logger LOG = LoggerFactory.getLogger(FileCache.class);
  private static final int MAX_WARNED = 10_000; // files, so that a folder full of rubbish does not fill the memory

  /** Understands a file's content; an exception or null says that it is not what is looked for. */
  interface Form<T> {
    T of(byte[] content) throws IOException;
  }

  private record Held<T>(Stamp stamp, boolean settled, T value) {}

  private final Clock time;
  private final long largest;
  private final long budget;
  private final LinkedHashMap<Path, Held<T>> files = new LinkedHashMap<>(16, 0.75f, true);
  private final Set<Path> warned = new HashSet<>();
  private long bytes;

  /**
   * An empty cache.
   *
   * @param largest bytes; a larger file is left out, and that is logged
   * @param budget bytes of the files that are remembered
   */
  FileCache(Clock time, long largest, long budget) {
    this.time = time;
    this.largest = largest;
    this.budget = budget;
  }

  /** A JSON value; nothing at all is none. */
  static JsonNode json(byte[] content) throws IOException {
    var value = Json.MAPPER.readTree(content);
    if (value.isMissingNode()) {
      throw new EOFException("it is empty");
    }
    return value;
  }

  /** What the file holds, or last held if it cannot be read now; empty when it is not there, too large, or not what is looked for. */
  Optional<T> get(Path file, Form<T> form) {
    var stamp = Stamp.ofFile(file).orElse(null);
    var held = files.get(file);
    if (stamp == null) {
      forget(file);
      return Optional.empty();
    }
    if (held != null && held.settled && held.stamp.equals(stamp)) {
      return Optional.ofNullable(held.value);
    }
    var settled = stamp.settled(time.now());
    if (stamp.size() > largest) {
      warn(file, "it is larger than " + largest + " bytes");
      return keep(file, new Held<>(stamp, settled, null));
    }
    byte[] content;
    try {
      content = content(file);
    } catch (NoSuchFileException e) {
      forget(file);
      return Optional.empty();
    } catch (IOException e) { // a disk's or a moment's trouble: it may become readable without looking changed
      warn(file, e.toString());
      return held == null ? Optional.empty() : Optional.ofNullable(held.value);
    }
    return understand(file, new Held<>(stamp, settled, null), held, content, form);
  }

  private Optional<T> understand(Path file, Held<T> now, Held<T> before, byte[] content, Form<T> form) {
    T value = null;
    try {
      value = form.of(content);
    } catch (IOException e) { // of the content: it is in memory
      if (!now.settled && before != null) {
        return Optional.ofNullable(before.value);
      }
      if (now.settled) {
        warn(file, "it is no whole JSON of this kind");
      }
    }
    return keep(file, new Held<>(now.stamp, now.settled, value));
  }

  /** Forgets all files but these. */
  void retain(Set<Path> there) {
    for (var file : Set.copyOf(files.keySet())) {
      if (!there.contains(file)) {
        forget(file);
      }
    }
    warned.retainAll(there);
  }

  private byte[] content(Path file) throws IOException {
    try (var channel = Files.newByteChannel(file, Set.of(StandardOpenOption.READ, LinkOption.NOFOLLOW_LINKS));
        var in = Channels.newInputStream(channel)) {
      return in.readNBytes((int) Math.min(largest, Integer.MAX_VALUE - 8)); // it may have grown since it was measured
    }
  }

  private Optional<T> keep(Path file, Held<T> held) {
    forget(file);
    files.put(file, held);
    bytes += weight(held);
    while (bytes > budget && files.size() > 1) {
      bytes -= weight(files.pollFirstEntry().getValue());
    }
    return Optional.ofNullable(held.value);
  }

  /** Forgets one file. */
  void forget(Path file) {
    var held = files.remove(file);
    bytes -= held == null ? 0 : weight(held);
  }

  /** What the file took on the disk, and what an entry takes anyway. */
  private static long weight(Held<?> held) {
    return 500 + (held.value == null ? 0 : held.stamp.size());
  }

  private void warn(Path file, String why) {
    if (warned.size() < MAX_WARNED && warned.add(file)) {
      LOG.warn("session file={} is left out: {}", file, why);
    }
  }
}
