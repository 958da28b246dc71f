package lib.session;

import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.UnaryOperator;
import lib.config.Codebase;

/**
 * Which codebase a session belongs to: the deepest one that contains the folder where it was begun. Folders are compared by
 * what their links lead to; of one that is gone, as far as it is still there. Immutable, and safe for several threads.
 */
public final class Mapping {
  private record Place(Codebase codebase, Path real) {}

  private final List<Place> places = new ArrayList<>();
  private final UnaryOperator<Path> real;

  /** Over these codebases, without the one that stands for all other folders; links are followed as they lead now. */
  public Mapping(List<Codebase> codebases) {
    this(codebases, Mapping::real);
  }

  /**
   * Over these codebases, on a file system of the caller's.
   *
   * @param real what a path's links lead to
   */
  public Mapping(List<Codebase> codebases, UnaryOperator<Path> real) {
    this.real = real;
    codebases.forEach(codebase -> places.add(new Place(codebase, real.apply(codebase.path()))));
  }

  /** The codebase; empty for a folder that lies in none, whose sessions belong to {@code global}. */
  public Optional<Codebase> of(Path directory) {
    var folder = real.apply(directory);
    Place deepest = null;
    for (var place : places) {
      if (folder.startsWith(place.real) && (deepest == null || place.real.getNameCount() > deepest.real.getNameCount())) {
        deepest = place;
      }
    }
    return Optional.ofNullable(deepest).map(Place::codebase);
  }

  /** The real path of what is there, with the rest behind it. */
  static Path real(Path path) {
    var whole = path.toAbsolutePath().normalize();
    for (var there = whole; there != null; there = there.getParent()) {
      try {
        return there.toRealPath().resolve(there.relativize(whole)).normalize();
      } catch (IOException e) {
        continue; // not there any more, or not for us to see
      }
    }
    return whole;
  }
}
