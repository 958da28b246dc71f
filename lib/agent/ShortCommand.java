package lib.agent;

import module java.base;
import lib.agent.process.Orphans;
import lib.core.PrintableText;

/**
 * A short command of an agent CLI, run to its end without input.
 *
 * @param exit empty when it did not end in time and was killed
 * @param out what it wrote to its output, as far as it is read
 * @param err what it wrote to stderr, as far as it is read
 */
record ShortCommand(OptionalInt exit, String out, String err) {
  private static final int MOST_READ = 4 << 20; // Codex's catalogue has 700 KiB

  /**
   * Runs it. What it writes goes into files for as long as it runs: a pipe could be held open by what it leaves behind, and
   * real ones cut what they write to one.
   *
   * @param directory a folder of ours, for those files
   * @param folder where it runs
   * @throws IOException when it cannot be started
   */
  static ShortCommand run(List<String> argv, Map<String, String> environment, Path directory, Path folder, Duration longest)
      throws IOException, InterruptedException {
    var out = Files.createTempFile(directory, "probe", ".out");
    var err = Files.createTempFile(directory, "probe", ".err");
    var builder = new ProcessBuilder(argv).directory(folder.toFile()).redirectInput(Path.of("/dev/null").toFile())
        .redirectOutput(out.toFile()).redirectError(err.toFile());
    builder.environment().clear();
    builder.environment().putAll(environment);
    try {
      var process = Orphans.spawn(builder);
      try {
        var exit = process.waitFor(longest.toMillis(), TimeUnit.MILLISECONDS) ? OptionalInt.of(process.exitValue()) : OptionalInt.empty();
        return new ShortCommand(exit, read(out), read(err));
      } finally {
        process.descendants().forEach(ProcessHandle::destroyForcibly);
        process.destroyForcibly();
      }
    } finally {
      Files.deleteIfExists(out);
      Files.deleteIfExists(err);
    }
  }

  private static String read(Path log) throws IOException {
    try (var in = Files.newInputStream(log)) {
      return PrintableText.withoutEscapes(new String(in.readNBytes(MOST_READ), StandardCharsets.UTF_8));
    }
  }
}
