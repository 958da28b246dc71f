package lib.agent;

import module java.base;
import lib.agent.adapter.Adapter;
import lib.core.Clock;
import lib.core.Environment;
import lib.core.Suggestions;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The models that the agent CLI says it can use. Asking starts the program, so the list is kept until it is a day old, or until
 * the program, its logins or its settings have changed. Thread-safe: one thread asks at a time, and {@link #known} never waits.
 */
public final class ModelCatalog {
  private static final Logger LOG = LoggerFactory.getLogger(ModelCatalog.class);
  /** A provider brings out a new model every few weeks. */
  public static final Duration DAY = Duration.ofDays(1);
  /** A task that names a model which is not in the list has the list read again, unless it was read so lately. */
  private static final Duration FRESH = Duration.ofMinutes(1);
  /** A real one takes a second; old versions ask the network first, which may swallow what they ask. */
  private static final Duration LONGEST = Duration.ofSeconds(15);
  private static final int NEAREST = 3; // names that a message can hold
  private static final Pattern MODEL = Pattern.compile("[A-Za-z0-9][\\w.@-]*/[\\w.:@/+-]+");

  /** What the list depends on. @param changed when its files were changed; 0 for one that is not there */
  private record Sources(AgentProgram.Identity program, List<Long> changed) {}

  /** @param models empty when the program did not tell */
  private record Reading(Sources sources, Optional<List<String>> models, long at) {}

  private final Supplier<Map<String, String>> environment;
  private final Path directory;
  private final Environment env;
  private final Clock time;
  private volatile Reading last;

  /**
   * Nothing is asked yet.
   *
   * @param environment what the program gets
   * @param directory a folder of ours
   * @param env says where the agent's own files lie
   */
  public ModelCatalog(Supplier<Map<String, String>> environment, Path directory, Environment env, Clock time) {
    this.environment = environment;
    this.directory = directory;
    this.env = env;
    this.time = time;
  }

  /** The list as it is known by now, in the agent's order; empty while it was not asked, and when it does not tell. */
  public List<String> known() {
    var now = last;
    return now == null ? List.of() : now.models.orElse(List.of());
  }

  /**
   * The list, asked for when what is known is too old.
   *
   * @param oldest how old it may be
   * @return empty when the program has no list or does not tell it within {@link #LONGEST}
   */
  public synchronized Optional<List<String>> read(Adapter adapter, Path program, Duration oldest) throws InterruptedException {
    var argv = adapter.modelsArgv(program);
    if (argv.isEmpty()) {
      return Optional.empty();
    }
    Sources sources;
    try {
      sources = new Sources(new AgentProgram(program, "").identity(), adapter.modelSources(env).stream().map(file -> file.toFile().lastModified()).toList());
    } catch (IOException e) {
      return Optional.empty(); // it has gone away since it was found
    }
    // one that failed is not asked again for each task, but long before a day is over
    var most = last != null && last.models.isEmpty() && oldest.compareTo(FRESH) > 0 ? FRESH : oldest;
    if (last == null || !last.sources.equals(sources) || time.nanos() - last.at >= most.toNanos()) {
      last = new Reading(sources, ask(adapter, argv), time.nanos());
    }
    return last.models;
  }

  /**
   * Why the agent cannot use this model: it is not in a list that was read just now. Empty when it is in the list, and when there
   * is none to go by, or the agent takes others, too.
   */
  public Optional<String> lacks(Adapter adapter, Path program, String model) throws InterruptedException {
    if (!adapter.takesOnlyListedModels() || read(adapter, program, DAY).map(list -> list.contains(model)).orElse(true)) {
      return Optional.empty();
    }
    return read(adapter, program, FRESH).filter(list -> !list.contains(model))
        .map(list -> "the agent does not know the model " + model + "; the nearest it knows: "
            + String.join(", ", Suggestions.of(model, list, NEAREST)) + " (all: the command models)");
  }

  private Optional<List<String>> ask(Adapter adapter, List<String> argv) throws InterruptedException {
    try {
      var shot = ShortCommand.run(argv, environment.get(), directory, LONGEST);
      var models = adapter.models(shot.out()).stream().filter(model -> MODEL.matcher(model).matches()).distinct().toList();
      if (shot.exit().equals(OptionalInt.of(0)) && !models.isEmpty()) {
        return Optional.of(models);
      }
      LOG.info("the agent does not tell its models: {}", shot.exit().isEmpty() ? "the command does not end within "
          + LONGEST.toSeconds() + " s" : shot.exit().getAsInt() != 0 ? "the command ends with exit code " + shot.exit().getAsInt()
          : "there is none among what it prints");
    } catch (IOException e) {
      LOG.info("the agent does not tell its models: {}", e.getMessage());
    }
    return Optional.empty();
  }
}
