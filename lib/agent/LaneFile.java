package lib.agent;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HashSet;
import java.util.HexFormat;
import java.util.List;
import java.util.Set;
import lib.config.Env;
import lib.config.StateDir;
import lib.store.Durable;

/**
 * The lock by which workers of one user on one machine keep one writer per folder. The supervisor holds it for the agent's
 * life, so it stays held when a worker dies. It lies outside the folder, which is the user's alone.
 */
public final class LaneFile {
  private final Path folder;

  /** The locks of this user. Not below a worker's own state folder: several workers share them. */
  public LaneFile(Env env) {
    this.folder = StateDir.all(env).resolve(".lanes");
  }

  /** The lock file of a directory, made when missing. */
  public Path of(Path directory) throws IOException {
    Durable.folder(folder);
    var file = folder.resolve(name(directory));
    if (!Files.exists(file)) {
      Durable.write(file, (directory + "\n").getBytes(StandardCharsets.UTF_8));
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
    try {
      var hash = MessageDigest.getInstance("SHA-256").digest(directory.toString().getBytes(StandardCharsets.UTF_8));
      return HexFormat.of().formatHex(hash, 0, 12) + ".lock"; // 96 bits: no two folders of a machine share them
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("every JDK has SHA-256", e);
    }
  }
}
