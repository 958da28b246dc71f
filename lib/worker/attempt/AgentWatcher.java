package lib.worker.attempt;

import module java.base;
import lib.agent.acp.SentMessages;
import lib.agent.output.OutputAnalyzer;
import lib.agent.output.OutputRecorder;
import lib.agent.process.AttemptDirectory;
import lib.agent.process.ProcessActivity;
import lib.agent.process.ProcessTree;
import lib.agent.process.RunBudget;
import lib.agent.process.Silence;
import lib.agent.process.SilenceDetector;
import lib.agent.process.Supervisor;
import lib.config.SettingsTable;
import lib.journal.Attempt;
import lib.outbox.Outbox;
import lib.worker.admission.RunningTasks.RunningTask;
import lib.worker.admission.StopRequest.Cause;
import lib.worker.admission.StopRequest;
import lib.worker.context.WorkerContext;
import lib.worker.context.WorkerEvent;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Watches one agent until it has ended: records what it writes, and ends it when it is asked to stop, has used up its
 * budget, stays silent or hangs. The agent does not depend on it: if this process dies, the supervisor remains. One thread.
 */
final class AgentWatcher {
  private static final Logger LOG = LoggerFactory.getLogger(AgentWatcher.class);
  private static final Duration POLL_INTERVAL = Duration.ofMillis(25); // half of the 50 ms in which the first chunk must leave

  private static final Duration QUIET = Duration.ofSeconds(1); // an agent repeats an old session without a pause
  private static final int CONTAINED = 4; // looks before a control group is made, for which a short task need not wait

  private final WorkerContext context;
  private final AgentHandle agent;
  private final Attempt attempt;
  private final OutputRecorder recorder;
  private final OutputAnalyzer output;
  private final RunningTask place;
  private final Outbox outbox;
  private final ProcessTree processes;
  private SentMessages messages; // null when the agent reads none
  private boolean isInputClosed;
  private long heard; // how much the agent had said
  private long heardAt;
  private boolean isUnsent; // the last message could not be written
  private long begun; // when the agent was let go, or this watch began
  private Thread ending; // ends the agent's processes, once there is a reason to
  private boolean hadResult = true; // whether it had stated its result before that began

  /** @param place of a claimed task */
  AgentWatcher(WorkerContext context, AgentHandle agent, RunningTask place, OutputRecorder recorder, Outbox outbox) {
    this.context = context;
    this.agent = agent;
    this.place = place;
    this.attempt = place.attempt().orElseThrow();
    this.recorder = recorder;
    this.output = recorder.analyzer();
    this.outbox = outbox;
    this.processes = new ProcessTree(agent.directory(), agent.supervisor() == null ? 0 : agent.supervisor().pid(), context.clock());
  }

  /** Waits for the agent's end. An interrupt leaves the agent running; any failure ends it. */
  AgentEnding watch() throws IOException, InterruptedException {
    begun = context.clock().nanos();
    try (var opened = SentMessages.of(agent.directory().path()).orElse(null)) {
      messages = opened;
      var exit = awaitExit();
      start("sweep", processes::sweep).join(); // what it left behind: servers that it started, shells that ignored it
      while (recorder.read(true)) {
        continue;
      }
      var took = Duration.ofNanos(context.clock().nanos() - begun).plus(agent.spent());
      var stop = place.stopRequest().filter(request -> ending != null || request.cause() == Cause.SUPERSEDED).orElse(null);
      return new AgentEnding(output.findings(), exit, stop, hadResult, took, agent.budget());
    } catch (ClosedByInterruptException e) { // an interrupt in the middle of a read
      throw (InterruptedException) new InterruptedException("reading the agent's output").initCause(e);
    } catch (IOException | RuntimeException | Error e) {
      start("end", () -> end(false)).join();
      throw e;
    }
  }

  /** The exit that the supervisor recorded; null when the supervisor is gone without one. */
  private AttemptDirectory.Exit awaitExit() throws IOException, InterruptedException {
    var budget = new RunBudget(agent.directory(), agent.budget().minus(agent.spent()), context.clock());
    var silence = new SilenceDetector(context.settings().get(SettingsTable.SILENCE), this::activity, context.clock());
    var session = false;
    var looks = 0; // since the agent was let go
    while (true) {
      var isAlive = agent.supervisor() != null && agent.supervisor().isAlive(); // read before the file, which a dead one has completed
      var exit = agent.directory().exit();
      var length = recorder.length();
      var hasMore = recorder.read(false);
      if (recorder.length() > length) {
        outbox.signal(attempt);
      }
      if (messages != null && isAlive) {
        send();
      }
      if (!session && output.sessionId() != null) {
        context.events().publish(new WorkerEvent.SessionFound(attempt, output.sessionId()));
        session = true;
      }
      if (exit.isPresent() || !isAlive) {
        if (ending != null) {
          ending.join();
        }
        return exit.isEmpty() && agent.process() != null ? Supervisor.exit(agent.directory(), agent.process()).orElse(null) : exit.orElse(null);
      }
      if (looks < CONTAINED && agent.directory().pids().isPresent()) {
        looks++;
        if (looks == 1) {
          begun = context.clock().nanos();
        } else if (looks == CONTAINED) {
          processes.contain();
        }
      }
      extend(budget, looks == 1);
      if (budget.isExceeded() && place.stopRequest().isEmpty() && agent.directory().wasStarted()) { // it hides no reason that came before
        place.stop(new StopRequest(Cause.TIMEOUT, "the worker", ""));
      }
      if (!hasMore && ending == null && looks > 0) {
        silenceEnds(silence).ifPresent(place::stop);
      }
      if (ending == null && (place.stopRequest().isPresent() || output.stuck() != null || output.sessionGone())) {
        beginEnding();
      }
      if (!hasMore && agent.process() == null) {
        context.clock().sleep(POLL_INTERVAL);
      } else if (!hasMore) {
        agent.process().waitFor(POLL_INTERVAL.toMillis(), TimeUnit.MILLISECONDS); // its end is seen at once
      }
    }
  }

  private void beginEnding() {
    LOG.info("ending agent task={}: {}", attempt.taskId(), place.stopRequest().map(StopRequest::toString).orElse("it would not end by itself"));
    hadResult = output.last() == Silence.LastEvent.RESULT;
    var isAsked = messages != null && !isInputClosed;
    if (isAsked) {
      messages.cancel(recorder.adapter().cancellation(output.sessionId()));
      send();
    }
    ending = start("end", () -> end(isAsked));
  }

  /** Sends the messages that the agent waits for. */
  private void send() {
    try {
      output.takeAwaited().forEach(awaited -> messages.add(awaited.message()));
      if (heard != output.lines()) {
        heard = output.lines();
        heardAt = context.clock().nanos();
      }
      if (messages.flush(context.clock().nanos() - heardAt >= QUIET.toNanos()) && !isInputClosed && agent.directory().pids().isPresent()) {
        Supervisor.closeInput(agent.directory(), agent.supervisor());
        isInputClosed = true;
      }
      isUnsent = false;
    } catch (IOException e) { // a full disk heals
      if (!isUnsent) {
        LOG.warn("cannot send a message to the agent task={}, trying on: {}", attempt.taskId(), e.getMessage());
      }
      isUnsent = true;
    }
  }

  private ProcessActivity activity() {
    try {
      return processes.activity();
    } catch (IOException e) {
      LOG.warn("cannot inspect the agent's processes task={}: {}", attempt.taskId(), e.getMessage());
      return ProcessActivity.UNSEEN;
    }
  }

  /** @param isBegun whether the agent was let go this moment */
  private void extend(RunBudget budget, boolean isBegun) {
    try {
      if (isBegun) {
        budget.restart(agent.budget().minus(agent.spent()));
      }
      budget.extendAfterSleep();
    } catch (IOException e) {
      LOG.warn("cannot extend the agent's deadline, it may end early task={}: {}", attempt.taskId(), e.getMessage());
    }
  }

  /** The request to end an agent that has been silent for too long. */
  private Optional<StopRequest> silenceEnds(SilenceDetector detector) {
    var wait = output.last() == Silence.LastEvent.LIMIT ? output.limit().waitFrom(context.clock().now()).orElse(Duration.ZERO) : Duration.ZERO;
    return detector.observe(output.lines(), output.last(), wait).map(silence -> {
      var budget = Verdict.format(context.settings().get(SettingsTable.SILENCE).get(silence.word()));
      return switch (output.hasResult() ? Silence.LINGERING : silence) { // else what it began in the background did not end
        case LINGERING -> new StopRequest(Cause.LINGERED, "the worker", "it stated its result and did not exit within " + budget);
        case ASKING -> new StopRequest(Cause.NEEDS_APPROVAL, "the worker", "it asks: " + output.question());
        case LIMITED -> new StopRequest(Cause.RATE_LIMITED, "the worker", output.limit().message());
        case THINKING -> new StopRequest(Cause.UNRESPONSIVE, "the worker", "it said nothing for " + budget
            + ", although its processes were busy or connected");
        case DEAD -> new StopRequest(Cause.UNRESPONSIVE, "the worker", "it said nothing for " + budget
            + " or longer, and in that time its processes used no CPU, read and wrote nothing and held no connection");
      };
    });
  }

  /** @param isAsked whether a message asked the agent to end */
  private boolean end(boolean isAsked) throws IOException, InterruptedException {
    if (agent.supervisor() != null && !agent.directory().wasStarted()) {
      Supervisor.abandon(agent.supervisor()); // it still waits for the codebase
    }
    return isAsked ? processes.endAsked() : processes.end();
  }

  /** Ends processes of the agent, on a thread that no interrupt reaches. @param ending false when some survive */
  private Thread start(String name, Callable<Boolean> ending) {
    return Thread.ofPlatform().name(name + " " + attempt.taskId()).start(() -> {
      try {
        if (!ending.call()) {
          LOG.error("some of the agent's processes survive task={} at={}", attempt.taskId(), name);
        }
      } catch (Exception e) {
        LOG.error("cannot end the agent's processes task={} at={}: {}", attempt.taskId(), name, e.getMessage());
      }
    });
  }
}
