package lib.session.sync;

import module java.base;
import lib.config.Codebase;
import lib.config.Settings;
import lib.core.Problem;
import lib.session.SessionStore;
import lib.session.codetether.CodeTetherStore;
import lib.session.jsonl.ClaudeStore;
import lib.session.jsonl.CodexStore;
import lib.session.opencode.HomeDirectories;
import lib.session.opencode.OpenCodeLocations;
import lib.session.opencode.OpenCodeStore;

/** The session stores of all agents on this machine. Each store has a memory; for one thread at a time. */
public final class SessionStores {
  private final Settings settings;
  private final Supplier<List<Codebase>> codebases;
  private final HomeDirectories homes = new HomeDirectories(Path.of("/etc/passwd"));
  private final Map<Path, SessionStore> opencode = new LinkedHashMap<>(); // one that vanishes stays, so that its sessions do
  private final List<SessionStore> others;

  /** @param codebases those offered now, without the global one; asked at each call */
  public SessionStores(Settings settings, Supplier<List<Codebase>> codebases) {
    this.settings = settings;
    this.codebases = codebases;
    var env = settings.env();
    this.others = List.of(new CodeTetherStore(env, codebases), new ClaudeStore(ClaudeStore.location(env)),
        new CodexStore(CodexStore.location(env)));
  }

  /** All stores: a location of OpenCode that exists by now is among them, and stays. */
  public List<SessionStore> all() {
    OpenCodeLocations.find(settings, codebases.get(), homes)
        .forEach(location -> opencode.computeIfAbsent(location.storage(), storage -> new OpenCodeStore(location)));
    var all = new ArrayList<>(opencode.values());
    all.addAll(others);
    return all;
  }

  /**
   * Where sessions are read from, for people.
   *
   * @param kind as in {@code agent_kind}
   * @param why how it was found
   * @param exists whether the agent has made it
   * @param problem what to tell people about it; null for nothing
   */
  public record Location(String kind, Path path, String why, boolean exists, Problem problem) {}

  /** The locations of {@link #all}. */
  public List<Location> locations() {
    var all = new ArrayList<Location>();
    OpenCodeLocations.find(settings, codebases.get(), homes).forEach(location ->
        all.add(new Location(OpenCodeLocations.KIND, location.shown(), location.why(), location.exists(), location.problem())));
    var variables = Map.of(CodeTetherStore.KIND, "CODETETHER_DATA_DIR", ClaudeStore.KIND, "CLAUDE_CONFIG_DIR", CodexStore.KIND, "CODEX_HOME");
    for (var store : others) {
      var variable = variables.get(store.kind());
      var usual = store.kind().equals(CodeTetherStore.KIND) ? "codebases, user's data folder" : "user's home";
      all.add(new Location(store.kind(), store.location(), settings.env().var(variable) == null ? usual : variable,
          Files.isDirectory(store.location()), null));
    }
    return all;
  }
}
