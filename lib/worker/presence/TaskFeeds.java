package lib.worker.presence;

import module java.base;
import lib.client.ServerFeatures;
import lib.config.SettingsTable;
import lib.feed.Inbox;
import lib.feed.Offer;
import lib.feed.PollFeed;
import lib.feed.StreamFeed;
import lib.worker.admission.Codebases;
import lib.worker.admission.RunningTasks;
import lib.worker.context.WorkerContext;
import lib.worker.context.WorkerEvent;

/** The feeds of this worker and their inbox. They follow what happens in the worker, and offer what it is at each moment. Thread-safe. */
public final class TaskFeeds implements Offer {
  private final WorkerContext context;
  private final Codebases codebases;
  private final RunningTasks running;
  private final Inbox inbox;
  private final PollFeed poll;
  private final StreamFeed stream;

  /** Feeds that have not begun. */
  public TaskFeeds(WorkerContext context, Codebases codebases, RunningTasks running) {
    var settings = context.settings();
    this.context = context;
    this.codebases = codebases;
    this.running = running;
    this.inbox = new Inbox(context.clock());
    this.poll = new PollFeed(context.client(), inbox, this, settings.get(SettingsTable.POLL_INTERVAL), context.clock(), context.random());
    this.stream = new StreamFeed(context.client(), inbox, poll, this, settings.get(SettingsTable.SSE_HEARTBEAT_TIMEOUT), context.clock(),
        context.random());
    context.events().subscribe(this::react);
  }

  public Inbox inbox() {
    return inbox;
  }

  public PollFeed poll() {
    return poll;
  }

  public StreamFeed stream() {
    return stream;
  }

  private void react(WorkerEvent event) {
    switch (event) {
      // while a claim is held, other servers push nothing
      case WorkerEvent.TaskClaimed claimed -> context.server().known().filter(server -> !server.isOwn()).ifPresent(server -> poll.pollNow());
      case WorkerEvent.AttemptSettled settled -> poll.pollNow(); // servers push a task to no worker that has just given it back
      case WorkerEvent.AttemptEnded ended -> poll.pollNow();
      case WorkerEvent.ClaimResolved resolved -> {
        inbox.signal();
        poll.pollNow();
      }
      case WorkerEvent.HoldCleared cleared -> inbox.signal();
      case WorkerEvent.CodebasesChanged changed -> offerChanged();
      case WorkerEvent.SettingsReloaded reloaded -> offerChanged();
      default -> { }
    }
  }

  private void offerChanged() {
    inbox.clearSuppressed();
    poll.pollNow();
    Thread.ofVirtual().name("routing").start(stream::updateRouting);
  }

  @Override
  public String workerId() {
    return context.workerId();
  }

  @Override
  public String agentName() {
    return context.identity().agentName();
  }

  @Override
  public List<String> codebaseIds() {
    return codebases.ids();
  }

  @Override
  public List<String> capabilities() {
    return context.identity().capabilities();
  }

  @Override
  public boolean isPartlyBusy() {
    return running.size() > 0 && running.free() > 0;
  }

  @Override
  public ServerFeatures features() throws InterruptedException {
    return context.server().features();
  }

  @Override
  public void stopOrdered(String taskId, String reason) {
    context.events().publish(new WorkerEvent.StopOrdered(taskId, reason));
  }
}
