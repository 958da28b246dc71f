package lib.session.files;

import module java.base;

/**
 * Size, time and number of a regular file: while they are equal, the file need not be read again. Links are not followed, so
 * that a store cannot lead out of itself.
 *
 * @param key the file's number on its disk; null where there is none
 */
public record FileStamp(long size, FileTime modified, Object key) {

  /** Empty when there is no such file, or its folder may not be read. */
  public static Optional<FileStamp> of(Path file) {
    try {
      var attributes = Files.readAttributes(file, BasicFileAttributes.class, LinkOption.NOFOLLOW_LINKS);
      return attributes.isRegularFile()
          ? Optional.of(new FileStamp(attributes.size(), attributes.lastModifiedTime(), attributes.fileKey())) : Optional.empty();
    } catch (IOException e) {
      return Optional.empty(); // not there, or not for this user: there is nothing to read either way
    }
  }
}
