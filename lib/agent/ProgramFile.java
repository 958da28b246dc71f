package lib.agent;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.BasicFileAttributes;
import java.nio.file.attribute.FileTime;

/**
 * A program as its file looked: while it looks so still, what it said of itself holds. Links are followed. An installer may give
 * every release the same time, but not the same place on the disk.
 *
 * @param place the file's number on its disk, or null where there is none
 */
record ProgramFile(Path path, FileTime changed, long size, Object place) {
  /** @throws IOException when it has gone away */
  static ProgramFile of(Path path) throws IOException {
    var file = Files.readAttributes(path, BasicFileAttributes.class);
    return new ProgramFile(path, file.lastModifiedTime(), file.size(), file.fileKey());
  }
}
