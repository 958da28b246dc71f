package lib.worker;

import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.time.Duration;
import java.time.Instant;
import java.util.Comparator;
import java.util.Optional;
import lib.agent.AgentKind;
import lib.agent.AgentProgram;
import lib.config.Codebase;
import lib.config.LiveSettings;
import lib.core.Clock;
import lib.core.Json;
import lib.core.Version;
import lib.feed.FeedHealth;
import lib.feed.Inbox;
import lib.feed.PollFeed;
import lib.feed.StreamFeed;
import lib.masking.Redaction;
import lib.outbox.Outbox;
import lib.wire.Client;
import lib.wire.Task;
import lib.worker.admission.AgentBreaker;
import lib.worker.admission.Codebases;
import lib.worker.admission.HoldMonitor;
import lib.worker.admission.RunningTasks;
import lib.worker.admission.UsageLimits;
import lib.worker.context.WorkerIdentity;
import lib.worker.presence.Heartbeat;
import lib.worker.presence.Registrar;
import lib.worker.presence.SessionSyncLoop;

/** The worker as it is at one moment, for people and programs. Thread-safe. */
final class StatusReport {
  private static final int MOST_WAITING = 50; // a person reads no more; the count is beside it

  private final LiveSettings settings;
  private final WorkerIdentity identity;
  private final String url;
  private final Client.Info info;
  private final HoldMonitor gates;
  private final Scheduler intake;
  private final RunningTasks running;
  private final Inbox inbox;
  private final Outbox outbox;
  private final StreamFeed stream;
  private final PollFeed poll;
  private final Heartbeat heart;
  private final Codebases codebases;
  private final Registrar registrar;
  private final AgentBreaker quarantine;
  private final UsageLimits limits;
  private final Redaction redaction;
  private final AgentKind kinds;
  private final SessionSyncLoop syncing;
  private final Clock time;
  private final Instant startedAt;
  private final long start;

  /** @param info what the server says of itself; null when it says nothing */
  StatusReport(LiveSettings settings, WorkerIdentity identity, String url, Client.Info info, HoldMonitor gates, Scheduler intake, RunningTasks running,
      Inbox inbox, Outbox outbox, StreamFeed stream, PollFeed poll, Heartbeat heart, Codebases codebases, Registrar registrar,
      AgentBreaker quarantine, UsageLimits limits, Redaction redaction, AgentKind kinds, SessionSyncLoop syncing, Clock time) {
    this.settings = settings;
    this.identity = identity;
    this.url = url;
    this.info = info;
    this.gates = gates;
    this.intake = intake;
    this.running = running;
    this.inbox = inbox;
    this.outbox = outbox;
    this.stream = stream;
    this.poll = poll;
    this.heart = heart;
    this.codebases = codebases;
    this.registrar = registrar;
    this.quarantine = quarantine;
    this.limits = limits;
    this.redaction = redaction;
    this.kinds = kinds;
    this.syncing = syncing;
    this.time = time;
    this.startedAt = time.now();
    this.start = time.nanos();
  }

  /** The form that {@code docs/control.md} tells. */
  ObjectNode toJson(String stage) {
    var json = Json.object();
    json.putObject("worker").put("id", identity.workerId()).put("name", identity.name()).put("host", identity.host())
        .put("pid", ProcessHandle.current().pid()).put("state_dir", identity.stateDir().toString())
        .put("started_at", startedAt.toString()).put("uptime_seconds", Duration.ofNanos(time.nanos() - start).toSeconds());
    json.put("state", stage);
    var holds = json.putArray("holds");
    gates.current().all().forEach((rule, why) -> holds.addObject().put("rule", rule).put("why", why));
    json.putObject("server").put("url", url).put("own", info != null && info.ours()).put("last_contact_seconds", contact());
    var feeds = json.putObject("feeds");
    feed(feeds.putObject("stream"), stream.health());
    feed(feeds.putObject("poll"), poll.health());
    json.set("problems", Json.array(registrar.problems()));
    json.putObject("slots").put("most", intake.slots()).put("taken", running.size());
    var runs = json.putArray("running");
    running.entries().forEach(entry -> running(runs.addObject(), entry));
    json.put("waiting_count", inbox.size());
    var waiting = json.putArray("waiting");
    inbox.waiting(MOST_WAITING).forEach(task -> waiting.addObject().put("task_id", task.id()).put("codebase_id", task.codebase())
        .put("agent_type", task.agent()).put("priority", task.priority()).put("why", intake.explain(task).reason()));
    json.putObject("outbox").put("attempts", outbox.depth()).put("reports", outbox.reports());
    json.set("session_sync", syncing.status());
    var offered = json.putArray("codebases");
    codebases.ids().stream().filter(id -> !id.equals(Task.GLOBAL)).sorted(Comparator.comparing(id -> path(codebases.find(id))))
        .forEach(id -> codebases.find(id).ifPresent(c -> offered.addObject().put("id", id).put("name", c.name())
            .put("path", c.path().toString())));
    agent(json);
    var paused = json.putArray("limits");
    limits.paused().forEach((provider, until) -> paused.addObject().put("provider", provider).put("until", until.toString()));
    redaction.total().all().forEach(json.putObject("masked")::put);
    json.putObject("versions").put("worker", Version.TEXT).put("java", Runtime.version().toString())
        .put("agent", AgentProgram.find(settings.now()).flatMap(this::version).orElse(null));
    return json;
  }

  private static String path(Optional<Codebase> codebase) {
    return codebase.map(c -> c.path().toString()).orElse("");
  }

  /** Seconds since the server last answered anything we ask regularly. */
  private long contact() {
    return heart.sinceContact().toSeconds();
  }

  private void agent(ObjectNode json) {
    var agent = json.putObject("agent");
    var found = AgentProgram.find(settings.now());
    found.ifPresent(cli -> agent.put("path", cli.path().toString()).put("why", cli.why()));
    var quarantined = json.putArray("quarantines");
    found.map(cli -> quarantine.why(cli.path())).ifPresent(why -> quarantined.addObject().put("agent", found.get().path().toString())
        .put("why", why).put("next_try_seconds", quarantine.retryIn().toSeconds()));
  }

  private Optional<String> version(AgentProgram cli) {
    try {
      return kinds.version(cli.path());
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt(); // who asked is gone
      return Optional.empty();
    }
  }

  private void running(ObjectNode json, RunningTasks.RunningTask entry) {
    var attempt = entry.attempt().get();
    var order = entry.order().get();
    json.put("task_id", entry.task().id()).put("codebase_id", entry.task().codebase()).put("agent_type", entry.task().agent())
        .put("title", entry.task().title()).put("seconds", Duration.ofNanos(time.nanos() - entry.since()).toSeconds())
        .put("step", attempt == null ? "claiming" : order != null ? "stopping" : "running")
        .put("attempt", attempt == null ? 0 : attempt.n())
        .put("directory", attempt == null || attempt.codebase() == null ? null : attempt.codebase().toString())
        .put("stop", order == null ? null : order.toString());
  }

  private static void feed(ObjectNode json, FeedHealth health) {
    json.put("up", health.up()).put("seconds", health.since().toSeconds());
  }
}
