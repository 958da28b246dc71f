package lib.agent;

import module java.base;

/**
 * A program's answer to {@code --version}: the one thing that each agent CLI can do without a model, a login or a prompt.
 *
 * @param version its first line; empty when it says nothing
 * @param failure why that is no version; null when it is one
 */
record VersionProbe(String version, String failure) {
  private static final int MAX_SAID = 200; // a version is a word; a trace is not wanted
  private static final Duration LONGEST = Duration.ofSeconds(20); // a real one takes 0.6 s, and machines can be busy

  /**
   * Runs the program once, without input.
   *
   * @param directory a folder of ours: it runs there
   * @param mask masks secrets: an agent may quote its config, and the server learns why no task is taken
   */
  static VersionProbe run(Path program, Map<String, String> environment, Path directory, UnaryOperator<String> mask)
      throws InterruptedException {
    try {
      var shot = ShortCommand.run(List.of(program.toString(), "--version"), environment, directory, directory, LONGEST);
      return shot.exit().isEmpty() ? new VersionProbe("", "--version does not end") : judge(shot, mask);
    } catch (IOException e) {
      return new VersionProbe("", "it cannot be started: " + e.getMessage());
    }
  }

  /** What the program prints about its use, wherever; empty when it does not tell. */
  static String usage(Path program, Map<String, String> environment, Path directory) throws InterruptedException {
    try {
      var shot = ShortCommand.run(List.of(program.toString(), "--help"), environment, directory, directory, LONGEST);
      return shot.exit().isEmpty() ? "" : shot.out() + shot.err();
    } catch (IOException e) {
      return "";
    }
  }

  /** A version is on the output, since some CLIs warn on stderr; a failure is on stderr, if there is anything. */
  private static VersionProbe judge(ShortCommand shot, UnaryOperator<String> mask) {
    var code = shot.exit().getAsInt();
    var first = code == 0 ? shot.out() : shot.err();
    var said = firstLine(mask.apply(!first.isBlank() ? first : code == 0 ? shot.err() : shot.out()));
    return code != 0 ? new VersionProbe("", "--version ends with exit code " + code + (said.isEmpty() ? "" : ": " + said))
        : new VersionProbe(said, said.isEmpty() ? "--version says nothing" : null);
  }

  /** Masked before it is cut: a secret is masked whole or not at all. */
  private static String firstLine(String text) {
    var line = text.strip().split("\\R", 2)[0];
    return line.length() <= MAX_SAID ? line : line.substring(0, MAX_SAID);
  }
}
