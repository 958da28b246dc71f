package lib.agent;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.OptionalInt;
import java.util.concurrent.TimeUnit;

/**
 * A short command of an agent CLI, run to its end without input.
 *
 * @param exit empty when it did not end in time and was killed
 * @param text what it wrote to its output and stderr, as far as it is read
 */
record OneShot(OptionalInt exit, String text) {
  private static final int MOST_READ = 1 << 20; // a list of all models there are has some 200 KiB

  /**
   * Runs it. What it writes goes into a file for as long as it runs: a pipe could be held open by what it leaves behind, and
   * real ones cut what they write to one.
   *
   * @param directory a folder of ours; it runs there
   * @throws IOException when it cannot be started
   */
  static OneShot run(List<String> argv, Map<String, String> environment, Path directory, Duration longest)
      throws IOException, InterruptedException {
    var log = Files.createTempFile(directory, "probe", ".log");
    try {
      return run(argv, environment, directory, log, longest);
    } finally {
      if (!log.toFile().delete()) {
        log.toFile().deleteOnExit();
      }
    }
  }

  private static OneShot run(List<String> argv, Map<String, String> environment, Path directory, Path log, Duration longest)
      throws IOException, InterruptedException {
    var builder = new ProcessBuilder(argv).directory(directory.toFile()).redirectErrorStream(true)
        .redirectInput(Path.of("/dev/null").toFile()).redirectOutput(log.toFile());
    builder.environment().clear();
    builder.environment().putAll(environment);
    var process = builder.start();
    try {
      var exit = process.waitFor(longest.toMillis(), TimeUnit.MILLISECONDS) ? OptionalInt.of(process.exitValue()) : OptionalInt.empty();
      try (var in = Files.newInputStream(log)) {
        return new OneShot(exit, Rendering.plain(new String(in.readNBytes(MOST_READ), StandardCharsets.UTF_8)));
      }
    } finally {
      process.descendants().forEach(ProcessHandle::destroyForcibly);
      process.destroyForcibly();
    }
  }
}
