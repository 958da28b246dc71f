package lib.agent.adapter;

import module java.base;
import com.fasterxml.jackson.databind.node.ObjectNode;
import lib.config.ArgumentTemplate;
import lib.core.Environment;

/**
 * One kind of agent CLI: how it is started without a terminal, and what its lines mean. Adding a kind is one class like the
 * others here, a row in {@code Adapters}, and a table of its lines in the tests. Without state and thread-safe: a line means
 * the same for every reader and at every reading, since several read an attempt, and again after a restart.
 */
public interface Adapter {
  /** The file of the messages to an agent that reads some, a line each. */
  String SENT = "sent";

  /**
   * What is to be run.
   *
   * @param program the CLI
   * @param version what it calls its version; null while unknown
   * @param agent the task's agent type
   * @param model {@code provider/model}; null when the CLI may choose
   * @param session the session to continue; null for a new one
   * @param approval what it may do without being asked
   * @param args the setting {@code agent_args}
   * @param prompt what it is to do, for CLIs that want it as an argument
   * @param promptFile a file that holds the prompt, for CLIs that want one
   * @param directory where it works
   */
  record LaunchSpec(Path program, String version, String agent, String model, String session, Approval approval, List<String> args,
      String prompt, Path promptFile, Path directory) {
    /** The same in a new session. */
    public LaunchSpec fresh() {
      return new LaunchSpec(program, version, agent, model, null, approval, args, prompt, promptFile, directory);
    }

    /** The program and the arguments of the setting, with the task's values in place of their placeholders. */
    List<String> filled() {
      var values = new HashMap<>(Map.of("agent", agent, "prompt_file", promptFile.toString(), "directory", directory.toString()));
      values.put("model", model);
      values.put("session", session);
      return Stream.concat(Stream.of(program.toString()), ArgumentTemplate.filled(args, values).stream()).toList();
    }
  }

  /** What an agent may do that nobody is there to approve. */
  enum Approval {
    /** What its own configuration says, and nothing more. */
    CONFIGURED,
    /** Change files in its folder; whatever else its configuration says. */
    EDITS,
    /** All it likes. */
    ALL
  }

  /**
   * A line, read.
   *
   * @param events what it says, in order; never empty
   * @param sessionId the agent's session, or null when the line names none
   */
  record Line(List<AgentEvent> events, String sessionId) {
    public static Line of(AgentEvent event, String sessionId) {
      return new Line(List.of(event), sessionId);
    }

    public static Line plain(String text) {
      return of(new AgentEvent.RawLine(text), null);
    }
  }

  /** The word for it in the setting {@code agent_kind}. */
  String kind();

  /**
   * Whether any program may be of this kind, with the arguments of the setting. Then only the setting says so, none is looked for, and
   * it runs for tasks alone, since nobody knows what it does with {@code --version}.
   */
  default boolean isAnyProgram() {
    return false;
  }

  /**
   * Whether a program is of this kind. Never of one that any program may be of.
   *
   * @param name the program's file name, without its folder
   * @param said its answer to {@code --version}, one line, or to {@code --help}; empty when it was not asked
   */
  default boolean recognizes(String name, String said) {
    return false;
  }

  /** The program and its arguments, those of the setting unless a kind has its own. They are never seen by a shell. */
  default List<String> argv(LaunchSpec ask) {
    return ask.filled();
  }

  /** An option and its value; nothing for a value that is null. */
  static List<String> option(String name, String value) {
    return value == null ? List.of() : List.of(name, value);
  }

  /** Whether its arguments depend on its version, so that this is to be waited for. */
  default boolean argvDependsOnVersion(Approval approval) {
    return false;
  }

  /**
   * Whether the prompt comes on its standard input: exact bytes, no limit of 128 KiB, never taken for an option, not in the
   * process list. Otherwise the input is empty and the prompt is in {@link LaunchSpec#promptFile}.
   */
  default boolean promptOnInput(LaunchSpec ask) {
    return true;
  }

  /** The prompt as it is written to its standard input or the file. */
  default String prompt(String text) {
    return text;
  }

  /** The command that lists the models it can use, without asking anybody for them; empty when it has no such command. */
  default List<String> modelsArgv(Path program) {
    return List.of();
  }

  /** Reads what that command printed: {@code provider/model} each. */
  default List<String> models(String printed) {
    return printed.lines().map(String::strip).toList();
  }

  /** The agent types that it brings along; empty when it takes any word for one, or nobody knows. */
  default Set<String> ownAgents() {
    return Set.of();
  }

  /** The command that lists its agent types, also those that a project defines; empty when it has no others than its own. */
  default List<String> agentsArgv(Path program) {
    return List.of();
  }

  /** Reads what that command printed. */
  default List<String> agents(String printed) {
    return List.of();
  }

  /** Whether it refuses every model that is not in that list, for then it need not be started for one. */
  default boolean takesOnlyListedModels() {
    return true;
  }

  /** The files whose change may change that list: its logins, its settings. */
  default List<Path> modelSources(Environment env) {
    return List.of();
  }

  /**
   * Reads a line of its stderr, without colours: {@link AgentEvent.RawLine} unless this kind is known to say something there that
   * its output does not.
   */
  default AgentEvent parseStderr(String line) {
    return new AgentEvent.RawLine(line);
  }

  /** Whether it says what it does in events, of which one is the end. If not, all it prints is its text. */
  default boolean hasEvents() {
    return true;
  }

  /** Whether these words, of an error or a line of its stderr, say that the session to continue is not there. */
  default boolean isSessionNotFound(String words) {
    return false;
  }

  /**
   * Prepares the attempt's folder for an agent that reads messages instead of a prompt.
   *
   * @return whether its input are the messages in the file {@link #SENT}, which the worker adds to while the agent runs
   */
  default boolean prepareMessages(LaunchSpec ask, Path attempt) throws IOException {
    return false;
  }

  /** The message that asks an agent to end what it does; null for one that a signal asks. @param session null while unknown */
  default ObjectNode cancellation(String session) {
    return null;
  }

  /**
   * A reader of its output from the first line on.
   *
   * @param attempt the attempt's folder
   */
  default Function<String, Line> reader(Path attempt) {
    return this::parseLine;
  }

  /** Reads any line of its output, which never fails: what is no event of this kind is {@link AgentEvent.RawLine}. */
  Line parseLine(String line);
}
