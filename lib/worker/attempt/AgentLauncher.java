package lib.worker.attempt;

import module java.base;
import lib.agent.AgentEnvironment;
import lib.agent.AgentFacts;
import lib.agent.AgentHealth;
import lib.agent.AgentInspector;
import lib.agent.adapter.Adapter.LaunchSpec;
import lib.agent.adapter.Adapter;
import lib.agent.output.OutputAnalyzer.Findings;
import lib.agent.process.AttemptDirectory;
import lib.agent.process.RunBudget;
import lib.agent.process.Supervisor.Input;
import lib.agent.process.Supervisor;
import lib.config.SettingsTable;
import lib.core.Problem;
import lib.journal.Attempt;
import lib.protocol.Task;
import lib.session.SessionStore;
import lib.store.DatabaseException;
import lib.store.DurableFiles;
import lib.worker.admission.Codebases;
import lib.worker.context.WorkerContext;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Starts the agent of a claimed task, or attaches to one that an earlier process started. Thread-safe.
 *
 * @param stores where the agents on this machine keep their sessions, for one thread at a time
 */
public record AgentLauncher(WorkerContext context, Codebases codebases, Supplier<List<SessionStore>> stores, AgentInspector inspector) {
  private static final Logger LOG = LoggerFactory.getLogger(AgentLauncher.class);
  /** What a task may hand to the agent's command line: no option, no blank. */
  private static final Pattern WORD = Pattern.compile("[A-Za-z0-9_.@][A-Za-z0-9_.:@/+-]*");

  /** The task cannot be done as it is: it fails, and the reason is the user's to fix. */
  static final class Refused extends Exception {
    Refused(String why) {
      super(why);
    }
  }

  /**
   * Starts the agent, whose inputs are written.
   *
   * @throws Refused when the task asks for what is not here or not allowed
   * @throws Problem when this machine cannot run any agent now
   * @throws IOException when the attempt's directory cannot be written
   */
  AgentHandle start(Task task, Attempt attempt, Duration budget) throws Refused, IOException, InterruptedException {
    var directory = context.directory(attempt);
    RunBudget.write(directory, budget);
    check(task, attempt.codebase());
    var facts = inspector.facts();
    if (facts.adapter() == null) {
      throw new Problem("no agent can be started now", facts.doubt(), "the task is given back; see the agent's line in status");
    }
    var lacks = inspector.refusal(attempt.codebase(), task.agent(), task.modelName());
    if (lacks.isPresent()) {
      throw new Refused(lacks.get());
    }
    var launch = spec(task, directory, facts, resume(task, facts.adapter(), directory, attempt.codebase()));
    directory.adapter(facts.adapter());
    var prompt = facts.adapter().prompt(task.prompt());
    if (!prompt.equals(task.prompt())) {
      DurableFiles.replace(directory.file("prompt"), prompt.getBytes(StandardCharsets.UTF_8));
    }
    return spawn(attempt, facts.adapter(), launch, budget, Duration.ZERO);
  }

  /** Starts the agent of an attempt once more, without the session that is not there. Its first process must have ended. */
  AgentHandle startFresh(AgentHandle before, Attempt attempt, Duration spent, String why) throws IOException, InterruptedException {
    before.process().waitFor(); // it has recorded the end, and gives its lock back
    before.directory().prepareRestart(why);
    return spawn(attempt, before.directory().adapter(), before.launch().fresh(), before.budget(), spent);
  }

  /** The agent of an attempt that an earlier process started; it may have ended or vanished since. */
  AgentHandle reattach(Attempt attempt) throws IOException {
    var directory = context.directory(attempt);
    var spent = Duration.between(attempt.createdAt(), context.clock().now());
    var longest = context.settings().get(SettingsTable.TASK_TIMEOUT);
    // what the server granted stands in the deadline that the earlier process set
    var granted = RunBudget.read(directory).map(left -> left.plus(spent)).filter(all -> all.compareTo(longest) < 0);
    return new AgentHandle(directory, null, Supervisor.find(directory).orElse(null), granted.orElse(longest), spent, null);
  }

  /** Whether an earlier process let the agent of an attempt go, or a supervisor still waits to do so. If not, no supervisor will. */
  boolean wasStarted(Attempt attempt) throws IOException {
    var directory = context.directory(attempt);
    return directory.exists() ? Supervisor.find(directory).isPresent() || directory.forbidStart() : attempt.state() == Attempt.State.STARTED;
  }

  /** Counts how an agent ended towards the health of its program. One that an earlier process started does not count. */
  void recordEnd(AgentHandle agent, Verdict verdict, Findings output) {
    if (agent.launch() != null) {
      var hasSpoken = verdict.result() != null || output.sessionId() != null || output.lastTurn() != null || output.lastTool() != null
          || output.failure() != null || output.warning() != null || output.stuck() != null;
      inspector.introduced(agent.launch().program(), output.agentName());
      inspector.ended(agent.launch().program(), new AgentHealth.Ended(verdict.facts().time(), verdict.reason(), hasSpoken, verdict.error()));
    }
  }

  private void check(Task task, Path codebase) throws Refused {
    if (task.prompt() == null || task.prompt().isBlank()) {
      throw new Refused("the task has no prompt");
    }
    for (var word : new String[] {task.agent(), task.modelName(), task.resumeSession()}) {
      if (word != null && !WORD.matcher(word).matches()) {
        throw new Refused("'" + word.strip() + "' cannot be an agent type, a model or a session");
      }
    }
    if (!Files.isDirectory(codebase)) {
      throw new Refused("the codebase's folder " + codebase + " is not there on " + context.identity().host());
    }
    if (!codebases.isAllowed(codebase)) {
      throw new Refused(codebase + " does not lie below a folder that " + context.identity().host() + " allows (codebase_roots)");
    }
  }

  private ResumePlan resume(Task task, Adapter adapter, AttemptDirectory directory, Path codebase) throws Refused, IOException {
    var session = task.resumeSession();
    if (session == null) {
      return new ResumePlan(null, codebase, null);
    }
    var plan = ResumePlan.of(session, firstDirectoryOf(adapter.kind(), session), codebase, codebases.folders());
    if (plan.directory() == null) {
      throw new Refused(plan.why());
    }
    if (plan.session() == null) {
      directory.prepareRestart(plan.why());
    }
    return plan;
  }

  private LaunchSpec spec(Task task, AttemptDirectory directory, AgentFacts facts, ResumePlan resume) {
    var approval = Adapter.Approval.valueOf(context.settings().get(SettingsTable.AGENT_APPROVAL).toUpperCase(Locale.ROOT));
    return new LaunchSpec(facts.program().path(), facts.version(), task.agent(), task.modelName(), resume.session(), approval,
        context.settings().get(SettingsTable.AGENT_ARGS), task.prompt(), directory.file("prompt"), resume.directory());
  }

  private AgentHandle spawn(Attempt attempt, Adapter adapter, LaunchSpec launch, Duration budget, Duration spent) throws IOException {
    var directory = context.directory(attempt);
    var environment = AgentEnvironment.of(context.settings().now(), launch.directory());
    environment.put("A2A_TASK_ID", attempt.taskId());
    var input = adapter.prepareMessages(launch, directory.path()) ? Input.MESSAGES : adapter.promptOnInput(launch) ? Input.PROMPT : Input.NOTHING;
    var process = Supervisor.of(context.settings().now().env()).start(directory, new Supervisor.Launch(adapter.argv(launch),
        environment, launch.directory(), attempt.codebase(), input), budget);
    return new AgentHandle(directory, process, process.toHandle(), budget, spent, launch);
  }

  /**
   * Where a session was begun, as the agent's store says, else as an earlier task here says. Empty when neither knows; then
   * the agent decides.
   */
  private Optional<Path> firstDirectoryOf(String kind, String session) {
    synchronized (stores) {
      for (var store : stores.get().stream().filter(store -> store.kind().equals(kind)).toList()) {
        try (Closeable copies = store::release) {
          var found = store.session(session);
          if (found.isPresent()) {
            return Optional.of(found.get().directory());
          }
        } catch (IOException e) {
          LOG.info("cannot read where session {} was begun, asking the journal: {}", session, e.getMessage());
        }
      }
    }
    try {
      return context.journal().firstDirectoryOf(session);
    } catch (DatabaseException e) {
      LOG.warn("cannot read the codebase of session {}, the agent decides: {}", session, e.getMessage());
      return Optional.empty();
    }
  }
}
