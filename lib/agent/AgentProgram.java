package lib.agent;

import module java.base;
import lib.agent.adapter.Adapter;
import lib.agent.process.Adapters;
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
  private static final int MAX_FIRST_LINE = 256; // as the kernel reads it
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
    if (isAny(settings.get(SettingsTable.AGENT_KIND))) {
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
    return find(settings).filter(program -> program.lack(settings.env()).isEmpty()).orElseThrow(() -> absence(settings));
  }

  /** What there is to say when none is found, or the one that is found cannot be started. */
  public static Problem absence(Settings settings) {
    var lack = find(settings).flatMap(program -> program.lack(settings.env()));
    if (lack.isPresent()) {
      return new Problem("no agent can be started", lack.get(), "install that, or add its folder to the PATH of the worker");
    }
    var named = settings.get(SettingsTable.AGENT_BIN);
    var kind = settings.get(SettingsTable.AGENT_KIND);
    return named == null && isAny(kind)
        ? new Problem("no agent CLI is named", "agent_kind is " + kind + " (" + settings.origin(SettingsTable.AGENT_KIND).where()
            + "), which may be any program, and agent_bin is not set", "set agent_bin to the program, or leave agent_kind out")
        : named != null
        ? new Problem("the agent CLI " + named + " is not a program here", "agent_bin names it ("
            + settings.origin(SettingsTable.AGENT_BIN).where() + "), and " + lack(named), "correct agent_bin, or leave it out to have one looked for")
        : new Problem("no agent CLI was found", "looked for " + String.join(", ", NAMES) + " on the PATH and in "
            + String.join(", ", folders(settings.env()).stream().map(Path::toString).toList()),
            "install one (npm install -g opencode-ai), set agent_bin, or try the loop without one: --agent-type echo");
  }

  /** The interpreter that this script needs and that is not there, for people; empty when it can be started. */
  Optional<String> lack(Environment env) {
    return interpreter().filter(name -> name.startsWith("/") ? !Files.exists(Path.of(name)) : beside(name).isEmpty() && env.program(name).isEmpty())
        .map(name -> "the agent CLI " + path + " needs " + name + ", which is not there" + (name.startsWith("/") ? "" : ": neither on the PATH nor beside it"));
  }

  /** The folder that its PATH lacks: that of the interpreter beside it, with which its installer put it there. */
  Optional<Path> interpreterFolder() {
    return interpreter().filter(name -> !name.startsWith("/")).flatMap(this::beside);
  }

  /** What its first line has it run by: a path, or a name that {@code env} looks for. */
  private Optional<String> interpreter() {
    try (var in = Files.newInputStream(path)) {
      var line = new String(in.readNBytes(MAX_FIRST_LINE), StandardCharsets.ISO_8859_1).lines().findFirst().orElse("");
      var words = List.of(line.replaceFirst("^#! *", "").split("[ \\t]+"));
      return !line.startsWith("#!") ? Optional.empty() : !words.getFirst().endsWith("/env") ? Optional.of(words.getFirst())
          : words.stream().skip(1).filter(word -> !word.startsWith("-") && !word.contains("=")).findFirst();
    } catch (IOException e) {
      return Optional.empty(); // a program may be one that can be run and not read
    }
  }

  /** The folder of this link, or of one that it leads over, in which there is such a program. */
  private Optional<Path> beside(String name) {
    try {
      for (var place = path; ; place = place.resolveSibling(Files.readSymbolicLink(place)).normalize()) {
        if (Environment.isProgram(place.resolveSibling(name))) {
          return Optional.of(place.getParent());
        }
        if (!Files.isSymbolicLink(place)) {
          return Optional.empty();
        }
      }
    } catch (IOException e) {
      return Optional.empty();
    }
  }

  private static boolean isAny(String kind) {
    return Adapters.of(kind).filter(Adapter::isAnyProgram).isPresent();
  }

  private static String lack(String named) {
    return !named.contains("/") ? "it is not on the PATH" : Files.isRegularFile(Path.of(named)) ? "it may not be executed"
        : "there is no such file";
  }

  private static List<Path> folders(Environment env) {
    var own = Stream.of(".local/bin", "bin", ".opencode/bin", ".claude/local", ".bun/bin", ".volta/bin", ".cargo/bin").map(env.home()::resolve);
    return Stream.of(own, Stream.of(Path.of("/usr/local/bin")), nvm(env)).flatMap(folders -> folders).toList();
  }

  private static int[] numbers(String release) {
    return Stream.of(release.substring(1).split("\\.")).mapToInt(Integer::parseInt).toArray();
  }

  /** Where nvm keeps each release of Node with what was installed by it, the latest first. */
  private static Stream<Path> nvm(Environment env) {
    var folder = env.path(env.var("NVM_DIR") == null ? "~/.nvm" : env.var("NVM_DIR"), env.cwd()).resolve("versions/node");
    var releases = Objects.requireNonNullElse(folder.toFile().list(), new String[0]);
    return Stream.of(releases).filter(release -> release.matches("v\\d{1,9}(\\.\\d{1,9}){2}"))
        .sorted(Comparator.comparing(AgentProgram::numbers, Arrays::compare).reversed())
        .map(release -> folder.resolve(release + "/bin"));
  }
}
