package lib.session.sync;

import module java.base;

/**
 * The result of one pass over all stores.
 *
 * @param lines a line for each codebase with sessions, requests or a problem
 * @param readProblem why a store could not be read; null when all could
 */
public record SyncResult(List<Line> lines, String readProblem) {

  /**
   * One codebase.
   *
   * @param sessions how many there are
   * @param leftOut how many of them, the oldest, the list leaves out
   * @param messages how many went out
   * @param bytes of the requests' content
   * @param problem why the rest waits for the next pass; null when nothing does
   */
  public record Line(String codebaseId, int sessions, int leftOut, int messages, int requests, long bytes, String problem) {
    boolean isEmpty() {
      return sessions == 0 && requests == 0 && problem == null;
    }
  }

  /** How many sessions there are. */
  public int sessions() {
    return lines.stream().mapToInt(Line::sessions).sum();
  }

  /** All problems in one line; null when there is none. */
  public String problem() {
    var all = Stream.concat(Stream.of(this).map(SyncResult::readProblem), lines.stream().map(Line::problem)).filter(Objects::nonNull)
        .collect(Collectors.joining("; "));
    return all.isEmpty() ? null : all;
  }
}
