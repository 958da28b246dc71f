package lib.session.opencode;

import module java.base;

/**
 * Finds home folders by paths: of a file's owner, by the list of users, and of the user whose home a path lies below. A worker
 * that runs as a service reads the sessions that its users' agents keep there.
 */
public final class HomeDirectories {
  /** Where the homes of users lie whom a directory service has instead of the list. */
  private static final Set<Path> ROOTS = Set.of(Path.of("/home"), Path.of("/Users"));

  private final Map<String, Path> byUser;

  /** @param users the list of users, in the form of {@code /etc/passwd}; it need not be there, and is read once */
  public HomeDirectories(Path users) {
    this.byUser = homes(users);
  }

  /** The homes, without repeats, in the order of the paths. */
  public Set<Path> of(List<Path> paths) {
    var homes = new LinkedHashSet<Path>();
    for (var path : paths) {
      var home = byUser.get(owner(path));
      if (home != null) {
        homes.add(home);
      }
      if (path.getNameCount() > 1 && path.isAbsolute() && ROOTS.contains(path.getRoot().resolve(path.subpath(0, 1)))) {
        homes.add(path.getRoot().resolve(path.subpath(0, 2)));
      }
    }
    return homes;
  }

  private static String owner(Path path) {
    try {
      return Files.getOwner(path).getName();
    } catch (IOException | UnsupportedOperationException e) {
      return null; // it is not there, or has no owner: its path may still say whose it is
    }
  }

  private static Map<String, Path> homes(Path users) {
    var homes = new HashMap<String, Path>();
    try {
      for (var line : Files.readAllLines(users, StandardCharsets.ISO_8859_1)) { // names of users are ASCII; a comment may be anything
        var fields = line.split(":");
        if (fields.length > 5 && fields[5].startsWith("/") && !fields[5].equals("/")) {
          homes.putIfAbsent(fields[0], Path.of(fields[5]));
        }
      }
    } catch (IOException e) {
      return homes; // no such list on this system
    }
    return homes;
  }
}
