package lib.agent;

import java.io.IOException;
import java.nio.file.Path;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.FutureTask;
import java.util.function.Supplier;
import java.util.function.UnaryOperator;

/**
 * What the agent CLI calls its version. Asking takes a real one 0.6 s, so it is asked once in the background, and again when
 * the program has changed. Thread-safe.
 */
public final class AgentVersion {
  private record Asked(ProgramFile program, FutureTask<Optional<String>> answer) {}

  private final Supplier<Map<String, String>> environment;
  private final Path directory;
  private final UnaryOperator<String> mask;
  private Asked last;

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
  public Optional<String> of(Path path) throws IOException, InterruptedException {
    var asked = asked(path);
    return asked.isDone() ? answer(asked) : Optional.empty();
  }

  /** Whether the program has answered by now, or has failed to; the first call has it asked. */
  public boolean knows(Path path) throws IOException {
    return asked(path).isDone();
  }

  /** The version, waited for as long as a probe takes; empty when the program does not tell. */
  public Optional<String> await(Path path) throws IOException, InterruptedException {
    return answer(asked(path));
  }

  private synchronized FutureTask<Optional<String>> asked(Path path) throws IOException {
    var program = ProgramFile.of(path);
    if (last == null || !program.equals(last.program)) {
      last = new Asked(program, new FutureTask<>(() -> ask(path)));
      Thread.ofVirtual().name("agent version").start(last.answer);
    }
    return last.answer;
  }

  private static Optional<String> answer(FutureTask<Optional<String>> asked) throws InterruptedException {
    try {
      return asked.get();
    } catch (ExecutionException e) {
      throw new IllegalStateException("asking for the agent's version", e.getCause());
    }
  }

  private Optional<String> ask(Path path) throws InterruptedException {
    var probe = AgentProbe.run(path, environment.get(), directory, mask);
    return probe.works() && !probe.said().isBlank() ? Optional.of(probe.said()) : Optional.empty();
  }
}
