package lib.session.files;

import module java.base;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Lists and reads the files of a store without following links. A folder that may not be read is logged once and counts as
 * empty. Any other failure says nothing about the content, and is thrown.
 */
public final class StoreFiles {
  private static final Logger LOG = LoggerFactory.getLogger(StoreFiles.class);
  private static final Pattern NAME = Pattern.compile("[A-Za-z0-9][A-Za-z0-9_-]{0,127}");

  private final Set<Path> warned = new HashSet<>();

  /** Whether an id can be part of a path: it has no dots and no slashes. */
  public static boolean isName(String id) {
    return id != null && NAME.matcher(id).matches();
  }

  public static boolean isFolder(Path path) {
    return Files.isDirectory(path, LinkOption.NOFOLLOW_LINKS);
  }

  /** An absolute folder that a session names; null when it names none. */
  public static Path folder(String text) {
    try {
      return text != null && text.startsWith("/") ? Path.of(text) : null;
    } catch (InvalidPathException e) {
      return null; // no agent can have worked there
    }
  }

  /** Refuses a store that exists and may not be read: it is no empty store. */
  public static void requireReadable(Path store) throws IOException {
    if (Files.exists(store) && !Files.isReadable(store)) {
      throw new AccessDeniedException(store.toString());
    }
  }

  /** Reads a regular file. @param max bytes; the rest of a longer file is left out */
  public static byte[] bytes(Path file, int max) throws IOException {
    try (var in = Files.newInputStream(file, LinkOption.NOFOLLOW_LINKS)) {
      return in.readNBytes(max);
    }
  }

  /** The names, without the end, of entries with this beginning and end; none when there is no such folder. */
  public List<String> names(Path folder, String beginning, String end) throws IOException {
    return entries(folder).stream().map(path -> path.getFileName().toString())
        .filter(name -> name.startsWith(beginning) && name.endsWith(end) && name.length() > end.length())
        .map(name -> name.substring(0, name.length() - end.length())).toList();
  }

  /** The folders in it whose names match. */
  public List<Path> folders(Path folder, Predicate<String> matches) throws IOException {
    return entries(folder).stream().filter(path -> matches.test(path.getFileName().toString()) && isFolder(path)).toList();
  }

  private List<Path> entries(Path folder) throws IOException {
    var entries = new ArrayList<Path>();
    try (var stream = Files.newDirectoryStream(folder)) {
      stream.forEach(entries::add);
    } catch (NoSuchFileException | NotDirectoryException e) {
      return entries; // the CLI has not made it yet, or just deleted it
    } catch (DirectoryIteratorException e) {
      throw e.getCause();
    } catch (AccessDeniedException e) {
      if (warned.add(folder)) {
        LOG.warn("skips session folder={}: {}", folder, e.toString());
      }
    }
    return entries;
  }
}
