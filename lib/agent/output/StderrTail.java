package lib.agent.output;

import module java.base;

/** Keeps the last lines of an agent's stderr for its error message. Not thread-safe. */
final class StderrTail {
  private static final int MAX_LINES = 20; // as many as an error message quotes
  private static final int MAX_CHARS = 500; // a trace's line, not a dump
  private static final Pattern ERROR = Pattern.compile("\\s*(?:error|fatal)(?:\\[\\w+\\])?:\\s+(.*\\w.*)", Pattern.CASE_INSENSITIVE);

  private final Deque<String> lines = new ArrayDeque<>();

  void add(String line) {
    if (lines.size() == MAX_LINES) {
      lines.removeFirst();
    }
    lines.add(line.length() <= MAX_CHARS ? line : line.substring(0, MAX_CHARS) + "…");
  }

  /** The error that stands there, or all that stands there if that is one line; null when neither is so. */
  String error() {
    var named = lines.stream().map(ERROR::matcher).filter(Matcher::matches).map(error -> error.group(1).strip()).findFirst();
    var said = lines.stream().map(String::strip).filter(line -> !line.isEmpty()).toList();
    return named.orElse(said.size() == 1 ? said.getFirst() : null);
  }

  @Override
  public String toString() {
    return String.join("\n", lines).strip();
  }
}
