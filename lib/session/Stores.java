package lib.session;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.function.Supplier;
import lib.config.Codebase;
import lib.config.Settings;
import lib.core.Clock;
import lib.core.Problem;

/** All agents' session stores on this machine, whether they are there yet or not. */
public final class Stores {
  private Stores() {}

  /**
   * One store for each kind of agent. Each has a memory of its own and is for one thread at a time.
   *
   * @param codebases what is offered now, without the one that stands for all other folders; asked again at each call, so that
   *     it may change, and quick to answer
   */
  public static List<SessionStore> of(Settings settings, Supplier<List<Codebase>> codebases, Clock time) {
    var env = settings.env();
    var homes = OwnerHomes.ofMachine();
    return List.of(new OpenCodeStore(() -> OpenCodePlace.clue(settings, codebases.get(), homes),
        () -> OpenCodePlace.of(settings, codebases.get(), homes, time), time),
        new CodeTetherStore(env, codebases, time), new ClaudeStore(ClaudeStore.place(env), time),
        new CodexStore(CodexStore.place(env), time));
  }

  /**
   * Where sessions are read from, for people.
   *
   * @param kind in the words of {@code agent_kind}
   * @param why how it was chosen
   * @param there whether the agent has made it yet
   * @param problem what has to be said aloud about it; null for nothing
   */
  public record Place(String kind, Path path, String why, boolean there, Problem problem) {}

  /** The place of each store in {@link #of}. */
  public static List<Place> places(Settings settings, List<Codebase> codebases, Clock time) {
    var env = settings.env();
    var opencode = OpenCodePlace.of(settings, codebases, OwnerHomes.ofMachine(), time);
    var codetether = new CodeTetherStore(env, () -> codebases, time).location();
    return List.of(new Place(OpenCodeForm.KIND, opencode.shown(), opencode.why(), opencode.there(), opencode.problem()),
        place(CodeTetherStore.KIND, codetether,
            env.var("CODETETHER_DATA_DIR") == null ? "codebases, user's data folder" : "CODETETHER_DATA_DIR"),
        place(ClaudeStore.KIND, ClaudeStore.place(env), env.var("CLAUDE_CONFIG_DIR") == null ? "user's home" : "CLAUDE_CONFIG_DIR"),
        place(CodexStore.KIND, CodexStore.place(env).resolve("sessions"), env.var("CODEX_HOME") == null ? "user's home" : "CODEX_HOME"));
  }

  private static Place place(String kind, Path path, String why) {
    return new Place(kind, path, why, Files.isDirectory(path), null);
  }
}
