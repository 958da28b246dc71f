package lib.control;

import module java.base;
import lib.core.Environment;
import lib.store.DurableFiles;

/** Where a worker's socket lies: {@code control.sock} in its state folder, or a link there to one with a shorter path. */
final class SocketFile {
  private static final String NAME = "control.sock";
  private static final String PREFIX = "a2a-"; // of the folder of one that lies elsewhere
  private static final String SOCKET = "s"; // and its name there
  private static final int MAX_PATH = 100; // bytes; the kernel's structure has room for 107, on macOS for 103

  private SocketFile() {}

  /**
   * The path to bind, in a folder that only its owner may enter; removes an old socket. The caller holds the state folder's
   * lock, so that no running worker loses its own.
   */
  static Path make(Path stateDir, Environment env) throws IOException {
    var file = stateDir.resolve(NAME);
    remove(stateDir);
    if (bytes(file) <= MAX_PATH) {
      return file;
    }
    // a new folder of ours each time: in a folder that all may write to, others could take a name that they can guess
    var made = Files.createTempDirectory(folder(env), PREFIX, PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rwx------")));
    var real = made.resolve(SOCKET);
    Files.createSymbolicLink(file, real);
    return real;
  }

  /** A folder with a short path. After su and in containers, XDG_RUNTIME_DIR may be another user's, or may not exist. */
  private static Path folder(Environment env) throws IOException {
    var runtime = env.var("XDG_RUNTIME_DIR");
    var usable = runtime != null && runtime.startsWith("/") && bytes(Path.of(runtime)) < MAX_PATH - 40
        && Files.isWritable(Path.of(runtime));
    return usable ? DurableFiles.folder(Path.of(runtime, "a2a-worker")) : Path.of(System.getProperty("java.io.tmpdir"));
  }

  /** The path to connect to; it need not exist. */
  static Path of(Path stateDir) throws IOException {
    var file = stateDir.resolve(NAME);
    return Files.isSymbolicLink(file) ? Files.readSymbolicLink(file) : file;
  }

  /** Removes the socket and, if it lies elsewhere, its folder; a link that a person has put there loses only itself. */
  static void remove(Path stateDir) throws IOException {
    var file = stateDir.resolve(NAME);
    if (Files.isSymbolicLink(file)) {
      var real = Files.readSymbolicLink(file);
      var folder = real.getParent();
      if (real.endsWith(SOCKET) && folder != null && folder.getFileName() != null && folder.getFileName().toString().startsWith(PREFIX)
          && Files.isDirectory(folder, LinkOption.NOFOLLOW_LINKS) && Files.isWritable(folder)) {
        Files.deleteIfExists(real);
        Files.delete(folder);
      }
    }
    Files.deleteIfExists(file);
  }

  private static int bytes(Path path) {
    return path.toString().getBytes(StandardCharsets.UTF_8).length;
  }
}
