package lib.control;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import lib.config.Env;
import lib.store.Durable;

/** Where a worker's socket lies: {@code control.sock} in its state folder, or a link there to one with a shorter path. */
final class SocketFile {
  private static final String NAME = "control.sock";
  private static final int LONGEST = 100; // the kernel's structure has room for 107 bytes, on macOS for 103

  private SocketFile() {}

  /**
   * The path to bind, in a folder that only its owner may enter; an old socket is removed. Whoever calls holds the state
   * folder's lock, so that no living worker loses its own.
   */
  static Path make(Path stateDir, Env env) throws IOException {
    var file = stateDir.resolve(NAME);
    remove(stateDir);
    if (bytes(file) <= LONGEST) {
      return file;
    }
    var runtime = env.var("XDG_RUNTIME_DIR");
    var folder = runtime != null && bytes(Path.of(runtime)) < LONGEST - 40 ? Durable.folder(Path.of(runtime, "a2a-worker"))
        : Path.of(System.getProperty("java.io.tmpdir"));
    // a new folder of ours each time: in a folder that all may write to, a name that can be foreseen could be taken before us
    var made = Files.createTempDirectory(folder, "a2a-", PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rwx------")));
    var real = made.resolve("s");
    Files.createSymbolicLink(file, real);
    return real;
  }

  /** The path to connect to; there may be nobody. */
  static Path of(Path stateDir) throws IOException {
    var file = stateDir.resolve(NAME);
    return Files.isSymbolicLink(file) ? Files.readSymbolicLink(file) : file;
  }

  /** Removes the socket and, if it lies elsewhere, its folder. */
  static void remove(Path stateDir) throws IOException {
    var file = stateDir.resolve(NAME);
    if (Files.isSymbolicLink(file)) {
      var real = Files.readSymbolicLink(file);
      Files.deleteIfExists(real);
      if (Files.isDirectory(real.getParent(), LinkOption.NOFOLLOW_LINKS)) {
        Files.delete(real.getParent());
      }
    }
    Files.deleteIfExists(file);
  }

  private static int bytes(Path path) {
    return path.toString().getBytes(StandardCharsets.UTF_8).length;
  }
}
