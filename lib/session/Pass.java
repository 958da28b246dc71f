package lib.session;

import java.util.List;
import java.util.Objects;
import java.util.stream.Stream;

/**
 * What one pass over all stores has brought the server.
 *
 * @param lines each codebase that has or had sessions, or that the server was told has none
 * @param reading why a store could not be read; null when all could
 */
public record Pass(List<Line> lines, String reading) {

  /**
   * One codebase.
   *
   * @param sessions how many there are now
   * @param changed how many of them the server had not, or not as they are now
   * @param removed how many it was told are gone
   * @param leftOut how many of them, the oldest, a list does not hold that this server takes
   * @param messages how many went out
   * @param bytes of the requests' content
   * @param problem why it, or the rest of it, waits for the next pass; null when nothing does
   */
  public record Line(String codebaseId, int sessions, int changed, int removed, int leftOut, int messages, int requests, long bytes,
      String problem) {
    /** Whether there is anything to say of it. */
    boolean says() {
      return sessions > 0 || requests > 0 || problem != null;
    }
  }

  /** How many sessions there are. */
  public int sessions() {
    return lines.stream().mapToInt(Line::sessions).sum();
  }

  /** What a person should know; null when all went well. */
  public String problem() {
    return Stream.concat(Stream.of(reading).filter(Objects::nonNull), lines.stream().map(Line::problem).filter(Objects::nonNull))
        .reduce((a, b) -> a + "; " + b).orElse(null);
  }
}
