package lib.session;

import java.io.IOException;
import java.nio.file.AccessDeniedException;
import java.nio.file.DirectoryIteratorException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.NoSuchFileException;
import java.nio.file.NotDirectoryException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.function.Consumer;
import java.util.function.Predicate;
import java.util.regex.Pattern;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * What lies in the folders of a store. Links below the store are left out, and so is every name that could be more than a
 * name. A folder that may not be read is logged once and counts as empty: it keeps nobody from the others. Any other failure,
 * as of a disk or of too many open files, says nothing of what is there, and is thrown.
 */
final class Listing {
  private static final Logger LOG = LoggerFactory.getLogger(Listing.class);
  private static final Pattern NAME = Pattern.compile("[A-Za-z0-9][A-Za-z0-9_-]{0,127}");
  private static final int MAX_WARNED = 1_000;

  private final Set<Path> warned = new HashSet<>();

  /** Whether an id may be part of a path: it has no dots and no slashes. */
  static boolean isName(String id) {
    return id != null && NAME.matcher(id).matches();
  }

  /** Refuses a store that is there and may not be read, which is no empty store. */
  static void readable(Path store) throws IOException {
    if (Files.exists(store) && !Files.isReadable(store)) {
      throw new AccessDeniedException(store.toString());
    }
  }

  /** The names, without the end, of the entries with this beginning and end; none when there is no such folder. */
  List<String> names(Path folder, String beginning, String end) throws IOException {
    var names = new ArrayList<String>();
    walk(folder, path -> {
      var name = path.getFileName().toString();
      if (name.startsWith(beginning) && name.endsWith(end)) {
        names.add(name.substring(0, name.length() - end.length()));
      }
    });
    return names;
  }

  /** The folders in it whose names are taken. */
  List<Path> folders(Path folder, Predicate<String> taken) throws IOException {
    var folders = new ArrayList<Path>();
    walk(folder, path -> {
      if (taken.test(path.getFileName().toString()) && Files.isDirectory(path, LinkOption.NOFOLLOW_LINKS)) {
        folders.add(path);
      }
    });
    return folders;
  }

  private void walk(Path folder, Consumer<Path> found) throws IOException {
    try (var entries = Files.newDirectoryStream(folder)) {
      entries.forEach(found);
    } catch (NoSuchFileException | NotDirectoryException e) {
      return; // not made yet, or gone between two looks
    } catch (DirectoryIteratorException e) {
      throw e.getCause();
    } catch (AccessDeniedException e) {
      warn(folder, e);
    }
  }

  private void warn(Path folder, IOException e) {
    if (warned.size() < MAX_WARNED && warned.add(folder)) {
      LOG.warn("session folder={} is left out: {}", folder, e.toString());
    }
  }
}
