package lib.session;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.attribute.BasicFileAttributes;
import java.nio.file.attribute.FileTime;
import java.time.Duration;
import java.time.Instant;
import java.util.Optional;

/**
 * What a file or folder looked like when it was read: while it looks so still, it need not be read again. Links are not
 * followed, so that what lies in a store cannot lead out of it.
 *
 * @param key the file's number on its disk, or null where there is none
 */
record Stamp(long size, FileTime modified, Object key) {
  /** The coarsest file times in use: what changed less than this ago may change again and look the same. */
  static final Duration COARSE = Duration.ofSeconds(2);

  /** Of a regular file; empty when there is none, or when its folder may not be read. */
  static Optional<Stamp> ofFile(Path file) {
    return of(file).filter(BasicFileAttributes::isRegularFile).map(Stamp::of);
  }

  /** Of a regular file whose later change would show; empty when it is not there, or was changed just now. */
  static Optional<Stamp> ofSettled(Path file, Instant now) {
    return ofFile(file).filter(stamp -> stamp.settled(now));
  }

  /** Of a folder; empty when there is none. */
  static Optional<Stamp> ofFolder(Path folder) {
    return of(folder).filter(BasicFileAttributes::isDirectory).map(Stamp::of);
  }

  /** Whether a later change would show. A time in the future is no recent change. */
  boolean settled(Instant now) {
    return Duration.between(modified.toInstant(), now).abs().compareTo(COARSE) > 0;
  }

  private static Stamp of(BasicFileAttributes attributes) {
    return new Stamp(attributes.size(), attributes.lastModifiedTime(), attributes.fileKey());
  }

  private static Optional<BasicFileAttributes> of(Path path) {
    try {
      return Optional.of(Files.readAttributes(path, BasicFileAttributes.class, LinkOption.NOFOLLOW_LINKS));
    } catch (IOException e) {
      return Optional.empty(); // gone, or not ours to see: there is nothing to read either way
    }
  }
}
