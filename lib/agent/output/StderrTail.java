package lib.agent.output;

import module java.base;

/** Keeps the last lines of an agent's stderr for its error message. Not thread-safe. */
final class StderrTail {
  private static final int MAX_LINES = 20; // as many as an error message quotes
  private static final int MAX_CHARS = 500; // a trace's line, not a dump
  private static final Pattern ERROR = Pattern.compile("\\s*(?:[\\w.]*(?:error|exception)|fatal)(?:\\[\\w+\\])?:\\s+(.*\\w.*)",
      Pattern.CASE_INSENSITIVE);
  private static final Pattern WARNING = Pattern.compile("\\s*warn(ing)?\\b.*", Pattern.CASE_INSENSITIVE);

  private final Deque<String> lines = new ArrayDeque<>();

  void add(String line) {
    if (lines.size() == MAX_LINES) {
      lines.removeFirst();
    }
    lines.add(line.length() <= MAX_CHARS ? line : line.substring(0, MAX_CHARS) + "…");
  }

  /**
   * The error that stands there, else the last line; null for none.
   *
   * @param isOnlyLine whether a last line counts only when it is the only one: the rest of a log or a trace says nothing
   */
  String error(boolean isOnlyLine) {
    var named = lines.stream().map(ERROR::matcher).filter(Matcher::matches).map(error -> error.group(1).strip()).findFirst();
    var said = lines.stream().filter(line -> !line.isBlank() && !WARNING.matcher(line).matches()).map(String::strip).toList();
    return named.orElse(said.size() == 1 || !isOnlyLine && !said.isEmpty() ? said.getLast() : null);
  }

  @Override
  public String toString() {
    return String.join("\n", lines).strip();
  }
}
