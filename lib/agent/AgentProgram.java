package lib.agent;

import module java.base;
import lib.agent.acp.Acp;
import lib.agent.adapter.PlainCommand;
import lib.config.Settings;
import lib.config.SettingsTable;
import lib.core.Environment;
import lib.core.Problem;

/**
 * The agent CLI on this machine.
 *
 * @param path the program
 * @param why how it was found, for people
 */
public record AgentProgram(Path path, String why) {
  /** The kinds of any program, so that none can be looked for. */
  private static final Set<String> ANY = Set.of(PlainCommand.KIND, Acp.KIND);
  /** Looked for in this order when no {@code agent_bin} is set. */
  private static final List<String> NAMES = List.of("agent", "opencode", "codetether", "claude", "codex");

  /**
   * A program as its file looked: while it looks so still, what it said of itself holds. Links are followed. An installer may give
   * every release the same time, but not the same place on the disk.
   *
   * @param place the file's number on its disk, or null where there is none
   */
  record Identity(Path path, FileTime changed, long size, Object place) {}

  /** @throws IOException when it is gone */
  Identity identity() throws IOException {
    var file = Files.readAttributes(path, BasicFileAttributes.class);
    return new Identity(path, file.lastModifiedTime(), file.size(), file.fileKey());
  }

  /** The CLI that the settings name or that is found; empty when there is none. */
  public static Optional<AgentProgram> find(Settings settings) {
    var env = settings.env();
    var named = settings.get(SettingsTable.AGENT_BIN);
    if (named != null) {
      var path = named.contains("/") ? Optional.of(Path.of(named)).filter(Environment::isProgram) : env.program(named);
      return path.map(p -> new AgentProgram(p, "agent_bin (" + settings.origin(SettingsTable.AGENT_BIN).where() + ")"));
    }
    if (ANY.contains(settings.get(SettingsTable.AGENT_KIND))) {
      return Optional.empty();
    }
    return NAMES.stream().flatMap(name -> env.program(name).map(path -> new AgentProgram(path, name + " on the PATH")).stream())
        .findFirst().or(() -> folders(env).stream().flatMap(folder -> NAMES.stream().filter(name -> Environment.isProgram(folder.resolve(name)))
            .map(name -> new AgentProgram(folder.resolve(name), name + " in " + folder))).findFirst());
  }

  /**
   * The CLI to run.
   *
   * @throws Problem saying what was looked for and how to get one
   */
  public static AgentProgram require(Settings settings) {
    return find(settings).orElseThrow(() -> absence(settings));
  }

  /** What there is to say when none is found. */
  public static Problem absence(Settings settings) {
    var named = settings.get(SettingsTable.AGENT_BIN);
    var kind = settings.get(SettingsTable.AGENT_KIND);
    return named == null && ANY.contains(kind)
        ? new Problem("no agent CLI is named", "agent_kind is " + kind + " (" + settings.origin(SettingsTable.AGENT_KIND).where()
            + "), which may be any program, and agent_bin is not set", "set agent_bin to the program, or leave agent_kind out")
        : named != null
        ? new Problem("the agent CLI " + named + " is not a program here", "agent_bin names it ("
            + settings.origin(SettingsTable.AGENT_BIN).where() + "), and " + lack(named), "correct agent_bin, or leave it out to have one looked for")
        : new Problem("no agent CLI was found", "looked for " + String.join(", ", NAMES) + " on the PATH and in "
            + String.join(", ", folders(settings.env()).stream().map(Path::toString).toList()),
            "install one (npm install -g opencode-ai), set agent_bin, or try the loop without one: --agent-type echo");
  }

  private static String lack(String named) {
    return !named.contains("/") ? "it is not on the PATH" : Files.isRegularFile(Path.of(named)) ? "it may not be executed"
        : "there is no such file";
  }

  private static List<Path> folders(Environment env) {
    return List.of(env.home().resolve(".local/bin"), env.home().resolve("bin"), Path.of("/usr/local/bin"));
  }
}
