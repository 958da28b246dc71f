package tests.worker;

import module java.base;
import lib.client.ApiClient;
import lib.client.ServerFeatures;
import lib.client.http.ServerAddress;
import lib.config.ReloadableSettings;
import lib.config.Settings;
import lib.config.SettingsTable;
import lib.core.Clock;
import lib.core.Environment;
import lib.core.Json;
import lib.feed.Inbox;
import lib.feed.PollFeed;
import lib.feed.StreamFeed;
import lib.journal.Attempt;
import lib.journal.Journal;
import lib.outbox.Delivery;
import lib.outbox.Outbox;
import lib.protocol.Task;
import lib.redaction.Redaction;
import lib.worker.admission.Codebases;
import lib.worker.admission.RunningTasks;
import lib.worker.context.EventBus;
import lib.worker.context.ServerLink;
import lib.worker.context.WorkerContext;
import lib.worker.context.WorkerEvent;
import lib.worker.context.WorkerIdentity;
import lib.worker.presence.FeedEvents;
import lib.worker.presence.WorkerOffer;
import tests.fake.FakeServer;

/** What the parts of a made worker named {@code w1} share. */
public final class MadeWorker {
  private MadeWorker() {}

  /** A worker of a server that nobody calls. */
  public static WorkerContext alone(Path folder, Clock clock) {
    return of(null, null, folder, null, clock, Map.of());
  }

  /** A worker of this server, which has answered. @param features null for those of a server that is not our own */
  public static WorkerContext of(FakeServer server, ServerFeatures features, Path folder, Journal journal, Clock clock,
      Map<String, String> variables) {
    var vars = new HashMap<>(variables);
    vars.putIfAbsent("PATH", folder.toString());
    var env = new Environment(vars, folder, folder, "host");
    var url = server == null ? java.net.URI.create("http://127.0.0.1:9") : server.url();
    var link = new ServerLink(new ApiClient(new ServerAddress(url, null, null, env), Duration.ofSeconds(30)));
    link.answered(features == null ? ServerFeatures.other(url) : features);
    return new WorkerContext(new WorkerIdentity("w1", "w", "role", "host", List.of("build", "agent"), folder),
        new ReloadableSettings(Settings.resolve(Map.of(), null, env)), link, journal, Redaction.of(Map.of()), new EventBus(), clock, new Random(1));
  }

  /** A pending task for codebase {@code cb}. */
  public static Task task(String id) {
    return Task.read(Json.object().put("id", id).put("codebase_id", "cb").put("status", "pending").put("prompt", "p")).orElseThrow();
  }

  /** A claimed attempt. @param lease in seconds; 0 for none */
  public static Attempt attempt(String task, int fence, long lease, Instant at) {
    return new Attempt(1, "srv", "w1", task, 1, "m", "cb", Path.of("/code"), "build", "t", fence, lease, Attempt.State.CLAIMED, null, at,
        Attempt.Position.START, null);
  }

  /** The outbox of this worker, which delivers. */
  public static Outbox outbox(WorkerContext context) throws InterruptedException {
    var outbox = new Outbox(new Delivery(null, context.client(), context.journal(), context.clock(), context.random()),
        context.identity().stateDir(), 1 << 30, context.redaction(), new Outbox.Listener() {
          @Override
          public void superseded(Attempt attempt, String why) {
            throw new IllegalStateException(why);
          }

          @Override
          public void cancelled(Attempt attempt) {
            throw new IllegalStateException(attempt.taskId());
          }

          @Override
          public void settled(Attempt attempt) {
            context.events().publish(new WorkerEvent.AttemptSettled(attempt));
          }
        });
    outbox.deliver(context.server().features());
    return outbox;
  }

  /** The feeds of this worker. */
  public record Feeds(Inbox inbox, PollFeed poll, StreamFeed stream) {}

  /** Feeds that follow what happens in this worker, not started. */
  public static Feeds feeds(WorkerContext context, Codebases codebases, RunningTasks running) {
    var offer = new WorkerOffer(context, codebases, running);
    var inbox = new Inbox(context.clock());
    var poll = new PollFeed(context.client(), inbox, offer, context.settings().get(SettingsTable.POLL_INTERVAL), context.clock(), context.random());
    var stream = new StreamFeed(context.client(), inbox, poll, offer, context.settings().get(SettingsTable.SSE_HEARTBEAT_TIMEOUT), context.clock(),
        context.random());
    new FeedEvents(context, inbox, poll, stream).subscribe();
    return new Feeds(inbox, poll, stream);
  }
}
