package lib.agent.adapter;

import module java.base;

/** A release of an agent CLI, as far as it decides what its command line takes: the first two or three numbers of its version. */
record SemanticVersion(int major, int minor, int patch) {
  private static final Pattern NUMBERS = Pattern.compile("(?<![\\d.])(\\d{1,6})\\.(\\d{1,6})(?:\\.(\\d{1,6}))?");

  /** The first release that a text names: {@code codex-cli 0.169.0} as well as {@code 2.1.197 (Claude Code)}. */
  static Optional<SemanticVersion> in(String text) {
    var found = NUMBERS.matcher(text == null ? "" : text);
    return !found.find() ? Optional.empty() : Optional.of(new SemanticVersion(Integer.parseInt(found.group(1)), Integer.parseInt(found.group(2)),
        found.group(3) == null ? 0 : Integer.parseInt(found.group(3))));
  }

  /** Whether a program that calls its version so is this release or a later one; false while the version is not known. */
  boolean isIn(String version) {
    return in(version).filter(other -> other.major != major ? other.major > major
        : other.minor != minor ? other.minor > minor : other.patch >= patch).isPresent();
  }
}
