package lib.agent;

import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.function.UnaryOperator;

/**
 * Whether an agent CLI starts at all: {@code --version} is the one thing that each can do without a model, a login or a
 * prompt.
 *
 * @param works whether it ended with 0 in time
 * @param said its first line, or why it does not work
 */
public record AgentProbe(boolean works, String said) {
  private static final int MAX_SAID = 200; // a version is a word; a trace is not wanted
  private static final Duration LONGEST = Duration.ofSeconds(20); // a real one takes 0.6 s, and machines can be busy

  /**
   * Runs it once, without input.
   *
   * @param directory a folder of ours: it runs there
   * @param mask masks secrets: an agent may quote its config, and the server is told why no task is taken
   */
  public static AgentProbe run(Path program, Map<String, String> environment, Path directory, UnaryOperator<String> mask)
      throws InterruptedException {
    try {
      var shot = ShortCommand.run(List.of(program.toString(), "--version"), environment, directory, LONGEST);
      return shot.exit().isEmpty() ? new AgentProbe(false, "--version does not end")
          : judge(shot, mask);
    } catch (IOException e) {
      return new AgentProbe(false, "it cannot be started: " + e.getMessage());
    }
  }

  /** A version is its output, since some warn of this and that beside it; a failure is told on stderr, if it is told there. */
  private static AgentProbe judge(ShortCommand shot, UnaryOperator<String> mask) {
    var code = shot.exit().getAsInt();
    var works = code == 0;
    var first = works ? shot.out() : shot.err();
    var said = first(mask.apply(!first.isBlank() ? first : works ? shot.err() : shot.out()));
    return works ? new AgentProbe(true, said)
        : new AgentProbe(false, "--version ends with exit code " + code + (said.isEmpty() ? "" : ": " + said));
  }

  /** Masked before it is cut: a secret is masked whole or not at all. */
  private static String first(String text) {
    var line = text.strip().split("\\R", 2)[0];
    return line.length() <= MAX_SAID ? line : line.substring(0, MAX_SAID);
  }
}
