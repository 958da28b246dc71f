package lib.agent;

import module java.base;
import lib.agent.adapter.Adapter;
import lib.core.Clock;
import lib.core.Environment;
import lib.core.Suggestions;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The models and agent types that the agent CLI says it has. Asking starts the program, so a list is kept until it is a day old, or
 * until the program, its logins or its settings have changed. A project can define more, so before anything is refused the program
 * is asked in the task's folder. Thread-safe: one thread asks at a time, and {@link #known} never waits.
 */
public final class AgentCatalog {
  private static final Logger LOG = LoggerFactory.getLogger(AgentCatalog.class);
  /** A provider brings out a new model every few weeks. */
  public static final Duration DAY = Duration.ofDays(1);
  /** Before a task is refused the list is read again, unless it was read so lately. */
  private static final Duration FRESH = Duration.ofMinutes(1);
  /** A real one takes a second; old versions ask the network first, which may swallow what they ask. */
  private static final Duration LONGEST = Duration.ofSeconds(15);
  private static final int NEAREST = 3; // names that a message can hold
  private static final Pattern MODEL = Pattern.compile("[A-Za-z0-9][\\w.@-]*/[\\w.:@/+-]+");

  /** A command and where it is run. */
  private record Question(List<String> argv, Path folder) {}

  /** What the answer depends on. @param changed when its files were changed; 0 for one that is not there */
  private record Sources(AgentProgram.Identity program, List<Long> changed) {}

  /** @param list empty when the program did not tell */
  private record Reading(Sources sources, Optional<List<String>> list, long at) {}

  private final Function<Path, Map<String, String>> environment;
  private final Path directory;
  private final Environment env;
  private final Clock time;
  private final Map<Question, Reading> readings = new HashMap<>();
  private volatile List<String> known = List.of();
  private volatile String problem;

  /**
   * Nothing is asked yet.
   *
   * @param environment what the program gets that works in a folder
   * @param directory a folder of ours
   * @param env says where the agent's own files lie
   */
  public AgentCatalog(Function<Path, Map<String, String>> environment, Path directory, Environment env, Clock time) {
    this.environment = environment;
    this.directory = directory;
    this.env = env;
    this.time = time;
  }

  /** The models as they are known by now, in the agent's order; empty while it was not asked, and when it does not tell. */
  public List<String> known() {
    return known;
  }

  /** Why the last question got no list, so that nothing is refused by it; null when it got one. */
  public String problem() {
    return problem;
  }

  /**
   * The models wherever no project defines more, asked for when what is known is a day old.
   *
   * @return empty when the program has no list or does not tell it within {@link #LONGEST}
   */
  public Optional<List<String>> models(Adapter adapter, Path program) throws InterruptedException {
    var list = models(adapter, program, directory, DAY);
    known = list.orElse(List.of());
    return list;
  }

  /**
   * Why the agent cannot use this model in this folder: it is not in a list that was read just now. Empty when it is in a list, and
   * when there is none to go by, or the agent takes others, too.
   */
  public Optional<String> lacksModel(Adapter adapter, Path program, Path folder, String model) throws InterruptedException {
    if (!adapter.takesOnlyListedModels() || models(adapter, program, directory, DAY).map(list -> list.contains(model)).orElse(true)) {
      return Optional.empty();
    }
    return models(adapter, program, folder, FRESH).filter(list -> !list.contains(model))
        .map(list -> missing("model " + model, model, list) + " (all: the command models)");
  }

  /** Why the agent has no such agent type in this folder; empty when it has, and when nobody knows. */
  public Optional<String> lacksAgent(Adapter adapter, Path program, Path folder, String agent) throws InterruptedException {
    var own = adapter.ownAgents();
    if (own.isEmpty() || own.contains(agent)) {
      return Optional.empty(); // without a question, since most tasks name one of these
    }
    var argv = adapter.agentsArgv(program);
    if (argv.isEmpty()) {
      return Optional.of(missing("agent type " + agent, agent, own));
    }
    if (agents(adapter, program, folder, argv, DAY).map(list -> list.contains(agent)).orElse(true)) {
      return Optional.empty();
    }
    return agents(adapter, program, folder, argv, FRESH).filter(list -> !list.contains(agent)).map(list -> missing("agent type " + agent, agent, list));
  }

  private static String missing(String what, String name, Collection<String> list) {
    return "the agent does not know the " + what + "; the nearest it knows: " + String.join(", ", Suggestions.of(name, list, NEAREST));
  }

  private Optional<List<String>> models(Adapter adapter, Path program, Path folder, Duration oldest) throws InterruptedException {
    var argv = adapter.modelsArgv(program);
    return argv.isEmpty() ? Optional.empty() : read(new Question(argv, folder), adapter, program, oldest,
        printed -> adapter.models(printed).stream().filter(model -> MODEL.matcher(model).matches()).distinct().toList());
  }

  private Optional<List<String>> agents(Adapter adapter, Path program, Path folder, List<String> argv, Duration oldest) throws InterruptedException {
    return read(new Question(argv, folder), adapter, program, oldest, adapter::agents);
  }

  private synchronized Optional<List<String>> read(Question question, Adapter adapter, Path program, Duration oldest, Function<String, List<String>> reader)
      throws InterruptedException {
    Sources sources;
    try {
      sources = new Sources(new AgentProgram(program, "").identity(), adapter.modelSources(env).stream().map(file -> file.toFile().lastModified()).toList());
    } catch (IOException e) {
      return Optional.empty(); // it has gone away since it was found
    }
    var last = readings.get(question);
    // one that failed is not asked again for each task, but long before a day is over
    var most = last != null && last.list.isEmpty() ? FRESH : oldest;
    if (last == null || !last.sources.equals(sources) || time.nanos() - last.at >= most.toNanos()) {
      last = new Reading(sources, ask(question, reader), time.nanos());
      readings.put(question, last);
    }
    return last.list;
  }

  private Optional<List<String>> ask(Question question, Function<String, List<String>> reader) throws InterruptedException {
    String failure;
    try {
      var shot = ShortCommand.run(question.argv, environment.apply(question.folder), directory, question.folder, LONGEST);
      var list = reader.apply(shot.out());
      if (shot.exit().equals(OptionalInt.of(0)) && !list.isEmpty()) {
        problem = null;
        return Optional.of(list);
      }
      failure = shot.exit().isEmpty() ? "it does not end within " + LONGEST.toSeconds() + " s" : shot.exit().getAsInt() != 0
          ? "it ends with exit code " + shot.exit().getAsInt() : "there is none among what it prints";
    } catch (IOException e) {
      failure = e.getMessage();
    }
    problem = "no list from " + String.join(" ", question.argv) + " in " + question.folder + ", so no task is refused by it: " + failure;
    LOG.info("{}", problem);
    return Optional.empty();
  }
}
