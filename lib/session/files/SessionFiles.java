package lib.session.files;

import module java.base;
import com.fasterxml.jackson.core.JsonProcessingException;
import lib.session.Message;
import lib.session.Session;
import lib.session.SessionStore;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A store with one file for each session, named after the session's id. It reads a file again when its size or time changed. A
 * file that is half-written or cannot be read keeps its last session. No link below the location is followed, so that a store
 * cannot lead out of itself.
 */
public abstract class SessionFiles implements SessionStore {
  private static final Logger LOG = LoggerFactory.getLogger(SessionFiles.class);

  private final String kind;
  private final Path location;
  private final Map<Path, Entry> entries = new HashMap<>();
  private final Set<Path> warned = new HashSet<>();

  /** @param session null when the file never held one */
  private record Entry(FileStamp stamp, Session session) {}

  protected SessionFiles(String kind, Path location) {
    this.kind = kind;
    this.location = location;
  }

  /** The files of all sessions. One that is not there keeps its last session, too. */
  protected abstract Collection<Path> files() throws IOException;

  /** Reads a file; null or a JSON failure means that it has another form. */
  protected abstract Session session(Path file) throws IOException;

  /** Reads the newest messages, oldest first; a JSON failure means that they are half-written. */
  protected abstract List<Message> messages(Path file, Session session, int max) throws IOException;

  @Override
  public String kind() {
    return kind;
  }

  @Override
  public Path location() {
    return location;
  }

  @Override
  public List<Session> sessions(String id) throws IOException {
    if (Files.exists(location) && !Files.isReadable(location)) {
      throw new AccessDeniedException(location.toString()); // it is no empty store
    }
    var files = files();
    entries.keySet().retainAll(files);
    return files.stream().filter(file -> id == null || isOf(file, id)).map(this::remembered).filter(Objects::nonNull).toList();
  }

  @Override
  public List<Message> messages(Session session, int max) throws IOException {
    for (var file : files()) {
      if (isOf(file, session.id()) && remembered(file) != null) {
        try {
          return messages(file, session, max);
        } catch (JsonProcessingException | NoSuchFileException e) {
          return List.of(); // half-written or just deleted: the next pass reads it
        }
      }
    }
    return List.of();
  }

  private Session remembered(Path file) {
    var stamp = FileStamp.of(file).orElse(null);
    var entry = entries.get(file);
    var last = entry == null ? null : entry.session;
    if (stamp == null || entry != null && entry.stamp.equals(stamp)) {
      return last;
    }
    try {
      var now = session(file);
      last = now != null && isOf(file, now.id()) ? now : last;
    } catch (JsonProcessingException | NoSuchFileException e) {
      LOG.debug("no whole session file={}", file);
    } catch (IOException e) { // it may become readable without looking changed
      warn(file, e);
      return last;
    }
    entries.put(file, new Entry(stamp, last));
    return last;
  }

  private static boolean isOf(Path file, String id) {
    return name(file).equals(id) || name(file).endsWith("-" + id);
  }

  /** A file's name without its last ending. */
  protected static String name(Path file) {
    var name = file.getFileName().toString();
    return name.substring(0, Math.max(0, name.lastIndexOf('.')));
  }

  protected static boolean isFolder(Path path) {
    return Files.isDirectory(path, LinkOption.NOFOLLOW_LINKS);
  }

  /** Reads a regular file. @param max bytes; the rest of a longer file is left out */
  protected static byte[] bytes(Path file, int max) throws IOException {
    try (var in = Files.newInputStream(file, LinkOption.NOFOLLOW_LINKS)) {
      return in.readNBytes(max);
    }
  }

  /**
   * Lists the files with this beginning and end, so many folders below this one. A folder that may not be read is logged once and
   * counts as empty. Any other failure says nothing about the content, and is thrown.
   */
  protected final List<Path> find(Path folder, int depth, String beginning, String end) throws IOException {
    var found = new ArrayList<Path>();
    try (var stream = Files.newDirectoryStream(folder)) {
      for (var path : stream) {
        var name = path.getFileName().toString();
        if (depth > 0 && isFolder(path)) {
          found.addAll(find(path, depth - 1, beginning, end));
        } else if (depth == 0 && name.startsWith(beginning) && name.endsWith(end)) {
          found.add(path);
        }
      }
    } catch (NoSuchFileException | NotDirectoryException e) {
      return found; // the CLI has not made it yet, or just deleted it
    } catch (DirectoryIteratorException e) {
      throw e.getCause();
    } catch (AccessDeniedException e) {
      warn(folder, e);
    }
    return found;
  }

  private void warn(Path path, IOException e) {
    if (warned.add(path)) {
      LOG.warn("skips path={} of sessions: {}", path, e.toString());
    }
  }
}
