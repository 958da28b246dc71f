package lib.agent;

import module java.base;
import lib.agent.adapter.Adapter;
import lib.agent.process.Adapters;
import lib.config.ReloadableSettings;
import lib.config.Settings;
import lib.config.SettingsTable;
import lib.core.Clock;
import lib.core.Problem;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Keeps what is known of the agent program current: which one it is, its kind, version, models and health. Its kind is what the
 * setting says, else what its name says, also that of the file a link leads to, else what it answers to {@code --version} and, if
 * that is not enough, to {@code --help}. An answer holds until the file is another one; a program that does not answer, or not as
 * any kind does, is unknown and is asked again. Only its loop, {@link #inspect} and {@link #require} touch the file system and run the program; everyone else reads
 * {@link #facts}, which never waits. Thread-safe; run it on a thread and interrupt that thread to end it.
 */
public final class AgentInspector implements Runnable {
  private static final Logger LOG = LoggerFactory.getLogger(AgentInspector.class);
  private static final Duration LOOK = Duration.ofSeconds(2); // some files' times: a program that is being installed is soon seen
  private static final Duration FIRST_RETRY = Duration.ofSeconds(10);
  private static final Known UNSEEN = Known.none(null, "the agent CLI is being looked for");

  /**
   * What was found out.
   *
   * @param settings by which it was; under other ones it does not count
   * @param identity the file that all of it is about; null when there is none
   */
  private record Known(Settings settings, AgentProgram program, AgentProgram.Identity identity, Adapter adapter, String version, String doubt) {
    static Known none(Settings settings, String why) {
      return new Known(settings, null, null, null, null, why);
    }
  }

  private final ReloadableSettings settings;
  private final Path directory;
  private final UnaryOperator<String> mask;
  private final AgentListener listener;
  private final Clock time;
  private final AgentCatalog catalog;
  private final AtomicReference<AgentHealth> health = new AtomicReference<>(AgentHealth.UNTESTED);
  private volatile Known known = UNSEEN;
  private Settings read; // at the last look; this and the rest guarded by this object
  private String failure; // why the last answer was none
  private boolean asked;
  private long askAt;
  private Duration retry;

  /**
   * An inspector that knows nothing yet.
   *
   * @param directory a folder of ours, in which the program runs when it is asked
   * @param mask masks secrets: an agent may quote its config, and the server learns why no task is taken
   */
  public AgentInspector(ReloadableSettings settings, Path directory, UnaryOperator<String> mask, AgentListener listener, Clock time) {
    this.settings = settings;
    this.directory = directory;
    this.mask = mask;
    this.listener = listener;
    this.time = time;
    this.catalog = new AgentCatalog(folder -> AgentEnvironment.of(settings.now(), folder), directory, settings.now().env(), time);
  }

  /** What is known now. */
  public AgentFacts facts() {
    var now = current();
    return new AgentFacts(now.program, now.adapter, now.version, catalog.known(), health.get(), now.doubt);
  }

  /** What is known under the settings of this moment: no task starts with what was found by others. */
  private Known current() {
    var now = known;
    return now.settings == settings.now() ? now : UNSEEN;
  }

  /**
   * Looks at the program, and asks it for its version only where its kind is unknown without; that takes up to 20 s.
   *
   * @throws Problem when no task can be started with it
   */
  public synchronized AgentFacts require() throws InterruptedException {
    if (identify()) {
      ask();
    }
    if (known.program == null) {
      throw AgentProgram.absence(settings.now());
    }
    if (known.adapter == null) {
      throw unknown(known.program);
    }
    return facts();
  }

  /** Looks at the program, and asks it for its version, or for a sign of life, where that is due; that takes up to 20 s. */
  public synchronized void inspect() throws InterruptedException {
    var before = facts();
    identify();
    if (known.program != null) {
      if (time.nanos() >= askAt && (!asked || failure != null)) {
        ask();
      }
      if (health.get() instanceof AgentHealth.Open open && open.until() <= time.nanos()) {
        probe(open);
      }
    }
    if (before.hold().isPresent() && facts().hold().isEmpty()) {
      listener.agentAvailable();
    }
  }

  /** The models, asked for where what is known is a day old; empty when the agent has no list or does not tell it in time. */
  public Optional<List<String>> models() throws InterruptedException {
    var now = current();
    return now.adapter == null ? Optional.empty() : catalog.models(now.adapter, now.program.path());
  }

  /**
   * Why the agent does not have in this folder what a task names; empty when it has, and when nobody knows. It may be asked for its
   * lists, which takes up to 15 s each.
   *
   * @param model null for the agent's own choice
   */
  public Optional<String> refusal(Path folder, String agent, String model) throws InterruptedException {
    var now = current();
    if (now.adapter == null) {
      return Optional.empty();
    }
    var lacks = catalog.lacksAgent(now.adapter, now.program.path(), folder, agent);
    return lacks.isPresent() || model == null ? lacks : catalog.lacksModel(now.adapter, now.program.path(), folder, model);
  }

  /** Why the agent's last list did not come, so that no task is refused by it; null when it came. */
  public String listProblem() {
    return catalog.problem();
  }

  /** Records how a task of a program ended; that of another program than the present one tells nothing of it. */
  public void ended(Path program, AgentHealth.Ended ended) {
    var now = current();
    if (now.program != null && now.program.path().equals(program)) {
      var before = health.getAndUpdate(state -> state.after(ended, time.nanos()));
      if (!(before instanceof AgentHealth.Open) && health.get() instanceof AgentHealth.Open open) {
        LOG.error("agent {} is in quarantine, tasks wait, next try in {} s: {}", program, retryIn().toSeconds(), open.why());
      }
    }
  }

  /** Records what a program calls itself in a task. @param name null where it does not say */
  public void introduced(Path program, String name) {
    var now = current();
    if (name != null && now.program != null && now.program.path().equals(program)) {
      known = new Known(now.settings, now.program, now.identity, now.adapter, name, now.doubt);
    }
  }

  /** How long until an agent in quarantine is probed; zero when it is not in quarantine. */
  public Duration retryIn() {
    return health.get() instanceof AgentHealth.Open open ? Duration.ofNanos(Math.max(0, open.until() - time.nanos())) : Duration.ZERO;
  }

  @Override
  public void run() {
    var registered = List.<String>of();
    try {
      while (true) {
        inspect();
        models(); // which looks at files' times, so that a login is offered soon after it was made
        if (!catalog.known().equals(registered)) {
          registered = catalog.known();
          listener.modelsChanged();
        }
        time.sleep(LOOK);
      }
    } catch (InterruptedException e) {
      LOG.debug("agent inspector ends");
    }
  }

  /** Finds the program and what its file and the settings tell of it. Returns whether it must be asked before it can be used. */
  private boolean identify() {
    read = settings.now();
    var program = AgentProgram.find(read).orElse(null);
    if (program == null) {
      known = Known.none(read, "no agent CLI was found on this machine");
      return false;
    }
    var lack = program.lack(read.env());
    if (lack.isPresent()) {
      known = Known.none(read, lack.get());
      return false;
    }
    try {
      var file = program.identity();
      if (!file.equals(known.identity) || known.settings != read) {
        health.set(AgentHealth.UNTESTED);
        failure = null;
        asked = false;
        askAt = time.nanos();
        retry = FIRST_RETRY;
        known = new Known(read, program, file, null, null, "the agent CLI " + program.path() + " is being asked for its version");
      }
      var kind = kind(program);
      asked |= kind.filter(Adapter::isAnyProgram).isPresent();
      var approval = Adapter.Approval.valueOf(read.get(SettingsTable.AGENT_APPROVAL).toUpperCase(Locale.ROOT));
      if (kind.isPresent() && (asked || !kind.get().argvDependsOnVersion(approval))) {
        known = new Known(read, program, file, kind.get(), known.version, null);
      }
      return known.adapter == null;
    } catch (IOException e) { // it has gone since it was found
      known = Known.none(read, "the agent CLI " + program.path() + " cannot be looked at: " + e.getMessage());
      return false;
    }
  }

  /** The kind that needs no answer of the program. */
  private Optional<Adapter> kind(AgentProgram program) throws IOException {
    var setting = read.get(SettingsTable.AGENT_KIND);
    if (!setting.equals(Adapters.AUTO)) {
      return Adapters.of(setting);
    }
    var name = Adapters.recognise(program.path().getFileName().toString(), "");
    return name.isPresent() ? name : Adapters.recognise(program.path().toRealPath().getFileName().toString(), "");
  }

  /** Asks for the version; what is no version is unknown and is asked for again, later each time. */
  private void ask() throws InterruptedException {
    var program = known.program;
    var probe = VersionProbe.run(program.path(), environment(), directory, mask);
    asked = true;
    failure = probe.failure();
    var kind = Optional.ofNullable(known.adapter);
    try {
      var name = program.path().getFileName().toString();
      kind = kind(program).or(() -> Adapters.recognise(name, probe.version()));
      if (kind.isEmpty() && failure == null) {
        kind = Adapters.recognise(name, VersionProbe.usage(program.path(), environment(), directory));
      }
    } catch (IOException e) {
      failure = e.getMessage(); // it has gone meanwhile; the next look says so
    }
    if (failure == null && kind.isEmpty()) {
      failure = "it calls itself '" + probe.version() + "'";
    }
    known = new Known(read, program, known.identity, kind.orElse(null), failure == null ? probe.version() : known.version,
        kind.isPresent() ? null : unknown(program).line());
    if (failure != null) {
      LOG.warn("agent {} version unknown, asking again in {} s: {}", program.path(), retry.toSeconds(), failure);
      askAt = time.nanos() + retry.toNanos();
      retry = AgentHealth.longer(retry);
    }
  }

  private void probe(AgentHealth.Open open) throws InterruptedException {
    if (known.adapter == null || !known.adapter.isAnyProgram()) {
      ask();
    }
    health.compareAndSet(open, AgentHealth.afterProbe(open, failure, time.nanos()));
    if (failure != null) {
      LOG.warn("agent {} stays in quarantine, next try in {} s: {}", known.program.path(), retryIn().toSeconds(), failure);
    }
  }

  private Problem unknown(AgentProgram program) {
    return new Problem("what kind of agent CLI " + program.path() + " is cannot be found out", failure == null ? "it was not asked yet" : failure,
        "set agent_kind to one of " + String.join(", ", Adapters.kinds()));
  }

  private Map<String, String> environment() {
    return AgentEnvironment.of(settings.now(), directory);
  }
}
