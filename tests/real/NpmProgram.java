package tests.real;

import module java.base;
import org.opentest4j.TestAbortedException;

/** A real agent CLI: one binary, got through npm once and kept in the cache folder. */
final class NpmProgram {
  private static final int MINUTES = 5; // each is 180 to 300 MB

  /** This machine's processor, as npm packages call it. */
  static final String ARCH = System.getProperty("os.arch").equals("aarch64") ? "arm64" : "x64";

  private NpmProgram() {}

  /**
   * The binary; aborts the test, aloud, where it cannot be had.
   *
   * @param name what to keep it as
   * @param spec the package and its version
   * @param inside where it lies in the package's folder
   */
  static synchronized Path binary(String name, String spec, String inside) throws IOException, InterruptedException {
    var base = System.getenv("XDG_CACHE_HOME") != null ? Path.of(System.getenv("XDG_CACHE_HOME"))
        : Path.of(System.getenv().getOrDefault("HOME", System.getProperty("user.home")), ".cache");
    var kept = base.resolve("a2a-worker/tests").resolve(name);
    if (Files.isExecutable(kept)) {
      return kept;
    }
    var fresh = Files.createTempDirectory(Files.createDirectories(kept.getParent()), "npm"); // beside it, so that a move is whole
    try {
      install(fresh, spec);
      return Files.move(fresh.resolve("node_modules").resolve(spec.substring(0, spec.lastIndexOf('@'))).resolve(inside), kept);
    } finally {
      try (var files = Files.walk(fresh)) {
        for (var file : files.sorted(Comparator.reverseOrder()).toList()) {
          Files.delete(file);
        }
      }
    }
  }

  private static void install(Path folder, String spec) throws IOException, InterruptedException {
    Files.writeString(folder.resolve("package.json"), "{\"private\":true}");
    var log = folder.resolve("npm.log");
    Process npm;
    try {
      npm = new ProcessBuilder(List.of("npm", "install", "--ignore-scripts", "--no-audit", "--no-fund", spec)).directory(folder.toFile())
          .redirectErrorStream(true).redirectOutput(log.toFile()).start();
    } catch (IOException e) {
      throw new TestAbortedException("a real agent needs npm, which is not here: " + e.getMessage());
    }
    if (!npm.waitFor(MINUTES, TimeUnit.MINUTES) || npm.exitValue() != 0) {
      npm.descendants().forEach(ProcessHandle::destroyForcibly);
      npm.destroyForcibly();
      throw new TestAbortedException("npm could not install " + spec + ": " + Files.readString(log));
    }
  }

  /**
   * A program named {@code agent} in this folder, which is the binary with these variables. Whatever else it wants from the network
   * is refused at once: a closed port is its proxy.
   */
  static Path wrapper(Path folder, Path binary, Map<String, String> variables) throws IOException {
    var script = new StringBuilder("export HTTPS_PROXY=http://127.0.0.1:9 HTTP_PROXY=http://127.0.0.1:9 NO_PROXY=127.0.0.1,localhost\n");
    variables.forEach((name, value) -> script.append("export ").append(name).append("='").append(value).append("'\n"));
    return script(folder.resolve("agent"), script + "exec '" + binary + "' \"$@\"\n");
  }

  /** A program of this text. */
  static Path script(Path program, String text) throws IOException {
    Files.writeString(program, "#!/bin/sh\n" + text);
    if (!program.toFile().setExecutable(true)) {
      throw new IOException(program + " cannot be made executable");
    }
    return program;
  }
}
