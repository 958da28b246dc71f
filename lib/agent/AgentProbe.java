package lib.agent;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Map;
import java.util.concurrent.TimeUnit;
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
  private static final int MAX_READ = 64 << 10; // a secret is masked whole or not at all, so more is read than is said
  private static final Duration LONGEST = Duration.ofSeconds(20); // a real one takes 0.6 s, and machines can be busy

  /**
   * Runs it once, without input.
   *
   * @param directory a folder of ours: it runs there, and what it says goes into a file there for as long as it runs, since a
   *     pipe could be held open by what it leaves behind
   * @param mask masks secrets: an agent may quote its config, and the server is told why no task is taken
   */
  public static AgentProbe run(Path program, Map<String, String> environment, Path directory, UnaryOperator<String> mask)
      throws InterruptedException {
    Path log = null;
    try {
      log = Files.createTempFile(directory, "probe", ".log");
      return run(program, environment, directory, log, mask);
    } catch (IOException e) {
      return new AgentProbe(false, "it cannot be started: " + e.getMessage());
    } finally {
      if (log != null && !log.toFile().delete()) {
        log.toFile().deleteOnExit();
      }
    }
  }

  private static AgentProbe run(Path program, Map<String, String> environment, Path directory, Path log,
      UnaryOperator<String> mask) throws IOException, InterruptedException {
    var builder = new ProcessBuilder(program.toString(), "--version").directory(directory.toFile()).redirectErrorStream(true)
        .redirectInput(Path.of("/dev/null").toFile()).redirectOutput(log.toFile());
    builder.environment().clear();
    builder.environment().putAll(environment);
    var process = builder.start();
    try {
      return !process.waitFor(LONGEST.toMillis(), TimeUnit.MILLISECONDS) ? new AgentProbe(false, "--version does not end")
          : judge(process.exitValue(), first(log, mask));
    } finally {
      process.descendants().forEach(ProcessHandle::destroyForcibly);
      process.destroyForcibly();
    }
  }

  private static AgentProbe judge(int code, String said) {
    return code == 0 ? new AgentProbe(true, said)
        : new AgentProbe(false, "--version ends with exit code " + code + (said.isEmpty() ? "" : ": " + said));
  }

  private static String first(Path log, UnaryOperator<String> mask) throws IOException {
    try (var in = Files.newInputStream(log)) {
      var text = Rendering.plain(new String(in.readNBytes(MAX_READ), StandardCharsets.UTF_8));
      var line = mask.apply(text).strip().split("\\R", 2)[0];
      return line.length() <= MAX_SAID ? line : line.substring(0, MAX_SAID);
    }
  }
}
