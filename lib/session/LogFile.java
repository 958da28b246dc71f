package lib.session;

import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.SeekableByteChannel;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.function.BiConsumer;
import java.util.function.Supplier;
import lib.core.Clock;
import lib.core.Json;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A growing file of JSON lines, and what has been made of them. A look reads on from where the last one ended; only whole
 * lines count, and lines that are no JSON object are passed over. A file that was replaced or cut is begun anew. For one
 * thread at a time.
 *
 * @param <S> what is made of the lines
 */
final class LogFile<S> {
  private static final Logger LOG = LoggerFactory.getLogger(LogFile.class);
  private static final int LARGEST_LINE = 16 << 20; // pictures and whole files stand in single lines
  private static final long LARGEST = 1L << 30; // some ten seconds of reading, once
  private static final int STEP = 64 << 10;

  private final Path file;
  private final Clock time;
  private final Supplier<S> fresh;
  private final BiConsumer<S, ObjectNode> taking;
  private S state;
  private Stamp seen;
  private boolean settled;
  private boolean warned;
  private long taken;

  /**
   * Over a file that need not be there.
   *
   * @param fresh what there is before the first line
   * @param taking takes a line into it
   */
  LogFile(Path file, Clock time, Supplier<S> fresh, BiConsumer<S, ObjectNode> taking) {
    this.file = file;
    this.time = time;
    this.fresh = fresh;
    this.taking = taking;
  }

  Path file() {
    return file;
  }

  /**
   * What all whole lines make, or those that were read before if it cannot be read now; empty when there is no such file. Not to be
   * changed by the caller.
   */
  Optional<S> read() {
    var stamp = Stamp.ofFile(file).orElse(null);
    if (stamp == null) {
      return Optional.empty();
    }
    if (settled && stamp.equals(seen)) {
      return Optional.of(state);
    }
    if (stamp.size() > LARGEST) {
      warn("it is larger than " + LARGEST + " bytes");
      return Optional.empty();
    }
    try (var channel = Files.newByteChannel(file, Set.of(StandardOpenOption.READ, LinkOption.NOFOLLOW_LINKS))) {
      if (seen == null || stamp.size() < taken || !Objects.equals(stamp.key(), seen.key()) || !goesOn(channel)) {
        state = fresh.get();
        taken = 0;
      }
      lines(channel);
    } catch (IOException e) {
      warn(e.toString());
      return Optional.ofNullable(state);
    }
    seen = stamp;
    settled = stamp.settled(time.now());
    return Optional.of(state);
  }

  /** Whether a line still ends where the last one that was taken did. */
  private boolean goesOn(SeekableByteChannel channel) throws IOException {
    if (taken == 0) {
      return true;
    }
    var last = ByteBuffer.allocate(1);
    return channel.position(taken - 1).read(last) == 1 && last.get(0) == '\n';
  }

  private void lines(SeekableByteChannel channel) throws IOException {
    channel.position(taken);
    var line = new ByteArrayOutputStream();
    var length = 0L;
    var buffer = ByteBuffer.allocate(STEP);
    while (channel.read(buffer.clear()) > 0) {
      var bytes = buffer.array();
      var start = 0;
      for (var at = 0; at < buffer.position(); at++) {
        if (bytes[at] == '\n') {
          line.write(bytes, start, at - start);
          length += at - start + 1;
          take(line, length);
          taken += length;
          start = at + 1;
          length = 0;
          line.reset();
        }
      }
      length += buffer.position() - start;
      if (length <= LARGEST_LINE) {
        line.write(bytes, start, buffer.position() - start);
      } else {
        line.reset();
      }
    }
  }

  private void take(ByteArrayOutputStream line, long length) {
    if (length > LARGEST_LINE) {
      warn("a line is longer than " + LARGEST_LINE + " bytes and is passed over");
      return;
    }
    try {
      if (Json.MAPPER.readTree(line.toByteArray()) instanceof ObjectNode object) {
        taking.accept(state, object);
      }
    } catch (IOException e) {
      return; // whole, and no JSON: two writers at once, or no log of this kind
    }
  }

  private void warn(String why) {
    if (!warned) {
      warned = true;
      LOG.warn("session file={}: {}", file, why);
    }
  }
}
