package lib.agent;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.util.Map;
import java.util.Optional;
import java.util.function.Supplier;
import java.util.function.UnaryOperator;

/**
 * What the agent CLI calls its version. Asking takes a real one 0.6 s, so it is asked once in the background, and again when
 * the program has changed. Thread-safe.
 */
public final class AgentVersion {
  private record Program(Path path, FileTime changed) {}

  private final Supplier<Map<String, String>> environment;
  private final Path directory;
  private final UnaryOperator<String> mask;
  private Program asked;
  private String version;

  /**
   * Nothing is asked yet.
   *
   * @param environment what the program gets
   * @param directory a folder of ours
   * @param mask masks secrets
   */
  public AgentVersion(Supplier<Map<String, String>> environment, Path directory, UnaryOperator<String> mask) {
    this.environment = environment;
    this.directory = directory;
    this.mask = mask;
  }

  /** The version; empty while it is being asked, or when the program does not tell. */
  public synchronized Optional<String> of(Path path) throws IOException {
    var program = new Program(path, Files.getLastModifiedTime(path));
    if (!program.equals(asked)) {
      asked = program;
      version = null;
      Thread.ofVirtual().name("agent version").start(() -> ask(program));
    }
    return Optional.ofNullable(version);
  }

  private void ask(Program program) {
    try {
      var probe = AgentProbe.run(program.path, environment.get(), directory, mask);
      learn(program, probe.works() && !probe.said().isBlank() ? probe.said() : null);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt(); // nobody does; it would stay unknown
    }
  }

  private synchronized void learn(Program program, String said) {
    if (program.equals(asked)) {
      version = said;
    }
  }
}
