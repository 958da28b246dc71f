package lib.store;

import module java.base;
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
    System.setProperty("org.slf4j.simpleLogger.log.org.sqlite.SQLiteJDBCLoader", "off"); // it logs a trace for each folder that fails
    var why = cache == null ? "" : useCache(cache.resolve("sqlite-" + SQLiteJDBCLoader.getVersion() + "-" + System.getProperty("os.arch"))) + "; ";
    why += load();
    if (!isLoaded) {
      throw new Problem("SQLite's native library cannot be loaded", why, "set XDG_CACHE_HOME to a folder that this user may write, on a "
          + "file system that is not mounted noexec");
    }
  }

  /** Has the driver look there first. Returns why that is in vain. */
  private static String useCache(Path folder) {
    var file = folder.resolve(LibraryLoaderUtil.getNativeLibName());
    try {
      if (!Files.exists(file)) {
        copy(file);
      }
      System.setProperty("org.sqlite.lib.path", folder.toString());
      return folder + " holds it";
    } catch (IOException e) {
      return e.toString();
    }
  }

  /** The driver loads it: a second copy in one process would crash it. Returns why it failed. */
  private static String load() {
    try {
      var temporary = Files.createTempDirectory("a2a-sqlite");
      System.setProperty("org.sqlite.tmpdir", temporary.toString());
      var why = initialize();
      try (var files = Files.list(temporary)) {
        for (var file : files.toList()) {
          Files.delete(file); // what is loaded needs its file no more
        }
      }
      Files.delete(temporary);
      return why;
    } catch (IOException e) {
      return e + "; " + initialize();
    }
  }

  private static String initialize() {
    try {
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
