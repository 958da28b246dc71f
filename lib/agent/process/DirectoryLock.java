package lib.agent.process;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import lib.config.StateDir;
import lib.core.Environment;
import lib.store.Durable;

/**
 * The lock by which workers of one user on one machine keep one writer per folder. The supervisor holds it for the agent's
 * life, so it stays held when a worker dies. It lies outside the folder, which is the user's alone.
 */
public final class DirectoryLock {
  private final Path folder;

  /** The locks of this user. Not below a worker's own state folder: several workers share them. */
  public DirectoryLock(Environment env) {
    this.folder = StateDir.all(env).resolve(".lanes");
  }

  /** The lock file of a directory, made when missing. */
  public Path of(Path directory) throws IOException {
    Durable.folder(folder);
    var file = folder.resolve(name(directory));
    if (!Files.exists(file)) {
      try {
        Durable.create(file, (directory + "\n").getBytes(StandardCharsets.UTF_8));
      } catch (FileAlreadyExistsException e) {
        return file; // another worker was quicker; replacing it would leave two locks
      }
    }
    return file;
  }

  /** Which of these directories have a writer now, whichever worker started it. Empty where the system does not tell. */
  public Set<Path> held(List<Path> directories) throws IOException {
    var held = new HashSet<Path>();
    var locks = Path.of("/proc/locks");
    String table = null;
    for (var directory : directories) {
      var file = folder.resolve(name(directory));
      if (Files.exists(folder.resolve(file.getFileName() + ".held")) && Files.exists(locks)) {
        // the supervisor's mark outlives one that was killed, so the lock decides; but reading this table takes the kernel
        // some 15 ms, which no task on a free lane should wait for
        table = table == null ? Files.readString(locks, StandardCharsets.US_ASCII) : table;
        if (Files.exists(file) && table.contains(":" + Files.getAttribute(file, "unix:ino") + " ")) {
          held.add(directory);
        }
      }
    }
    return held;
  }

  private static String name(Path directory) {
    return Digest.hex(directory.toString()) + ".lock";
  }
}
