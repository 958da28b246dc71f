package tests;

import module java.base;

/**
 * The program's classes as the JVM keeps them in a file, beside the jar with the tests: the suite starts the program some
 * hundred times, and each start then takes half the processor time. Thread-safe.
 */
final class StartupCache {
  private static final long MAKING = 120; // seconds, at most; it takes 10 on an idle machine

  private static List<String> options;

  private StartupCache() {}

  /** The options that a command gets which begins with these words; none where there is no jar, or the file cannot be made. */
  static synchronized List<String> options(List<String> java) {
    if (options == null) {
      options = find(java);
    }
    return options;
  }

  private static List<String> find(List<String> java) {
    var jar = Path.of(System.getProperty("java.class.path").split(":")[0]).toAbsolutePath();
    var file = jar.resolveSibling("startup.aot");
    try {
      return jar.toString().endsWith(".jar") && (Files.exists(file) || make(java, file))
          ? List.of("-XX:AOTCache=" + file, "-XX:+UnlockDiagnosticVMOptions", "-XX:ArchiveRelocationMode=0") : List.of(); // a random place costs 80 ms
    } catch (IOException e) {
      return List.of(); // slower, and no less true
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      return List.of();
    }
  }

  /** Runs one task, so that the classes of server, worker and agent are in it. */
  private static boolean make(List<String> java, Path file) throws IOException, InterruptedException {
    var home = Files.createDirectories(file.resolveSibling("startup-" + ProcessHandle.current().pid()));
    var made = home.resolve("made.aot");
    var command = new ArrayList<>(java);
    command.addAll(List.of("-XX:AOTCacheOutput=" + made, "-cp", System.getProperty("java.class.path"), "worker", "run", "--local", "--port", "0",
        "--agent-bin", Project.file("tests/fake/agent.sh").toString(), "--task", "talk hello"));
    var builder = new ProcessBuilder(command).directory(home.toFile()).redirectErrorStream(true).redirectOutput(home.resolve("log").toFile());
    builder.environment().clear();
    builder.environment().putAll(Program.environment(home, Map.of()));
    var process = builder.start();
    if (process.waitFor(MAKING, TimeUnit.SECONDS) && Files.exists(made)) {
      Files.move(made, file, StandardCopyOption.ATOMIC_MOVE);
      return true;
    }
    process.destroyForcibly();
    return false;
  }
}
