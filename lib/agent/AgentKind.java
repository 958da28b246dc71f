package lib.agent;

import java.io.IOException;
import java.nio.file.Path;
import java.util.Optional;
import lib.agent.adapter.Adapter;
import lib.agent.adapter.Adapters;
import lib.agent.adapter.OpenCode;
import lib.core.Problem;

/**
 * Finds out which kind of agent CLI a program is: what the setting says, else what its name says, also that of the file a
 * link leads to, else what it answers to {@code --version}, and OpenCode where it answers nothing. Thread-safe.
 */
public final class AgentKind {
  private final AgentVersion version;

  /** @param version asks programs for their version, and remembers it */
  public AgentKind(AgentVersion version) {
    this.version = version;
  }

  /**
   * The program's adapter. Where its name does not tell, its version is waited for once.
   *
   * @param setting {@code agent_kind}
   * @throws Problem when it is none that is known
   */
  public Adapter of(Path program, String setting) throws InterruptedException {
    return setting.equals(Adapters.AUTO) ? recognised(program)
        : Adapters.of(setting).orElseThrow(() -> new IllegalStateException("no adapter for the setting's word " + setting));
  }

  /** The version as far as it is known by now; the first call has it asked. */
  public Optional<String> version(Path program) throws InterruptedException {
    try {
      return version.of(program);
    } catch (IOException e) {
      return Optional.empty(); // it has gone away since it was found
    }
  }

  /** The version, waited for; empty when the program does not tell. */
  public Optional<String> await(Path program) throws InterruptedException {
    try {
      return version.await(program);
    } catch (IOException e) {
      return Optional.empty(); // it has gone away since it was found
    }
  }

  /** Why the program's kind cannot be told, as far as it is known by now; empty while it may yet be, and when it is told. */
  public Optional<Problem> trouble(Path program, String setting) throws InterruptedException {
    try {
      if (!setting.equals(Adapters.AUTO) || named(program).isPresent() || !version.knows(program)) {
        return Optional.empty();
      }
      of(program, setting);
      return Optional.empty();
    } catch (IOException e) {
      return Optional.empty(); // it has gone away since it was found
    } catch (Problem e) {
      return Optional.of(e);
    }
  }

  private Adapter recognised(Path program) throws InterruptedException {
    try {
      var named = named(program);
      if (named.isPresent()) {
        return named.get();
      }
      var said = version.await(program).orElse("");
      if (said.isEmpty()) {
        return new OpenCode(); // a program that does not even tell its version is broken, of whatever kind: the quarantine deals with it
      }
      return Adapters.recognise(program.getFileName().toString(), said).orElseThrow(() -> unknown(program, said));
    } catch (IOException e) {
      throw new Problem("the agent CLI " + program + " cannot be looked at", String.valueOf(e.getMessage()), "correct agent_bin").from(e);
    }
  }

  private static Optional<Adapter> named(Path program) throws IOException {
    var named = Adapters.recognise(program.getFileName().toString(), "");
    return named.isPresent() ? named : Adapters.recognise(program.toRealPath().getFileName().toString(), "");
  }

  private static Problem unknown(Path program, String said) {
    return new Problem("what kind of agent CLI " + program + " is cannot be told",
        "it calls itself '" + said + "'",
        "set agent_kind to one of " + String.join(", ", Adapters.kinds()));
  }
}
