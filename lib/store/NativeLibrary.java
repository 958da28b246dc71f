package lib.store;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import lib.core.Environment;
import lib.core.Problem;
import org.sqlite.SQLiteJDBCLoader;
import org.sqlite.util.LibraryLoaderUtil;

/**
 * SQLite's native library, copied once into a cache folder of this user. The driver itself would copy it into {@code /tmp} at
 * each start, which may forbid that, and leave it there when the process is killed. Thread-safe.
 */
public final class NativeLibrary {
  private static Path cache;
  private static boolean isLoaded;

  private NativeLibrary() {}

  /** Keeps the copy where this user's caches lie, from the next load on. */
  public static synchronized void keepIn(Environment env) {
    cache = env.var("A2A_CACHE_DIR") != null ? env.path(env.var("A2A_CACHE_DIR"), env.cwd())
        : env.xdg("XDG_CACHE_HOME", ".cache").resolve("a2a-worker");
  }

  /**
   * Loads it before the first database is opened. Where the cache folder cannot be used, a temporary one is, for an instant.
   *
   * @throws Problem when neither can be used
   */
  public static synchronized void require() {
    if (isLoaded) {
      return;
    }
    var why = cache == null ? "" : load(cache.resolve("sqlite-" + SQLiteJDBCLoader.getVersion() + "-" + System.getProperty("os.arch")));
    why += isLoaded ? "" : (why.isEmpty() ? "" : "; ") + loadFromTemporary();
    if (!isLoaded) {
      throw new Problem("SQLite's native library cannot be loaded", why, "set XDG_CACHE_HOME to a folder that this user may write, on a "
          + "file system that is not mounted noexec");
    }
  }

  private static String loadFromTemporary() {
    try {
      var folder = Files.createTempDirectory("a2a-sqlite");
      var why = load(folder);
      try (var files = Files.list(folder)) {
        for (var file : files.toList()) {
          Files.delete(file); // what is loaded needs its file no more
        }
      }
      Files.delete(folder);
      return why;
    } catch (IOException e) {
      return e.toString();
    }
  }

  /** Returns why it failed. */
  private static String load(Path folder) {
    var file = folder.resolve(LibraryLoaderUtil.getNativeLibName());
    try {
      if (!Files.exists(file)) {
        copy(file);
      }
      System.load(file.toString()); // the driver would log a trace for each folder that fails
      System.setProperty("org.sqlite.lib.path", folder.toString());
      System.setProperty("org.sqlite.tmpdir", folder.toString());
      isLoaded = SQLiteJDBCLoader.initialize();
      return "";
    } catch (Exception | UnsatisfiedLinkError e) {
      return String.valueOf(e.getMessage());
    }
  }

  private static void copy(Path file) throws IOException {
    var resource = LibraryLoaderUtil.getNativeLibResourcePath() + "/" + file.getFileName();
    try (var library = SQLiteJDBCLoader.class.getResourceAsStream(resource)) {
      if (library == null) {
        throw new IOException("the driver has no library for this system: " + resource);
      }
      DurableFiles.folder(file.getParent());
      DurableFiles.write(file, library.readAllBytes());
    }
  }
}
